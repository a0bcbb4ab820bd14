"""One event, published once, is seen correctly by the clients of every dialect, by streams, REST and the command line; and
which types each of them gets unasked is what the contract's table says."""
import http.client
import json
import re
import subprocess
from datetime import datetime, timezone

import pytest
from cell0_test import Fabric, WebSocket, wait_until
from cell0_test.acknowledged_emitter import load_proto
from cell0_test.rpc import Rpc

# "Which event types a client gets when it asks for nothing special", as the contract has it.
TABLE = """
| chat_message, model_activity, mcic_event | d, 4 5 5 | yes | – | – | yes |
| system_status | d, 6 | yes | yes | – | yes |
| log_stream | r, 7 | yes | – | – | yes |
| heartbeat, client_connect, client_disconnect | e, 9 | yes | – | – | if named |
| stt_result llm_result tts_result, tool_call tool_result, memory_store, conversation_start conversation_turn conversation_end, \
component_status component_health component_summary, performance_alert, system_info | d, 3 | yes | yes | – | yes |
| memory_retrieve, stt_start llm_start tts_start, tts_status | d, 5 | yes | yes | – | yes |
| stt_error llm_error tts_error tool_error component_error system_error | d, 2 | yes | yes | – | yes |
| stt_interim, llm_token, tts_progress | e, 8 | if named | yes | – | if named |
| system_metrics, latency_trace, component_timing, component_stats, integration_metrics, performance_metrics | r, 7 | yes | yes | – | yes |
| chat_response | d, 4 | if named | if named | – | if named |
| spell | d, 4 | yes | – | yes | yes |
| session_spawned session_status_update task_executing task_completed task_failed stream_start stream_end tool_call_start \
tool_call_result | d, 4 | if named | – | – | if named |
| stream_chunk | r, 6 | if named | – | – | if named |
| channel_message agent_message | d, 4 | – | – | – | – |
| presence_changed | e, 5 | – | – | – | – |
| my.type | d, 5 | yes | if named | – | yes |
"""
COLUMNS = ("cell0d", "coda", "arcane", "stream")
DURABILITY = {"d": "DURABLE", "r": "RELAXED", "e": "EPHEMERAL"}
INTERNAL = {"token_revoked"}  # between the broker and its gateways


def table():
    """{type: (durability, priority, {column: yes | if named | –})}"""
    types = {}
    for row in TABLE.strip().splitlines():
        names, kept, *cells = [cell.strip() for cell in row.strip("|").split("|")]
        durability, priorities = kept.split(", ")
        names, priorities = re.split(r"[ ,]+", names), [int(p) for p in priorities.split()]
        for at, name in enumerate(names):
            priority = priorities[at] if len(priorities) > 1 else priorities[0]
            types[name] = DURABILITY[durability], priority, dict(zip(COLUMNS, cells))
    return types


@pytest.fixture(scope="module", name="fabric")
def shared_fabric(tmp_path_factory):
    with Fabric(tmp_path_factory.mktemp("fabric")) as fabric:
        fabric.start_broker()
        fabric.start_gateway()
        yield fabric


@pytest.fixture(scope="module")
def proto(tmp_path_factory):
    return load_proto(tmp_path_factory.mktemp("proto"))[1]


def options_of(proto, field):
    from cell0.v1 import options_pb2
    return field.GetOptions().Extensions[options_pb2.event]


def typed(proto):
    return [f for f in proto.Envelope.DESCRIPTOR.oneofs_by_name["payload"].fields if f.name != "json"]


def sample(message):
    """Data of that type with nothing but what must be there."""
    from cell0.v1 import options_pb2
    camel_case = message.GetOptions().Extensions[options_pb2.camel_case]
    data = {}
    for field in message.fields:
        rules = field.GetOptions().Extensions[options_pb2.field]
        if not rules.required:
            continue
        if field.message_type is not None:
            value = {} if field.message_type.name == "JsonValue" else sample(field.message_type)
        elif field.type == field.TYPE_STRING:
            value = rules.one_of[0] if rules.one_of else "x"
        else:
            value = True if field.type == field.TYPE_BOOL else 1
        data[field.json_name if camel_case else field.name] = value
    return data


def test_the_schema_says_what_the_table_says(proto):
    from cell0.v1 import options_pb2
    expected = table()
    assert {f.name for f in typed(proto)} == (expected.keys() - {"my.type"}) | INTERNAL
    audience = {c: getattr(options_pb2, f"AUDIENCE_{c.upper()}") for c in COLUMNS}
    for field in typed(proto):
        if field.name in INTERNAL:
            continue
        options = options_of(proto, field)
        durability, priority, cells = expected[field.name]
        assert (options_pb2.Durability.Name(options.durability), options.priority) == (durability, priority), field.name
        for column in COLUMNS:
            assert (audience[column] in options.audience) == (cells[column] == "yes"), f"{field.name} in {column}"


