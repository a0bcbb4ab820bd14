"""Neolith's REST: sessions for who prefers HTTP, and daemons that register, take their events and acknowledge them on
whatever gateway."""
import json
import subprocess
from pathlib import Path

import pytest

from cell0_test import Fabric, request, wait_until
from cell0_test.acknowledged_emitter import load_proto
from cell0_test.presence import Gateways
from cell0_test.sessions_worker import SessionsWorker
from cell0_test.tokens import claims, jwt

HERE = Path(__file__).parent
SPAWN = {"orchestratorId": "vp_1", "sessionType": "demo", "task": {"type": "code", "description": "Implement feature X"}}


@pytest.fixture(scope="module")
def gateways(tmp_path_factory):
    """Two of them, with an orchestrator."""
    directory = tmp_path_factory.mktemp("rest")
    with Fabric(directory) as fabric:
        fabric.start_broker()
        fabric.gateway = fabric.start_gateway()
        made = Gateways(fabric)
        made.orchestrator = SessionsWorker(fabric.endpoint("control"), load_proto(directory))
        key = (fabric.state_dir / "signing.key").read_text(encoding="ascii").strip()
        made.daemon = lambda entity: jwt(claims(entity, ["*"]), key)
        yield made
        made.orchestrator.stop()


def call(gateways, method, path, body=None, token=None, gateway=0, port="neolith", **headers):
    if token:
        headers["Authorization"] = f"Bearer {token}"
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return request(method, f"http://127.0.0.1:{gateways.ports[gateway][port]}{path}", body, headers)


def completed(gateways, session):
    events = call(gateways, "GET", f"/api/v1/events?topics=sessions.{session}&since=0").json()["events"]
    return [e for e in events if e["type"] == "task_completed"]


def test_sessions(gateways):
    made = call(gateways, "POST", "/sessions", SPAWN)
    assert (made.status, made.json()["status"]) == (201, "initializing")
    session = made.json()["id"]
    assert made.headers["location"] == f"/sessions/{session}"
    assert call(gateways, "GET", f"/sessions/{session}", gateway=1).json()["id"] == session
    assert session in [s["id"] for s in call(gateways, "GET", "/sessions").json()["sessions"]]

    task = call(gateways, "POST", f"/sessions/{session}/tasks", {"task": "say a b"}, gateway=1)
    assert (task.status, task.json()["sessionId"]) == (202, session)
    done = wait_until(lambda: completed(gateways, session), "the task's end")
    assert done[0]["data"]["taskId"] == task.json()["taskId"]

    status = call(gateways, "GET", "/status").json()
    assert status["status"] == "running" and status["activeSessions"] >= 1
    assert call(gateways, "GET", "/health").json()["status"] == "healthy"
    ended = call(gateways, "DELETE", f"/sessions/{session}")
    assert (ended.status, ended.json()["status"]) == (200, "terminated")
    assert call(gateways, "GET", f"/sessions/{session}").json()["status"] == "terminated"
    assert call(gateways, "POST", f"/sessions/{session}/tasks", {"task": "late"}).status == 409


def test_sessions_of_api_daemon_also_on_8080(gateways):
    for port in ("neolith", "http"):
        session = call(gateways, "POST", "/api/daemon/sessions", SPAWN, port=port).json()["id"]
        assert call(gateways, "GET", f"/api/daemon/sessions?sessionId={session}", port=port).json()["id"] == session
        assert call(gateways, "PATCH", "/api/daemon/sessions", {"sessionId": session, "task": "x"}, port=port).status == 202
        assert call(gateways, "PATCH", "/api/daemon/sessions", {"sessionId": session, "status": "paused"}, port=port).status == 400
        patched = call(gateways, "PATCH", "/api/daemon/sessions", {"sessionId": session, "status": "terminated"}, port=port)
        assert patched.json()["status"] == "terminated"
        session = call(gateways, "POST", "/api/daemon/sessions", SPAWN, port=port).json()["id"]
        for ended in (call(gateways, "DELETE", f"/api/daemon/sessions?sessionId={session}", port=port),
                      call(gateways, "DELETE", "/api/daemon/sessions", {"sessionId": session}, port=port)):
            assert ended.json()["status"] == "terminated"
        listed = call(gateways, "GET", "/api/daemon/sessions", port=port).json()["sessions"]
        assert session not in [s["id"] for s in listed]
        where = call(gateways, "GET", "/api/daemon/ws", port=port).json()
        assert where["url"] == f"ws://127.0.0.1:{gateways.ports[0][port]}/api/daemon/ws"


