"""The AsyncAPI document against what clients get: every channel is there, and every message, of every event type and in
every dialect, is one that the document describes."""
import http.client
import json

import pytest

from cell0_test import Fabric, wait_until
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
    fabric.publish({"type": "conversation_start", "data": {"conversation_id": "c"}})  # so that coda's has a first message
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


# Every method, in an order in which each has a result; {} is no parameters.
METHODS = [
    ("auth.authenticate", {"token": "$admin", "entity_id": "a1", "durable": True}),
    ("rpc.ping", {}), ("rpc.echo", {"message": [1, {"a": None}]}), ("rpc.listMethods", {}),
    ("rpc.getMethodInfo", {"method": "channel.publish"}), ("rpc.getServerInfo", {}), ("rpc.getStats", {}),
    ("auth.generateToken", {"entity_id": "a2", "permissions": ["presence:read"]}), ("auth.revokeToken", {"token": "$new"}),
    ("session.getInfo", {}), ("presence.subscribe", {}), ("presence.update", {"status": "busy"}),
    ("presence.get", {}), ("presence.get", {"entity_id": "a1"}), ("channel.subscribe", {"channel": "c"}),
    ("channel.publish", {"channel": "c", "message": {"x": 1}}), ("channel.subscribe", {"channel": "c", "since": 0}),
    ("channel.history", {"channel": "c"}), ("agent.send", {"agent_id": "a1", "message": {"x": 1}}),
    ("agent.send", {"agent_id": "nobody", "message": {"x": 1}}), ("agent.list", {}), ("agent.ack", {"seq": 1}),
    ("events.subscribe", {"topics": ["documents.>"]}), ("gateway.getStats", {}),
]
LAST = [("events.unsubscribe", {}), ("channel.unsubscribe", {"channel": "c"}), ("presence.unsubscribe", {})]


class Rpc:
    """A jsonrpc client whose every message is held against the document."""

    def __init__(self, fabric, document):
        self.document = document
        self.known = Known(document, "jsonrpc")
        self.call = payloads(document, "jsonrpc", "receive")["call"]
        self.client = fabric.connect("/rpc")

    def ask(self, method, params):
        message = {"jsonrpc": "2.0", "id": method, "method": method, "params": params}
        assert complaints(self.document, self.call, message) == [], message
        self.client.send(message)
        while True:
            got = self.known.check(self.client.next())
            if isinstance(got, dict) and got.get("id") == method:
                return got

    def result(self, method, params):
        got = self.ask(method, params)
        schema = at(self.document, "#/components/schemas/JsonRpcResults")["properties"][method]
        assert "result" in got and complaints(self.document, schema, got["result"]) == [], got
        return got["result"]


def test_jsonrpc_all_types_and_all_methods(fabric, document):
    rpc = Rpc(fabric, document)
    named = {method for method, _ in METHODS + LAST}
    described = at(document, "#/components/schemas/JsonRpcCall/allOf/0/properties/method/enum")
    assert named | {"heartbeat"} == set(described)
    assert set(rpc.ask("rpc.listMethods", {})["result"]) == named

    new = ""
    for method, params in METHODS:
        words = {"$admin": fabric.admin_token, "$new": new}
        result = rpc.result(method, {k: words.get(v, v) if isinstance(v, str) else v for k, v in params.items()})
        new = result["token"] if method == "auth.generateToken" else new
    assert "error" in rpc.ask("rpc.getMethodInfo", {"method": "no.such"})
    rpc.client.send([{"jsonrpc": "2.0", "id": 1, "method": "rpc.ping"}, {"jsonrpc": "2.0", "method": "heartbeat"}])
    events = list(samples(fabric))
    fabric.publish(*events)
    receive_all({e["type"] for e in events}, lambda: _event_type(rpc.known.check(rpc.client.next())))
    while not rpc.known.schemas.keys() - {"heartbeat", "skipped"} <= rpc.known.seen:
        rpc.known.check(rpc.client.next())
    for method, params in LAST:
        rpc.result(method, params)
    rpc.client.close()


def _event_type(message):
    return message["params"].get("type") if isinstance(message, dict) and message.get("method") == "event" else None