# ---- clients of each kind, which give the events that they are sent

class Stream:
    """Server-sent events."""

    def __init__(self, fabric, query):
        self.connection = http.client.HTTPConnection("127.0.0.1", fabric.ports["http"], timeout=20)
        self.connection.request("GET", f"/api/v1/stream?{query}", headers={"Accept": "text/event-stream"})
        self.answer = self.connection.getresponse()
        self.answer.readline()  # the comment: it is open

    def event(self):
        while True:
            line = self.answer.readline().decode()
            if line.startswith("data: "):
                return json.loads(line[6:])

    def close(self):
        self.connection.close()


class Subscribed(Rpc):
    def __init__(self, fabric, query):
        super().__init__(f"ws://127.0.0.1:{fabric.ports['jsonrpc']}/rpc")
        self.call("auth.authenticate", token=fabric.admin_token)
        parameters = dict(part.split("=") for part in query.split("&"))
        self.call("events.subscribe", **{name: text.split(",") for name, text in parameters.items()})

    def event(self):
        return self.until_notification("event")


class Socket(WebSocket):
    """Of a dialect whose events have a seq, themselves or in `event`."""

    def __init__(self, fabric, path, query):
        super().__init__(f"ws://127.0.0.1:{fabric.ports['http']}{path}?{query}")

    def event(self):
        message = self.until(lambda m: "seq" in self.inner(m), "an event")
        return self.inner(message)

    @staticmethod
    def inner(message):
        event = message.get("event")
        return event if isinstance(event, dict) else message


CLIENTS = {
    "cell0d": lambda fabric, query: Socket(fabric, "/cell0d", query),
    "jsonrpc": Subscribed,
    "coda": lambda fabric, query: Socket(fabric, "/coda", query),
    "arcane": lambda fabric, query: Socket(fabric, "/ws/events", query),
    "stream": Stream,
}
COLUMN_OF = {"jsonrpc": "stream"}
# Gets what is about the sessions it follows, and what it names.
NEOLITH = "/daemon/ws"


def taken(client, last_seq):
    """Its events up to that one; then it is closed."""
    seqs = []
    while not seqs or seqs[-1] != last_seq:
        seqs.append(client.event()["seq"])
    client.close()
    return seqs


def test_each_kind_of_client_gets_unasked_what_the_table_says(fabric, proto):
    expected = table()
    names = list(expected)
    data = {f.name: sample(f.message_type) for f in typed(proto)} | {"my.type": {"a": 1}}
    ends = [{"type": "system_info", "source": "matrix", "data": {"data": {}}},
            {"type": "spell", "source": "matrix", "data": {"spell_name": "route", "success": True}}]
    unasked = {kind: make(fabric, "sources=matrix") for kind, make in CLIENTS.items()}
    named = {kind: make(fabric, "sources=matrix&types=" + ",".join(names)) for kind, make in CLIENTS.items()}
    silent = Socket(fabric, NEOLITH, "sources=matrix")
    neolith = Socket(fabric, NEOLITH, "sources=matrix&types=" + ",".join(names))
    answers = fabric.publish(*[{"type": n, "source": "matrix", "data": data[n]} for n in names], *ends)
    assert all("seq" in one for one in answers), answers
    seqs = {one["seq"]: name for name, one in zip(names, answers)}

    def got(kind, client):
        last = answers[-2 if kind == "coda" else -1]["seq"]  # who gets which unasked
        return {seqs[seq] for seq in taken(client, last) if seq in seqs}

    assert got("neolith", neolith) >= {n for n in names if expected[n][2]["stream"] != "–"}, "named, by neolith"
    silent.send({"type": "ping"})
    silent.until_type("pong")
    assert not [m for m in silent.seen if "seq" in m], "unasked, by neolith"
    silent.close()
    for kind in CLIENTS:
        cells = {name: expected[name][2][COLUMN_OF.get(kind, kind)] for name in names}
        assert got(kind, unasked[kind]) == {n for n in names if cells[n] == "yes"}, f"unasked, by {kind}"
        assert got(kind, named[kind]) >= {n for n in names if cells[n] != "–"}, f"named, by {kind}"


# ---- an event that is none

def wrong_values(message):
    """For each field a value that it cannot have, and what is said of it."""
    from cell0.v1 import options_pb2
    camel_case = message.GetOptions().Extensions[options_pb2.camel_case]
    for field in message.fields:
        name = field.json_name if camel_case else field.name
        rules = field.GetOptions().Extensions[options_pb2.field]
        if rules.required:
            yield name, None if field.message_type is None else ..., "missing"
        if rules.one_of:
            yield name, "nonsense", '"nonsense" is not one of'
        if field.message_type is None or field.message_type.name != "JsonValue":
            value = "x" if field.type != field.TYPE_STRING or field.label == field.LABEL_REPEATED else 7
            yield name, value, f"{'7' if value == 7 else chr(34) + 'x' + chr(34)} is not"


