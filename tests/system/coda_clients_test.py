"""Clients that others wrote speak coda with us: Node's ws and python3-websockets; and a gateway that has just begun."""
import shutil
import sys
from pathlib import Path

import pytest
from cell0_test import ProgramClient, WebSocket, wait_until
from cell0_test.acknowledged_emitter import load_proto
from cell0_test.process import Process

HERE = Path(__file__).parent
VOICE = HERE.parent / "support/cell0_test/voice_worker.py"
CLIENTS = {
    "python3-websockets": WebSocket,
    "node-ws": lambda url: ProgramClient(["node", HERE / "ws_client.mjs", url]),
}


@pytest.fixture(params=CLIENTS)
def connect(request, fabric):
    if request.param == "node-ws":
        assert shutil.which("node"), "Node is not installed"
        assert (HERE / "node_modules/ws").is_dir(), "run `npm ci` in tests/system (tests/run.sh does)"
    opened = []

    def open_client(path="/"):
        opened.append(CLIENTS[request.param](f"ws://127.0.0.1:{fabric.ports['coda']}{path}"))
        return opened[-1]
    yield open_client
    for client in opened:
        client.close()


def spoken(text, **more):
    return {"type": "stt_result", "source": "coda.voice", "session_id": "s-1",
            "data": {"text": text, "confidence": 0.9, "duration_ms": 1500, **more}}


def test_a_conversation(fabric, connect):
    old = fabric.publish(spoken("before anyone came"))["seq"]
    client = connect()
    replay = client.next()
    assert (replay["type"], [e["seq"] for e in replay["events"]]) == ("replay", [old])

    seq = fabric.publish(spoken("live", language="en"))["seq"]
    event = client.next()
    assert event == {"version": "1.0", "seq": seq, "timestamp": event["timestamp"], "type": "stt_result", "session_id": "s-1",
                     "text": "live", "confidence": 0.9, "duration_ms": 1500, "language": "en"}

    client.send("this is not JSON")
    assert client.until_type("error")["message"] == "Invalid JSON format"
    client.send({"type": "auth", "token": fabric.admin_token})
    assert client.until_type("auth_ok")["entity_id"] == "admin"
    client.send({"type": "chat_message", "data": {"message": "Hello", "session_id": "s-2"}})
    watch = connect("/?types=chat_message&since=0")
    assert watch.until_type("chat_message")["message"] == "Hello"
    fabric.publish({"type": "chat_response", "source": "bot", "session_id": "s-2", "data": {"response": {"content": "Hi"}}})
    assert client.until_type("chat_response")["data"] == {"response": {"content": "Hi"}, "session_id": "s-2"}

    missed = [fabric.publish(spoken(text))["seq"] for text in ("one", "two")]
    again = connect(f"/?since={seq}&types=stt_result")
    resumed = again.next()
    assert (resumed["type"], resumed["recovered"], resumed["first_seq"]) == ("events_resumed", True, missed[0])
    assert [again.next()["seq"] for _ in missed] == missed


def test_a_new_gateway_replays_from_the_log_what_is_far_behind_its_ring(fabric):
    turns = [{"type": "conversation_turn", "source": "t", "data": {"conversation_id": "k", "turn_number": n, "user_input": "u",
                                                                  "assistant_response": "a"}} for n in range(60)]
    first = [answer["seq"] for answer in fabric.publish(*turns)]
    metrics = {"type": "system_metrics", "source": "m", "data": {"memory_mb": 1, "cpu_percent": 1, "uptime_seconds": 1}}
    for _ in range(3):
        fabric.publish(*[metrics] * 900)  # more than a ring begins with
    fabric.start_gateway(1)
    fabric.gateway.stop()
    with fabric.connect("/", port="coda") as client:
        assert [e["seq"] for e in client.next()["events"]] == first[-50:]
    with fabric.connect("/?sources=t&types=conversation_*", port="coda") as client:
        assert [e["seq"] for e in client.next()["events"]] == first[-50:]


def test_audio_reaches_a_voice_worker_and_what_it_heard_comes_back(fabric, tmp_path):
    load_proto(tmp_path)
    worker = Process("voice", [sys.executable, VOICE, tmp_path / "proto_python", fabric.endpoint("control"), "ears"],
                     tmp_path / "voice.log", None)
    fabric.processes.append(worker)
    wait_until(lambda: '"active"' in worker.log(), "the worker to be active")
    frames = [bytes([n, 255, 0, 128]) * 100 for n in range(20)]
    with fabric.connect("/", port="coda") as client:
        client.send({"type": "audio_session_start", "session_id": "a-1", "config": {"sample_rate": 16000}})
        assert client.next()["type"] == "audio_session_started"
        for frame in frames:
            client.send(frame)
        client.send({"type": "audio_session_end"})
        heard, ended = sorted((client.next(), client.next()), key=lambda message: message["type"] != "stt_result")
        assert (heard["session_id"], heard["text"]) == ("a-1", b"".join(frames).hex())
        assert (ended["type"], ended["chunks_processed"]) == ("audio_session_ended", len(frames))
        client.send({"type": "audio_session_start", "session_id": "a-2"})
        assert client.next()["type"] == "audio_session_started"
        wait_until(lambda: worker.log().count('"start"') == 2, "the second session to begin")
    wait_until(lambda: worker.log().count('"end"') == 2, "the worker to be told that the client has gone")
    assert '"sample_rate": 16000' in worker.log() and '"entity": "anonymous"' in worker.log()
