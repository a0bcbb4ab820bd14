"""The whole way of a session: a neolith client, two gateways, two orchestrators, a real command and a model server."""
from pathlib import Path

import pytest
from cell0_test import Fabric, WebSocket, request, wait_until
from cell0_test.chat_server import ChatServer
from cell0_test.presence import Gateways

RUNNERS = """
[[orchestrator.runner]]
name = "shell"
kind = "exec"
command = ["sh", "-c", "{{prompt}}"]

[[orchestrator.runner]]
name = "model"
kind = "openai"
session_types = ["claude-code"]
url = "{url}"
model = "m"
"""


@pytest.fixture(scope="module")
def models():
    server = ChatServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def empty_fabric(tmp_path_factory):
    with Fabric(tmp_path_factory.mktemp("fabric")) as fabric:
        yield fabric


@pytest.fixture(scope="module")
def system(empty_fabric, models):
    """Two gateways and two orchestrators; one for all tests, the last of which kills one."""
    fabric = empty_fabric
    fabric.broker = fabric.start_broker()
    fabric.gateway = fabric.start_gateway()
    config = fabric.directory / "runners.toml"
    config.write_text(RUNNERS.format(url=models.url("good")), encoding="ascii")
    fabric.ways = Gateways(fabric)
    fabric.orchestrators = {name: fabric.start_program("cell0-orchestrator", f"orchestrator-{name}", config,
                                                       orchestrator__name=name) for name in ("one", "two")}
    fabric.bearer = {"Authorization": f"Bearer {fabric.admin_token}"}
    for orchestrator in fabric.orchestrators.values():
        wait_until(lambda o=orchestrator: "sessions are served" in o.log(), f"{orchestrator.name} to serve")
    return fabric


def spawn_body(kind, **more):
    return {"orchestratorId": "vp_1", "sessionType": kind, "task": {"type": "code", "description": "try"}, **more}


def rest(fabric, method, path, body=None, gateway=0):
    port = fabric.ways.ports[gateway]["neolith"]
    return request(method, f"http://127.0.0.1:{port}{path}", body, fabric.bearer)


def connect(fabric, gateway):
    return WebSocket(f"ws://127.0.0.1:{fabric.ways.ports[gateway]['neolith']}/", extra_headers=fabric.bearer)


def spawn(client, kind):
    client.send({"type": "spawn_session", "payload": spawn_body(kind)})
    return client.until_type("session_spawned")["session"]["id"]


def execute(client, session, task):
    client.send({"type": "execute_task", "payload": {"sessionId": session, "task": task}})


def follow(client, session):
    client.send({"type": "follow_session", "payload": {"sessionId": session}})
    client.until_type("session_followed")


def text_of(messages):
    return "".join(m["data"]["chunk"] for m in messages
                   if m["type"] == "stream_chunk" and m["data"]["metadata"]["type"] == "text")


def until_ended(client, session, status, within=15.0):
    return client.until(lambda m: m["type"] == "session_status_update" and m["session"]["id"] == session
                        and m["session"]["status"] == status, f"{session} {status}", within)


def test_a_session_is_streamed_replayed_and_cancelled_across_gateways(system):
    here, there = connect(system, 0), connect(system, 1)
    session = spawn(here, "shell")
    follow(there, session)
    execute(here, session, "for word in one two three; do echo $word; sleep 0.05; done; echo thanks >&2")
    for client in (here, there):
        assert client.until_type("task_completed")["result"]["details"] == {"exit_code": 0}
        assert text_of(client.seen) == "one\ntwo\nthree\n"
    execute(there, session, "echo begun; sleep 1000")
    for client in (here, there):
        client.until(lambda m: m["type"] == "stream_chunk" and m["data"]["chunk"] == "begun\n", "the second task")
    there.send({"type": "stop_session", "payload": {"sessionId": session}})
    for client in (here, there):
        until_ended(client, session, "terminated")
    late = connect(system, 1)
    follow(late, session)
    until_ended(late, session, "terminated")
    assert text_of(late.seen) == "one\ntwo\nthree\nbegun\n"
    kinds = [m["type"] for m in late.seen if "seq" in m]
    assert kinds.index("session_spawned") < kinds.index("task_executing") < kinds.index("task_completed")
    failed = next(m for m in late.seen if m["type"] == "task_failed")
    assert failed["error"] == "cancelled: the session was stopped"