def test_arcane_spells_and_all_other_types(fabric, document):
    known = Known(document, "arcane")
    fabric.publish({"type": "spell", "data": {"spell_name": "reveal", "success": True}})
    client = fabric.connect("/ws/events?types=*")
    known.check(client.next())
    client.send({"type": "auth", "token": fabric.admin_token})
    client.send({"type": "dance"})
    events = list(samples(fabric))
    fabric.publish(*events)
    wanted = {e["type"] for e in events if e["type"] != "spell" and not _of_topics(e["type"])}
    receive_all(wanted, lambda: known.check(client.next()).get("type"))
    assert {"welcome", "spell", "event", "authenticated", "error"} <= known.seen
    client.close()


def test_a_raw_channel(fabric, document):
    known = Known(document, "arcaneChannel")
    client = fabric.connect("/ws/events/general")
    assert known.check(client.next())["channel"] == "general"
    fabric.publish({"type": "channel_message", "topic": "channels.general",
                    "data": {"channel": "general", "message": {"any": "thing"}}})
    assert known.check(client.next()) == {"any": "thing"}
    client.close()


def test_neolith_all_answers_and_a_session_from_its_begin_to_its_end(fabric, document):
    known = Known(document, "neolith")
    said = payloads(document, "neolith", "receive")
    fabric.start_program("cell0-orchestrator")
    client = fabric.connect("/daemon/ws")

    def say(message, answer):
        assert any(not complaints(document, schema, message, strict=False) for schema in said.values()), message
        client.send(message)
        while (got := known.check(client.next()))["type"] != answer:
            pass
        return got
    say({"type": "ping"}, "pong")
    say({"type": "auth", "token": "cell0_wrong"}, "auth_error")
    say({"type": "auth", "token": fabric.admin_token}, "auth_success")
    wait_until(lambda: say({"type": "daemon_status"}, "daemon_status_update")["status"]["orchestrators"], "an orchestrator")
    session = say({"type": "spawn_session", "payload": {"orchestratorId": "m", "sessionType": "demo", "task": "hello"}},
                  "session_spawned")["session"]["id"]
    say({"type": "execute_task", "sessionId": session, "task": "say it", "requestId": 1}, "task_completed")
    say({"type": "list_sessions"}, "sessions_list")
    say({"type": "session_status", "sessionId": session, "requestId": "r"}, "session_status_update")
    say({"type": "session_status", "sessionId": "no-such"}, "error")
    say({"type": "unfollow_session", "sessionId": session}, "session_unfollowed")
    say({"type": "follow_session", "sessionId": session, "since": 0}, "session_followed")
    say({"type": "stop_session", "sessionId": session}, "session_status_update")
    others = fabric.connect("/daemon/ws?types=*")
    known.check(others.next())
    events = [e for e in samples(fabric) if not _of_topics(e["type"])]
    fabric.publish(*events)
    receive_all({e["type"] for e in events}, lambda: known.check(others.next())["type"])
    assert known.schemas.keys() - known.seen <= {"skipped", "resumed"}
    client.close()
    others.close()


def test_coda_all_types_and_all_answers(fabric, document):
    known = Known(document, "coda")
    said = payloads(document, "coda", "receive")
    fabric.publish({"type": "stt_result", "data": {"text": "t", "confidence": 1, "duration_ms": 2}})
    client = fabric.connect("/coda")
    known.check(client.until_type("replay"))
    for message, answer in [({"type": "auth", "token": fabric.admin_token}, "auth_ok"),
                            ({"type": "audio_session_start", "session_id": "s"}, "audio_session_started"),
                            (b"\x00\xff", "audio_error"),
                            ({"type": "audio_session_end", "session_id": "s"}, "audio_session_ended"),
                            ({"type": "chat_message", "data": {"message": 7}}, "error")]:
        if answer not in ("audio_error", "error"):
            assert any(not complaints(document, s, message, strict=False) for s in said.values()), message
        client.send(message)
        while known.check(client.next())["type"] != answer:
            pass
    client.close()

    live = fabric.connect("/coda?types=*")
    events = [e for e in samples(fabric) if e["type"] != "users.own" and not _of_topics(e["type"])]
    fabric.publish(*events)
    wanted = {e["type"] for e in events} - {"system_status", "component_summary"} | {"system_status", "system_info"}

    def next_type():
        message = live.next()
        while message["type"] == "presence_changed":  # the client before has gone; with members that only the broker adds
            message = live.next()
        return known.check(message)["type"]

    receive_all(wanted, next_type)
    assert {"replay", "event", "audioStarted", "audioEnded", "audioError", "authenticated", "error"} <= known.seen
    live.close()


def _of_topics(event_type):
    """Types that reach nobody but by their topics."""
    return event_type in ("channel_message", "agent_message", "presence_changed", "token_revoked")