def test_what_is_wrong_with_an_event_is_refused_with_the_name_of_its_field(fabric, proto):
    events, texts = [], []
    for kind in typed(proto):
        for name, value, text in wrong_values(kind.message_type):
            data = {**sample(kind.message_type), name: value}
            events.append({"type": kind.name, "source": "wrong", "data": {k: v for k, v in data.items() if v is not ...}})
            texts.append(f"{kind.name}.{name}: {text}")
    assert len(events) > 200
    answers = fabric.publish(*events)
    for answer, text in zip(answers, texts):
        assert answer.get("error", {}).get("message", "taken").startswith(text), (answer, text)
    assert fabric.get("/api/v1/events?sources=wrong").json()["events"] == []


# ---- one event

EVENTS = {
    "stt_result": {"type": "stt_result", "session_id": "s-1", "priority": 1,
                   "data": {"text": "Hello wörld", "confidence": 0.95, "duration_ms": 1500}},
    "system_status": {"type": "system_status", "data": {"status": "running", "details": {"n": 9007199254740993}}},
    "component_summary": {"type": "component_summary",
                          "data": {"total_components": 2, "ready_components": 1, "failed_components": 1, "integration_health": 0.5}},
    "spell": {"type": "spell", "data": {"spell_name": "summon", "daemon_name": "claude", "success": True}},
    "a type of a user": {"type": "my.type", "data": {"b": [1, None], "a": {"x": "y"}}},
}
FILLED = {  # as data, with defaults
    "stt_result": {},
    "system_status": {"uptime": 0},
    "component_summary": {"components": {}},
    "spell": {"description": "", "metadata": {}},
    "a type of a user": {},
}
FLAT = {  # as coda sees it
    "stt_result": lambda data: {"type": "stt_result", **data, "language": None},
    "system_status": lambda data: {"type": "system_info", "data": data},
    "component_summary": lambda data: {"type": "system_status", **data},
    "spell": lambda data: {"type": "spell", **data},
    "a type of a user": lambda data: {"type": "my.type", **data},
}
PRIORITY = {"system_status": 6, "component_summary": 3, "spell": 4, "a type of a user": 5}


def cli(fabric, *words):
    where = ["--control", fabric.endpoint("control"), "--fanout", fabric.endpoint("fanout")]
    done = subprocess.run([fabric.bin_dir / "cell0", *where, *words], capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def seconds(iso):
    return datetime.strptime(iso, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp()


def members(event, *names):
    return {name: event.get(name) for name in names}


@pytest.mark.parametrize("name", EVENTS)
def test_one_event_is_seen_right_by_everyone(fabric, name):
    source = "one." + EVENTS[name]["type"]
    event = {**EVENTS[name], "source": source}
    coda_name = "system_info" if name == "system_status" else event["type"]
    clients = {kind: make(fabric, f"sources={source}&types={coda_name if kind == 'coda' else event['type']}")
               for kind, make in CLIENTS.items() if kind != "arcane" or name == "spell"}
    seq = fabric.publish(event)["seq"]
    seen = {kind: client.event() for kind, client in clients.items()}
    for client in clients.values():
        client.close()
    rest = fabric.get("/api/v1/events?sources=" + source).json()["events"]
    history = wait_until(lambda: cli(fabric, "history", "--sources", source), "the event in the history")

    data = {**event["data"], **FILLED[name]}
    full = {"seq": seq, "type": event["type"], "source": source, "topic": f"events.{event['type']}", "data": data,
            "priority": event.get("priority", PRIORITY.get(name)), "session_id": event.get("session_id")}
    time, uid = seen["cell0d"]["timestamp"], seen["cell0d"]["id"]
    for kind, whole in {"stream": seen["stream"], "REST": rest[0], "the command line": history[0]}.items():
        assert members(whole, *full) == full, kind
        assert (whole["timestamp"], whole["id"]) == (time, uid), kind
    assert seen["cell0d"] == {k: v for k, v in full.items() if k != "topic" and v is not None} | {"timestamp": time, "id": uid}
    assert members(seen["jsonrpc"], "seq", "type", "source", "data") == members(full, "seq", "type", "source", "data")
    assert seen["jsonrpc"]["timestamp"] == time
    coda = {"version": "1.0", "seq": seq, "timestamp": seen["coda"]["timestamp"], "session_id": full["session_id"],
            **FLAT[name](data)}
    assert seen["coda"] == coda
    assert round(seen["coda"]["timestamp"], 6) == round(seconds(time), 6)
    if name == "spell":  # bare, with what its animations need
        arcane = seen["arcane"]
        assert arcane["metadata"].pop("sync")["mode"] == "fantasy"
        assert arcane == {**data, "timestamp": time, "seq": seq}
    assert len(rest) == len(history) == 1, "once"