def test_a_command_ends_with_its_client_if_it_shall(system):
    leaving, there = connect(system, 0), connect(system, 1)
    leaving.send({"type": "spawn_session", "payload": spawn_body("shell", onDisconnect="cancel")})
    session = leaving.until_type("session_spawned")["session"]["id"]
    follow(there, session)
    execute(leaving, session, "echo $$; exec sleep 1000")
    command = int(there.until_type("stream_chunk")["data"]["chunk"])
    leaving.close()
    until_ended(there, session, "terminated")
    wait_until(lambda: not Path(f"/proc/{command}").exists(), "the command to be gone")


def test_a_model_by_rest_is_followed_by_websocket(system):
    made = rest(system, "POST", "/sessions", spawn_body("claude-code"))
    assert made.status == 201
    session = made.json()["id"]
    there = connect(system, 1)
    follow(there, session)
    assert rest(system, "POST", f"/sessions/{session}/tasks", {"task": "Guten Tag"}).status == 202
    assert there.until_type("task_completed")["result"]["output"].startswith("Guten Tag")
    kinds = [m["type"] for m in there.seen]
    assert kinds.index("tool_call_start") < kinds.index("stream_end")
    status = rest(system, "GET", f"/sessions/{session}", gateway=1).json()
    assert (status["status"], status["metrics"]["tokensUsed"]) == ("running", 7)
    assert rest(system, "DELETE", f"/sessions/{session}", gateway=1).json()["status"] == "terminated"
    until_ended(there, session, "terminated")


def test_guests_have_the_demo_only(system):
    guest = WebSocket(f"ws://127.0.0.1:{system.ways.ports[1]['neolith']}/")
    guest.send({"type": "spawn_session", "payload": spawn_body("shell")})
    refused = guest.until_type("error")
    assert (refused["code"], refused["error"]) == ("forbidden", "it takes the scope sessions:run:shell")
    session = spawn(guest, "anything")
    execute(guest, session, "to be said")
    assert guest.until_type("task_completed")["result"]["runner"] == "demo"
    assert text_of(guest.seen) == "to be said"


def test_a_killed_orchestrators_sessions_are_failed_everywhere(system):
    here, there = connect(system, 0), connect(system, 1)
    sessions = [spawn(here, "shell") for _ in range(4)]
    for session in sessions:
        follow(there, session)
        execute(here, session, "sleep 1000")
        there.until(lambda m, s=session: m["type"] == "task_executing" and m["sessionId"] == s, "the task")
    events = request("GET", system.http_url + "/api/v1/events?type=task_executing&limit=1000",
                     headers=system.bearer).json()["events"]
    of_one = {e["session_id"] for e in events if e["source"] == "orchestrator.one"} & set(sessions)
    assert 0 < len(of_one) < len(sessions)
    system.orchestrators["one"].kill()
    for client in (here, there):
        waiting = set(of_one)
        while waiting:
            failed = client.until(lambda m: m["type"] == "session_status_update" and m["session"]["status"] == "failed",
                                  f"the end of {waiting}")
            waiting.remove(failed["session"]["id"])
    for session in of_one:
        assert rest(system, "GET", f"/sessions/{session}", gateway=1).json()["status"] == "failed"
    session = spawn(there, "shell")
    execute(there, session, "echo on")
    there.until(lambda m: m["type"] == "task_completed" and m["sessionId"] == session, "the new session's task")
