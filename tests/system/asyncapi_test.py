"""The AsyncAPI document against what clients get: every channel is there, and every message, of every event type and in
every dialect, is one that the document describes."""
import http.client
import json

import pytest

from cell0_test import Fabric
from cell0_test.schemas import at, complaints, inlined, sample


@pytest.fixture(scope="module", name="fabric")
def shared_fabric(tmp_path_factory):
    with Fabric(tmp_path_factory.mktemp("fabric")) as fabric:
        fabric.start_broker()
        fabric.start_gateway()
        yield fabric


@pytest.fixture(scope="module", name="document")
def served_document(fabric):
    return fabric.get("/asyncapi.json").json()


def payloads(document, channel, action):
    """{message: payload schema} of what the server of that channel sends, or receives."""
    place = "#/channels/" + channel
    found = {}
    for operation in document["operations"].values():
        if operation["action"] == action and operation["channel"]["$ref"] == place:
            for message in operation["messages"]:
                found[message["$ref"].rsplit("/", 1)[1]] = inlined(document, message)["payload"]
    return found


class Known:
    """What a channel's server may say; remembers which messages it has seen."""

    def __init__(self, document, channel):
        self.document = document
        self.schemas = payloads(document, channel, "send")
        self.seen = set()

    def check(self, message):
        fitting = {name for name, schema in self.schemas.items() if not complaints(self.document, schema, message)}
        assert fitting, self.explain(message)
        self.seen |= fitting
        return message

    def explain(self, message):
        text = json.dumps(message)[:500]
        nearest = min((complaints(self.document, s, message) for s in self.schemas.values()), key=len)
        return f"the document has no message like {text}; the nearest: {nearest}"


def samples(fabric):
    """One event of every type."""
    schemas = fabric.get("/openapi.json").json()
    for name, schema in schemas["components"]["schemas"].items():
        if name.startswith("new."):
            yield {"type": name.removeprefix("new."), "source": "test", "topic": "documents." + name,
                   "data": sample(inlined(schemas, schema))}
    yield {"type": "users.own", "source": "test", "topic": "documents.users", "session_id": "s", "data": {"n": 1}}


def receive_all(wanted, next_event):
    """Reads until every type has come."""
    missing = set(wanted)
    while missing:
        missing.discard(next_event())


def test_every_channel_is_there(fabric, document):
    for name, channel in document["channels"].items():
        path = channel["address"].replace("{channel}", "general")
        if {"$ref": "#/servers/http"} in channel["servers"]:
            continue  # the next test
        client = fabric.connect(path, port="api")
        known = Known(document, name)
        if known.schemas:
            known.check(client.next())
        client.close()


def test_server_sent_events_of_all_types(fabric, document):
    known = Known(document, "stream")
    head = fabric.publish({"type": "users.own", "topic": "documents.first", "data": {}})["seq"]
    connection = http.client.HTTPConnection("127.0.0.1", fabric.ports["http"], timeout=20)
    connection.request("GET", f"/api/v1/stream?topics=documents.>&since={head - 1}")
    answer = connection.getresponse()

    def next_event():
        while True:
            line = answer.readline().decode().rstrip("\n")
            assert line or not answer.closed
            if line.startswith("data: "):
                return known.check(json.loads(line.removeprefix("data: "))).get("type")
    assert next_event() is None and next_event() == "users.own"  # resumed, then what there was
    events = list(samples(fabric))
    fabric.publish(*events)
    receive_all({event["type"] for event in events}, next_event)
    assert known.seen == {"resumed", "event"}
    connection.close()


def test_cell0d_all_types_and_all_answers(fabric, document):
    known = Known(document, "cell0d")
    client = fabric.connect("/cell0d?topics=documents.>&since=0")
    said = payloads(document, "cell0d", "receive")

    def say(message, answer):
        assert any(not complaints(document, schema, message, strict=False) for schema in said.values()), message
        client.send(message)
        while known.check(client.next())["type"] != answer:
            pass
    for message, answer in [
            ({"type": "ping", "sequence": {"a": 1}}, "pong"), ({"type": "get_stats"}, "server_stats"),
            ({"type": "echo", "any": [1]}, "echo"), ({"type": "get_history", "limit": 3}, "event_history"),
            ({"type": "auth", "token": fabric.admin_token}, "auth_ok"),
            ({"type": "subscribe", "event_types": ["*"], "replace": True, "min_priority": 10}, "subscription_updated"),
            ({"type": "unsubscribe", "event_types": "nothing"}, "subscription_updated")]:
        say(message, answer)
    client.send({"type": "dance"})
    while known.check(client.next())["type"] != "error":
        pass

    live = fabric.connect("/cell0d?topics=documents.>")
    while known.check(live.next())["type"] != "event_history":
        pass
    events = list(samples(fabric))
    fabric.publish(*events)
    receive_all({e["type"] for e in events}, lambda: known.check(live.next()).get("event", {}).get("type"))
    assert set(known.schemas) - known.seen <= {"serverPing", "skipped"}
    client.close()
    live.close()


def test_jsonrpc_all_types_and_all_methods(fabric, document):
    known = Known(document, "jsonrpc")
    call = payloads(document, "jsonrpc", "receive")["call"]
    client = fabric.connect("/rpc")

    def ask(method, params=None, answer=None):
        message = {"jsonrpc": "2.0", "id": method, "method": method, **({"params": params} if params is not None else {})}
        assert complaints(document, call, message) == [], message
        client.send(message)
        while True:
            got = known.check(client.next())
            if got.get("id") == method:
                assert answer is None or answer in got, got
                return got.get("result", got.get("error"))
    methods = ask("rpc.listMethods")
    assert set(methods) | {"heartbeat"} == set(at(document, "#/components/schemas/JsonRpcCall/allOf/0/properties/method/enum"))
    ask("auth.authenticate", {"token": fabric.admin_token, "entity_id": "a1", "durable": True}, "result")
    ask("presence.subscribe", {}, "result")
    ask("presence.update", {"status": "busy"}, "result")
    ask("channel.subscribe", {"channel": "c", "since": 0}, "result")
    ask("channel.publish", {"channel": "c", "message": {"x": 1}}, "result")
    ask("agent.send", {"agent_id": "a1", "message": {"x": 1}}, "result")
    ask("rpc.getMethodInfo", {"method": "no.such"}, "error")
    ask("events.subscribe", {"topics": ["documents.>"]}, "result")
    client.send([{"jsonrpc": "2.0", "id": 1, "method": "rpc.ping"}, {"jsonrpc": "2.0", "method": "heartbeat"}])
    events = list(samples(fabric))
    fabric.publish(*events)
    receive_all({e["type"] for e in events}, lambda: _event_type(known.check(client.next())))
    while not known.schemas.keys() - {"heartbeat", "skipped"} <= known.seen:
        known.check(client.next())
    client.close()


def _event_type(message):
    return message["params"].get("type") if isinstance(message, dict) and message.get("method") == "event" else None
