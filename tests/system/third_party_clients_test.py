"""Clients that others wrote speak cell0d with us: Node's ws, wscat, python3-websockets."""
import shutil
from pathlib import Path

import pytest

from cell0_test import ProgramClient, WebSocket

HERE = Path(__file__).parent
CLIENTS = {
    "python3-websockets": WebSocket,
    "node-ws": lambda url: ProgramClient(["node", HERE / "ws_client.mjs", url]),
    "wscat": lambda url: ProgramClient(["node", HERE / "node_modules/wscat/bin/wscat", "--connect", url]),
}


@pytest.fixture(params=CLIENTS)
def connect(request, fabric):
    """Opens a connection of the client under test to a path; closes all at the end."""
    if request.param != "python3-websockets":
        assert shutil.which("node"), "Node is not installed"
        assert (HERE / "node_modules/ws").is_dir(), "run `npm ci` in tests/system (tests/run.sh does)"
    opened = []

    def open_client(path):
        opened.append(CLIENTS[request.param](f"ws://127.0.0.1:{fabric.ports['cell0d']}{path}"))
        return opened[-1]
    yield open_client
    for client in opened:
        client.close()


def chat(text):
    return {"type": "chat_message", "source": "chat.general",
            "data": {"message": text, "sender": "tester", "channel": "general"}}


def action(name):
    return {"type": "model_activity", "source": "cell0d.models", "data": {"action": "loaded", "model_name": name}}


def test_a_whole_conversation(fabric, connect):
    old = fabric.publish(chat("before anyone came"))["seq"]
    client = connect("/")

    welcome = client.next()
    assert welcome["type"] == "connection_established"
    assert welcome["server_version"] == "cell0d-1.0.0"
    history = client.until_type("event_history")
    assert old in [e["seq"] for e in history["events"]]
    assert history["count"] == len(history["events"])

    live = fabric.publish(chat("live"))["seq"]
    assert client.until_event(lambda e: e["seq"] == live)["data"]["message"] == "live"

    client.send({"type": "ping", "sequence": 42})
    assert client.until_type("pong")["sequence"] == 42
    client.send({"type": "get_stats"})
    assert client.until_type("server_stats")["stats"]["connected_clients"] >= 1
    client.send({"type": "get_history", "event_type": "chat_message", "limit": 1})
    assert [e["seq"] for e in client.until_type("event_history")["events"]] == [live]
    client.send({"type": "echo", "x": "ü"})
    assert client.until_type("echo")["data"] == {"type": "echo", "x": "ü"}

    client.send("this is not JSON")
    assert client.until_type("error")["error"] == "Invalid JSON"
    client.send({"type": "dance"})
    assert client.until_type("error")["error"] == "Unknown message type: dance"

    client.send({"type": "subscribe", "event_types": ["model_activity"], "replace": True})
    assert client.until_type("subscription_updated")["subscribed_events"] == ["model_activity"]
    fabric.publish(chat("filtered out"))
    wanted = fabric.publish(action("llama"))["seq"]
    assert client.until_event()["seq"] == wanted, "only what was subscribed"


def test_a_resume_goes_on_where_the_client_stopped(fabric, connect):
    first = connect("/")
    first.until_type("connection_established")
    fabric.publish(chat("one"))
    last = first.until_event(lambda e: e["type"] == "chat_message")["seq"]
    first.close()
    missed = [fabric.publish(chat(text))["seq"] for text in ("two", "three")]

    again = connect(f"/?since={last}&types=chat_message")
    resumed = again.until_type("events_resumed")
    assert (resumed["recovered"], resumed["first_seq"], resumed["last_seq"]) == (True, missed[0], missed[-1])
    assert [again.until_event()["seq"] for _ in missed] == missed
