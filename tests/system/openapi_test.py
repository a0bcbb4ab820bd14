"""The OpenAPI document against the gateway that serves it: every route, every operation, every answer, every event type.

An operation without a row in CALLS fails, and so does a route without a word in the document: who adds one writes both.
"""
import http.client
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from cell0_test import Fabric, request, wait_until
from cell0_test.fabric import LISTENERS
from cell0_test.schemas import at, complaints, inlined, sample


@dataclass
class Call:
    """One call of an operation. `query` with the leading '?'; `token`: the admin's, or none."""
    status: int
    query: str = ""
    body: object = None
    token: bool = True
    headers: dict = field(default_factory=dict)
    path: dict = field(default_factory=dict)  # what stands in the path's {...}


SPAWN = {"orchestratorId": "main", "sessionType": "demo", "task": "say hello"}
CHAT = {"type": "chat_message", "data": {"message": "m", "sender": "s"}}

# Each operation with calls of it, made in this order: all ways to succeed, and what a client does wrong.
CALLS = {
    "readEvents": [Call(200), Call(200, "?since=0&limit=2"), Call(200, "?since=2026-02-12T10:30:00Z&types=chat_*"),
                   Call(400, "?limit=x"), Call(400, "?min_priority=0")],
    "publishEvents": [Call(200, body=CHAT), Call(200, body=[CHAT, {"type": "chat_message"}]), Call(200, body=[]),
                      Call(200, body=CHAT, headers={"Idempotency-Key": "k1"}),
                      Call(422, body={**CHAT, "priority": 1}, headers={"Idempotency-Key": "k1"}),
                      Call(400, body={"type": "1bad"}), Call(401, body=CHAT, token=False),
                      Call(413, body=[CHAT] * 1001)],
    "followEvents": [Call(200, "?since=0"), Call(400, "?since=x")],
    "listTopics": [Call(200), Call(400, "?limit=x")],
    "readStats": [Call(200)],
    "listGateways": [Call(200)],
    "listServices": [Call(200)],
    "listClients": [Call(200, "?limit=1"), Call(400, "?limit=0"), Call(401, token=False)],
    "listPresence": [Call(200), Call(200, "?online=1&entity_type=user"), Call(404, "?entity_id=nobody"),
                     Call(400, "?entity_type=dog")],
    "whoAmI": [Call(200), Call(200, token=False)],
    "logIn": [Call(200, body={"token": "$admin"}), Call(400, body={}), Call(401, body={"token": "cell0_wrong"}),
              Call(415, body={"token": "x"}, headers={"Content-Type": "text/plain"})],
    "logOut": [Call(204)],
    "health": [Call(200)],
    "status": [Call(200)],
    "healthz": [Call(200)],
    "readyz": [Call(200)],
    "readOpenApi": [Call(200, token=False)],
    "readAsyncApi": [Call(200, token=False)],

    # arcane: in this order, since a daemon is invoked while it is summoned only
    "summonDaemon": [Call(200, body={"daemon_name": "claude"}), Call(400, body={"daemon_name": "claude"}),
                     Call(422, body={"daemon_name": "nobody"}), Call(422, body={}),
                     Call(401, body={"daemon_name": "gemini"}, token=False,
                          headers={"Authorization": "Bearer cell0_wrong"})],
    "invokeDaemon": [Call(200, body={"daemon_name": "claude", "task": "a haiku", "parameters": {"n": 1}}),
                     Call(400, body={"daemon_name": "gemini", "task": "x"}), Call(422, body={"daemon_name": "claude"})],
    "listActiveDaemons": [Call(200)],
    "listDaemons": [Call(200, token=False)],
    "readStatistics": [Call(200)],
    "readDaemonState": [Call(200, path={"name": "claude"}), Call(422, path={"name": "nobody"})],
    "banishDaemon": [Call(200, body={"daemon_name": "claude"}), Call(400, body={"daemon_name": "claude"})],
    "parseSpell": [Call(200, body={"spell": "invoke gemini to write a haiku"}), Call(200, body={"spell": "xyzzy"}),
                   Call(422, body={"spell": ""})],
    "parseSpellToo": [Call(200, body={"spell": "summon claude"})],
    "readVeil": [Call(200)],
    "setVeil": [Call(200, body={"veil": True}), Call(422, body={"veil": "yes"})],
    "readRecentSpells": [Call(200), Call(200, "?count=1000"), Call(422, "?count=many")],
    "readSpellStats": [Call(200)],
    "listChannels": [Call(200)],

    # neolith: $session is a session of the demo runner that runs
    "neolithStatus": [Call(200)],
    "spawnSession": [Call(201, body=SPAWN), Call(400, body={"task": 7})],
    "listSessions": [Call(200)],
    "readSession": [Call(200, path={"id": "$session"}), Call(404, path={"id": "no-such"})],
    "executeTask": [Call(202, body={"task": "say it"}, path={"id": "$session"}),
                    Call(404, body={"task": "say it"}, path={"id": "no-such"}),
                    Call(400, body={}, path={"id": "$session"})],
    "stopSession": [Call(404, path={"id": "no-such"})],
    "spawnDaemonSession": [Call(201, body=SPAWN), Call(400, body=[])],
    "readDaemonSessions": [Call(200), Call(200, "?sessionId=$session"), Call(404, "?sessionId=no-such")],
    "changeDaemonSession": [Call(202, body={"sessionId": "$session", "task": "say it"}),
                            Call(400, body={"sessionId": "$session"}), Call(404, body={"sessionId": "no", "task": "x"})],
    "stopDaemonSession": [Call(200, "?sessionId=$session"), Call(404, "?sessionId=no-such"), Call(400, body={})],
    "whereIsTheWebSocket": [Call(200)],
    "registerDaemon": [Call(201, body={"name": "d"}), Call(200, body={"name": "d"}), Call(400, body=[]),
                       Call(401, body={}, token=False)],
    "readDaemonStatus": [Call(200), Call(200, token=False)],
    "daemonHeartbeat": [Call(200, body={"sequence": 1}), Call(200), Call(401, token=False)],
    "readDaemonEvents": [Call(200), Call(200, "?since=0&limit=3"), Call(400, "?since=x"),
                         Call(200, headers={"Accept": "text/event-stream"})],
    "acknowledgeDaemonEvents": [Call(200, body={"eventIds": ["1"]}), Call(400, body={"eventIds": ["x"]}),
                                Call(401, body={"eventIds": []}, token=False)],
    "unregisterDaemon": [Call(200), Call(404), Call(401, token=False)],
}