def test_a_request_again_is_not_done_again(gateways):
    key = {"Idempotency_Key": "spawn-1"}
    first, again = (call(gateways, "POST", "/sessions", SPAWN, gateway=n, **key).json()["id"] for n in (0, 1))
    assert first == again
    other = call(gateways, "POST", "/sessions", SPAWN, token=gateways.daemon("other"), **key).json()["id"]
    assert other != first
    assert call(gateways, "POST", "/sessions", SPAWN, Idempotency_Key="k" * 101).status == 400


def test_a_daemon_is_registered_on_every_gateway_and_over_the_death_of_one(gateways):
    key = gateways.daemon("daemon-1")
    alive = {"token": key, "gateway": 1}
    lost = call(gateways, "POST", "/api/daemon/heartbeat", **alive)
    assert (lost.status, lost.json()["code"]) == (404, "not_registered")

    said = {"name": "builder", "capabilities": ["code"], "apiKey": key}
    made = call(gateways, "POST", "/api/daemon", said)
    assert (made.status, made.json()["daemonId"], made.json()["success"]) == (201, "daemon-1", True)
    assert made.json()["daemon"] == {"daemonId": "daemon-1", "name": "builder", "capabilities": ["code"]}
    assert call(gateways, "POST", "/api/daemon", {**said, "name": "again"}, gateway=1).status == 200
    gateways.fabric.gateway.kill()

    beat = call(gateways, "POST", "/api/daemon/heartbeat", {"sequence": 1}, **alive).json()
    assert (beat["success"], beat["heartbeatIntervalMs"]) == (True, 30_000) and beat["serverTime"].endswith("Z")
    status = call(gateways, "GET", "/api/daemon", **alive).json()
    assert (status["status"], status["registration"]["name"]) == ("running", "again")
    assert call(gateways, "GET", "/api/daemon", gateway=1).json()["registration"] is None
    assert call(gateways, "DELETE", "/api/daemon", **alive).json() == {"success": True, "daemonId": "daemon-1"}
    assert call(gateways, "DELETE", "/api/daemon", **alive).status == 404
    assert call(gateways, "POST", "/api/daemon/heartbeat", **alive).status == 404
    gateways.restart(0)


def test_queued_events_come_until_they_are_acknowledged(gateways):
    me = {"token": gateways.daemon("daemon-2")}
    call(gateways, "POST", "/sessions", SPAWN)  # before it was there
    call(gateways, "GET", "/sessions")  # the orchestrator does one after another: what that published is stored
    call(gateways, "POST", "/api/daemon", {"name": "builder"}, **me)
    session = call(gateways, "POST", "/sessions", SPAWN).json()["id"]
    call(gateways, "POST", f"/sessions/{session}/tasks", {"task": "say a"})
    wait_until(lambda: completed(gateways, session), "the task's end")

    def queued(gateway=0, **more):
        answer = call(gateways, "GET", "/api/daemon/events" + more.pop("query", ""), gateway=gateway, **me, **more)
        assert answer.status == 200, answer.text
        return answer.json()["events"]

    def whole():
        events = queued()
        return len(events) == 7 and events
    events = wait_until(whole, "all events in the queue")
    assert [e["type"] for e in events] == ["session_spawned", "session_status_update", "task_executing", "stream_start",
                                           "stream_chunk", "stream_end", "task_completed"]
    assert events[4]["payload"]["chunk"] == "a" and events[4]["id"] == str(events[4]["seq"])
    wait_until(lambda: queued(gateway=1) == events, "the same elsewhere")
    assert queued(query="?types=stream_chunk") == [events[4]]
    assert queued(query=f"?since={events[4]['seq']}") == events[5:]
    assert queued(query="?limit=2") == events[:2]

    ids = [e["id"] for e in events]
    for gateway, done, left in ((1, ids[:2], 2), (0, ids[3:5], 2), (0, [int(i) for i in ids[2:5]], 5)):
        answer = call(gateways, "DELETE", "/api/daemon/events", {"eventIds": done}, gateway=gateway, **me)
        assert answer.json()["success"], answer.text
        assert queued(gateway=1) == events[left:]
    for wrong in ({}, {"eventIds": "x"}, {"eventIds": [-1]}, {"eventIds": ["x"]}, {"eventIds": list(range(1001))}):
        answer = call(gateways, "DELETE", "/api/daemon/events", wrong, **me)
        assert answer.status in (400, 413) and isinstance(answer.json()["error"], str), answer.text
    assert call(gateways, "GET", "/api/daemon/events?limit=x").json()["code"] == "invalid"


