"""Neolith's clients and a session that outlives them: followed late and from elsewhere, ended with its client, over the
death of a gateway and of the orchestrator."""
import shutil
from pathlib import Path

import pytest

from cell0_test import ProgramClient, WebSocket, wait_until
from cell0_test.acknowledged_emitter import load_proto
from cell0_test.presence import Gateways
from cell0_test.sessions_worker import SessionsWorker

HERE = Path(__file__).parent
TASK = {"type": "code", "description": "Implement feature X", "priority": "high", "status": "pending"}
SPAWN = {"orchestratorId": "vp_1", "task": TASK, "sessionType": "demo"}


@pytest.fixture
def orchestrator(fabric, tmp_path):
    worker = SessionsWorker(fabric.endpoint("control"), load_proto(tmp_path))
    yield worker
    worker.stop()


def spawn(client, **more):
    client.send({"type": "spawn_session", "payload": {**SPAWN, **more}})
    session = client.until_type("session_spawned")["session"]["id"]
    client.until_type("session_status_update")
    return session


def execute(client, session, task):
    client.send({"type": "execute_task", "payload": {"sessionId": session, "task": task}})


def text_of(messages):
    return "".join(m["data"]["chunk"] for m in messages if m["type"] == "stream_chunk")


def numbers(messages):
    return [m["seq"] for m in messages if "seq" in m]


def test_the_seeds_conversation(fabric, orchestrator):
    """By a client of others' making, at the address and in the messages of the seed."""
    url = f"ws://127.0.0.1:{fabric.ports['neolith']}"
    assert shutil.which("node") and (HERE / "node_modules/ws").is_dir(), "run `npm ci` in tests/system (tests/run.sh does)"
    for client in (WebSocket(url), ProgramClient(["node", HERE / "ws_client.mjs", url])):
        assert client.next() == {"type": "health_check_response", "healthy": True, "payload": {"healthy": True}}
        client.send({"type": "ping"})
        assert client.next()["type"] == "pong"
        session = spawn(client, memoryProfile="default")
        execute(client, session, "say Here is the analysis")
        assert client.next()["type"] == "task_executing"
        client.until_type("task_completed")
        assert text_of(client.seen) == "Hereistheanalysis"
        assert all("payload" in message for message in client.seen)
        client.send({"type": "stop_session", "payload": {"sessionId": session}})
        assert client.until_type("session_status_update")["session"]["status"] == "terminated"
        client.close()


def test_late_followers_get_the_text_so_far_then_the_stream(fabric, orchestrator):
    gateways = Gateways(fabric)
    first = fabric.connect("/", port="neolith")
    session = spawn(first)
    execute(first, session, "hold a b c")
    first.until(lambda m: m["type"] == "stream_chunk" and m["data"]["chunk"] == "c")

    elsewhere = f"ws://127.0.0.1:{gateways.ports[1]['neolith']}"
    followers = {"by message": WebSocket(elsewhere), "by URL": WebSocket(f"{elsewhere}/?session_id={session}"),
                 "by a task": WebSocket(f"ws://127.0.0.1:{gateways.ports[1]['http']}/daemon/ws")}
    followers["by message"].send({"type": "follow_session", "payload": {"sessionId": session}})
    execute(followers["by a task"], session, "say d")
    orchestrator.finish()
    for how, follower in followers.items():
        for _ in range(2):
            follower.until_type("task_completed")
        seqs = numbers(follower.seen)
        assert text_of(follower.seen) == "abcd", how
        assert seqs == sorted(set(seqs)), how
    first.until(lambda m: m["type"] == "stream_chunk" and m["data"]["chunk"] == "d")
    assert text_of(first.seen) == "abcd"

    # Whoever gives the next task, and follows from then on, does not get the old ones again.
    fresh = fabric.connect("/", port="neolith")
    execute(fresh, session, "say e")
    fresh.until_type("task_completed")
    assert text_of(fresh.seen) == "e"


def test_a_session_ends_with_its_client_if_it_shall(fabric, orchestrator):
    staying, leaving = fabric.connect("/", port="neolith"), fabric.connect("/", port="neolith")
    sessions = {end: spawn(leaving, onDisconnect=end) for end in ("continue", "cancel")}
    for session in sessions.values():
        staying.send({"type": "follow_session", "sessionId": session})
        staying.until_type("session_followed")
    leaving.close()
    ended = staying.until(lambda m: m["type"] == "session_status_update" and m["session"]["status"] == "terminated")
    assert ended["session"]["id"] == sessions["cancel"]
    assert list(orchestrator.sessions) == [sessions["continue"]]


def test_the_death_of_a_gateway_and_of_an_orchestrator(fabric, orchestrator, tmp_path):
    gateways = Gateways(fabric)
    elsewhere = f"ws://127.0.0.1:{gateways.ports[1]['neolith']}"
    first, waiting = fabric.connect("/", port="neolith"), WebSocket(elsewhere)
    session = spawn(first)
    execute(first, session, "hold a b")
    last = first.until(lambda m: m["type"] == "stream_chunk" and m["data"]["chunk"] == "a")["seq"]
    waiting.send({"type": "spawn_session", "payload": {**SPAWN, "task": "silent"}})
    wait_until(lambda: orchestrator.calls[-1].method == "spawn", "the call that is never answered")
    other = SessionsWorker(fabric.endpoint("control"), load_proto(tmp_path), name="less-loaded")
    attached = spawn(first, onDisconnect="cancel")
    assert attached in other.sessions

    fabric.gateway.kill()
    again = WebSocket(f"{elsewhere}/?session_id={session}&since={last}")
    orchestrator.finish()
    again.until_type("task_completed")
    assert text_of(again.seen) == "b"
    orchestrator.kill()

    assert waiting.until_type("error")["code"] == "unavailable"
    failed = again.until(lambda m: m["type"] == "session_status_update" and m["session"]["status"] == "failed")
    assert failed["session"]["id"] == session
    again.send({"type": "session_status", "sessionId": session})
    assert again.until_type("session_status_update")["session"]["status"] == "failed"
    again.send({"type": "follow_session", "sessionId": attached})
    again.until(lambda m: m["type"] == "session_status_update" and m["session"]["id"] == attached
                and m["session"]["status"] == "terminated", "the end of the session whose client's gateway is gone")
    other.stop()
    again.send({"type": "list_sessions"})
    assert again.until_type("error")["code"] == "unavailable"
    again.send({"type": "daemon_status"})
    status = again.until_type("daemon_status_update")["status"]
    assert (status["status"], status["subsystems"]["sessionManager"]["status"]) == ("degraded", "stopped")