@pytest.fixture(scope="module", name="fabric")
def shared_fabric(tmp_path_factory):
    with Fabric(tmp_path_factory.mktemp("fabric")) as fabric:
        fabric.start_broker()
        fabric.start_gateway()
        fabric.start_program("cell0-daemons")
        fabric.start_program("cell0-orchestrator")
        fabric.publish(CHAT, {"type": "test.users", "session_id": "s-1", "data": {"n": 1}})
        wait_until(lambda: fabric.get("/api/v1/gateways").json()["gateways"], "the gateway to report itself")
        wait_until(lambda: request("GET", url(fabric, "arcane") + "/daemons").status == 200, "the daemons")
        fabric.session = wait_until(lambda: spawn(fabric), "a session")
        yield fabric


def url(fabric, listener):
    return f"http://127.0.0.1:{fabric.ports[listener]}"


def spawn(fabric):
    """The id of a new session; none while there is no orchestrator."""
    answer = request("POST", url(fabric, "neolith") + "/sessions", SPAWN)
    return answer.json()["id"] if answer.status == 201 else None


@pytest.fixture(scope="module", name="documents")
def documents_of_all(fabric):
    """{listener: its document}."""
    return {listener: request("GET", url(fabric, listener) + "/openapi.json").json() for listener in LISTENERS}


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def test_each_listener_s_document_has_its_routes_and_no_others(fabric, documents):
    routes = request("GET", fabric.gateway_admin_url() + "/routes").json()
    for listener, document in documents.items():
        served = {(r["method"], r["path"]): r for r in routes if listener in r["listeners"]}
        described = {(method, path): operation for method, path, operation in operations(document)}
        assert set(described) == set(served), listener
        for place, operation in described.items():
            assert operation.get("operationId") and operation.get("responses"), \
                f"{listener}: nobody has written about {place}: gateway/http/documents/openapi/"
            verb = served[place]["verb"]
            assert operation.get("x-cell0-scope", "").partition(":")[0] == verb, (listener, place)


def test_every_operation_has_calls_here_and_every_word_is_used(documents):
    described = {operation["operationId"] for document in documents.values() for *_, operation in operations(document)}
    assert described == set(CALLS)


def make(fabric, listener, method, path, call):
    """(status, content type, body): of a stream without an end its first line."""
    def said(text):
        return text.replace("$admin", fabric.admin_token).replace("$session", fabric.session)
    for name, value in call.path.items():
        path = path.replace("{" + name + "}", quote(said(value), safe=""))
    headers = {"Content-Type": "application/json", **call.headers}
    if call.token:
        headers["Authorization"] = f"Bearer {fabric.admin_token}"
    body = None if call.body is None else said(json.dumps(call.body))
    connection = http.client.HTTPConnection("127.0.0.1", fabric.ports[listener], timeout=20)
    connection.request(method, path + said(call.query), body, headers)
    answer = connection.getresponse()
    kind = (answer.getheader("Content-Type") or "").partition(";")[0]
    text = answer.readline() if kind == "text/event-stream" else answer.read()
    connection.close()
    return answer.status, kind, text