def test_server_sent_events_begin_at_the_position(gateways):
    token = gateways.daemon("daemon-3")
    call(gateways, "POST", "/api/daemon", {"name": "builder"}, token=token)
    session = call(gateways, "POST", "/sessions", SPAWN).json()["id"]
    call(gateways, "POST", f"/sessions/{session}/tasks", {"task": "say a b"})
    curl = subprocess.Popen(
        ["curl", "-sN", "--max-time", "20", "-H", "Accept: text/event-stream", "-H", f"Authorization: Bearer {token}",
         f"http://127.0.0.1:{gateways.ports[1]['http']}/api/daemon/events?types=stream_chunk,task_completed"],
        stdout=subprocess.PIPE, text=True)
    try:
        got = []
        for line in curl.stdout:
            if line.startswith("data: {\"type\""):
                got.append(json.loads(line.removeprefix("data: ")))
                if got[-1]["type"] == "task_completed":
                    break
        assert [m["data"]["chunk"] for m in got[:-1]] == ["a", "b"]
        assert all(m["payload"] for m in got)
    finally:
        curl.terminate()
        curl.wait(10)


def test_an_eventsource_needs_no_words(gateways):
    """Node's eventsource package, which shows no token: what comes from now on."""
    assert (HERE / "node_modules/eventsource").is_dir(), "run `npm ci` in tests/system (tests/run.sh does)"
    source = subprocess.Popen(
        ["node", HERE / "eventsource_client.mjs", f"http://127.0.0.1:{gateways.ports[1]['neolith']}/api/daemon/events"],
        stdout=subprocess.PIPE, text=True)
    try:
        assert source.stdout.readline() == "open\n"
        session = call(gateways, "POST", "/sessions", SPAWN).json()["id"]
        kind, _, data = source.stdout.readline().partition(" ")
        assert (kind, json.loads(data)["type"], json.loads(data)["payload"]["id"]) == ("message", "session_spawned", session)
    finally:
        source.terminate()
        source.wait(10)


def test_errors_have_codes(gateways):
    rows = [
        ("POST", "/sessions", b"nonsense", 400, "invalid"), ("POST", "/sessions", [], 400, "invalid"),
        ("POST", "/sessions", {}, 400, "invalid"), ("POST", "/sessions", {**SPAWN, "onDisconnect": "cancel"}, 400, "invalid"),
        ("GET", "/sessions/nope", None, 404, "unknown_session"), ("DELETE", "/sessions/nope", None, 404, "unknown_session"),
        ("POST", "/sessions/nope/tasks", {"task": "x"}, 404, "unknown_session"), ("POST", "/sessions/nope/tasks", {}, 400, "invalid"),
        ("GET", "/sessions/" + "x" * 129, None, 400, "invalid"),
        ("PATCH", "/api/daemon/sessions", {}, 400, "invalid"), ("DELETE", "/api/daemon/sessions", {}, 400, "invalid"),
        ("POST", "/sessions", {**SPAWN, "task": "refuse busy"}, 429, "busy"),
        ("POST", "/sessions", {**SPAWN, "task": "refuse forbidden"}, 403, "forbidden"),
        ("POST", "/sessions", {**SPAWN, "task": "refuse invalid"}, 400, "invalid"),
        ("POST", "/sessions", {**SPAWN, "task": "nonsense"}, 500, "internal"),
        ("POST", "/api/daemon", {}, 401, "unauthenticated"), ("POST", "/api/daemon", {"apiKey": "x"}, 401, "unauthenticated"),
        ("POST", "/api/daemon", {"apiKey": 7}, 400, "invalid"), ("DELETE", "/api/daemon", None, 401, "unauthenticated"),
    ]
    for method, path, body, status, code in rows:
        answer = call(gateways, method, path, body)
        assert (answer.status, answer.json()["error"].get("code")) == (status, code), (method, path, body, answer.text)
    gateways.orchestrator.stop()
    for method, path, body in (("POST", "/sessions", SPAWN), ("GET", "/sessions", None)):
        answer = call(gateways, method, path, body)
        assert (answer.status, answer.json()["error"]["code"]) == (503, "unavailable"), answer.text
    assert call(gateways, "GET", "/status").json()["status"] == "degraded"