def check(document, operation, call, status, kind, text):
    """What the document says against what came; texts of what differs."""
    if status != call.status:
        return [f"answered {status}, not {call.status}: {text[:300]}"]
    response = operation["responses"].get(str(status)) or operation["responses"].get("default")
    if response is None:
        return [f"{status} is not among the answers that the document names"]
    response = inlined(document, response)
    if "content" not in response:
        return [f"a body that the document does not name: {text[:100]}"] if text else []
    if kind not in response["content"]:
        return [f"{kind} is not a content type that the document names"]
    if kind != "application/json":
        return []
    return complaints(document, response["content"][kind]["schema"], json.loads(text))


@pytest.mark.parametrize("listener", LISTENERS)
def test_what_every_operation_answers_is_what_the_document_says(fabric, documents, listener):
    document = documents[listener]
    here = {operation["operationId"]: (method, path, operation) for method, path, operation in operations(document)}
    fabric.session = spawn(fabric)
    wrong = []
    for name in (name for name in CALLS if name in here):
        method, path, operation = here[name]
        for call in CALLS[name]:
            wrong += [f"{method} {path}{call.query}: {what}"
                      for what in check(document, operation, call, *make(fabric, listener, method, path, call))]
    assert not wrong, "\n".join(wrong)


def test_a_wrong_token_and_a_foreign_page_are_answered_as_the_document_says(fabric, documents):
    document = documents["http"]
    operation = document["paths"]["/api/v1/topics"]["get"]
    for call in (Call(401, token=False, headers={"Authorization": "Bearer cell0_wrong"}),
                 Call(403, headers={"Origin": "http://evil.example"}), Call(403, headers={"Host": "evil.example"})):
        assert check(document, operation, call, *make(fabric, "http", "GET", "/api/v1/topics", call)) == []


def test_the_linters_find_nothing(fabric, documents, tmp_path):
    distinct = {json.dumps(document): name for name, document in documents.items()}  # most listeners have the same
    files = []
    for name, document in [*((name, documents[name]) for name in distinct.values()),
                           ("asyncapi", fabric.get("/asyncapi.json").json())]:
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps(document), encoding="utf-8")
    here = Path(__file__).parent
    assert (here / "node_modules/@redocly").is_dir(), "run `npm ci` in tests/system (tests/run.sh does)"
    linted = subprocess.run(["node", "documents_lint.mjs", *files], cwd=here, capture_output=True, text=True, timeout=120)
    assert linted.returncode == 0, linted.stdout + linted.stderr


# --- event types: what the schemas admit is taken, what they refuse is refused

def typed(document):
    """{type: the schema, inlined, of its data as it is published}."""
    schemas = document["components"]["schemas"]
    return {name.removeprefix("new."): inlined(document, schema)
            for name, schema in schemas.items() if name.startswith("new.")}


def publish_each(fabric, events):
    answers = fabric.publish(*events)
    return [answer.get("error", {}).get("message") for answer in answers]


def test_every_type_of_the_document_can_be_published_and_is_read_as_it_says(fabric, documents):
    document = documents["http"]
    types = typed(document)
    assert len(types) > 50
    assert types.keys() == {n.removeprefix("data.") for n in document["components"]["schemas"] if n.startswith("data.")}
    head = fabric.get("/api/v1/events?limit=1").json()["head_seq"]
    events = [{"type": name, "source": "test", "topic": f"documents.{name}", "data": sample(schema)}
              for name, schema in types.items()]
    refused = {event["type"]: why for event, why in zip(events, publish_each(fabric, events)) if why}
    assert not refused
    # Ephemeral ones are in no history; asyncapi_test meets them live.
    kept = types.keys() - {"heartbeat", "client_connect", "client_disconnect", "stt_interim", "llm_token",
                           "tts_progress", "presence_changed"}

    def read_all():
        events = fabric.get(f"/api/v1/events?topics=documents.*&since={head}&limit=1000").json()["events"]
        return events if kept <= {event["type"] for event in events} else None

    read = wait_until(read_all, "the gateway to have all that was published")
    event_schema = at(document, "#/components/schemas/Event")
    wrong = [f"{event['type']}: {what}" for event in read for what in complaints(document, event_schema, event)]
    assert not wrong, "\n".join(wrong)


def test_what_the_schema_of_a_type_refuses_is_refused(fabric, documents):
    events, why = [], []
    for name, schema in typed(documents["http"]).items():
        good = sample(schema)
        for missing in schema.get("required", []):
            events.append({"type": name, "data": {k: v for k, v in good.items() if k != missing}})
            why.append(f"{name} without {missing}")
        for key, member in schema["properties"].items():
            if "enum" in member:
                events.append({"type": name, "data": {**good, key: "none of these"}})
                why.append(f"{name}.{key} is none of its values")
            elif "type" in member:
                wrong_kind = 7 if "string" in member["type"] else "text"
                events.append({"type": name, "data": {**good, key: wrong_kind}})
                why.append(f"{name}.{key}: {wrong_kind!r}")
    taken = [what for what, refused in zip(why, publish_each(fabric, events)) if not refused]
    assert len(events) > 200 and not taken
