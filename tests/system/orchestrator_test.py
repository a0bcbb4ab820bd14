"""Orchestrators on real commands and a server that speaks the real protocol, asked by the broker as gateways do."""
import os
import signal
import time

import pytest
from cell0_test import wait_until
from cell0_test.acknowledged_emitter import load_proto
from cell0_test.chat_server import ChatServer
from cell0_test.sessions_client import Refused, SessionsClient

MODELS = ("good", "refuse", "stall", "broken", "hangup", "failing", "flood")


@pytest.fixture(scope="module")
def proto(tmp_path_factory):
    return load_proto(tmp_path_factory.mktemp("proto"))


@pytest.fixture(scope="module")
def models():
    server = ChatServer()
    yield server
    server.close()


@pytest.fixture
def runners(tmp_path, models):
    """A configuration: `shell` runs its prompt in a shell, `flooder` may say much, and a model for each behaviour."""
    rows = ['[[orchestrator.runner]]\nname = "shell"\nkind = "exec"\ncommand = ["sh", "-c", "{prompt}"]\n'
            'output_bytes_max = 200000\nkill_after_ms = 300\n',
            '[[orchestrator.runner]]\nname = "flooder"\nkind = "exec"\ncommand = ["yes", "{prompt}"]\n'
            'output_bytes_max = 1000000000\n',
            '[[orchestrator.runner]]\nname = "nobody"\nkind = "openai"\nmodel = "m"\nurl = "http://127.0.0.1:1/v1"\n']
    rows += [f'[[orchestrator.runner]]\nname = "{name}"\nkind = "openai"\nmodel = "m"\nurl = "{models.url(name)}"\n'
             f'output_bytes_max = 200000\nstall_ms = {400 if name == "stall" else 60000}\n' for name in MODELS]
    path = tmp_path / "runners.toml"
    path.write_text("\n".join(rows), encoding="ascii")
    return path


@pytest.fixture
def orchestra(empty_fabric, runners, proto):
    """A broker, and who asks it; orchestrators come with start()."""
    fabric = empty_fabric
    fabric.broker = fabric.start_broker()
    fabric.start = lambda name="one", **more: fabric.start_program(
        "cell0-orchestrator", f"orchestrator-{name}", runners, orchestrator__name=name, **more)
    fabric.sessions = SessionsClient(fabric.endpoint("control"), proto)
    yield fabric
    fabric.sessions.close()


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().split()[2] == "Z"
    except OSError:
        return True


def test_tasks_of_commands_and_models_are_streamed(orchestra):
    orchestra.start()
    sessions = orchestra.sessions
    shell = sessions.spawn_when_served("shell")
    result, text = sessions.run(shell, """printf 'caf\\303\\251 \\377\\n'
echo '{"type":"tool_call","name":"ls","input":{"at":"."}}'
echo '{"type":"tool_result","name":"ls","result":["a"]}'
echo '{"type":"usage","tokens":5}'; echo done""")
    assert text == "café \ufffd\ndone\n"
    assert (result["output"], result["runner"], result["tokensUsed"]) == (text, "shell", 5)
    assert result["details"] == {"exit_code": 0}
    wait_until(lambda: len(sessions.types(shell)) == 11, "all of the task's events")
    assert sessions.types(shell) == [
        "session_spawned", "session_status_update", "task_executing", "stream_start", "stream_chunk", "tool_call_start",
        "tool_call_result", "stream_chunk", "stream_end", "task_completed", "session_status_update"]

    model = sessions.spawn("good")
    result, text = sessions.run(model, "Wie geht es?", context={"file": "a"})
    assert text.startswith("Wie geht es? ")
    assert result["tokensUsed"] == 7 and result["details"] == {"finish_reason": "stop"}
    kinds = sessions.types(model)
    assert kinds.index("tool_call_start") < kinds.index("stream_end") < kinds.index("task_completed")
    result, _ = sessions.run(model, "Und nun?")
    assert "Wie geht es?" in result["output"] or result["output"].startswith("Und nun?")
    session = sessions.call("status", model)["session"]
    assert session["status"] == "running" and session["metrics"]["tokensUsed"] == 14
    assert session["metrics"]["tasksCompleted"] == 2 and session["metrics"]["averageResponseTime"] > 0
    assert [e["prompt"] for e in session["memoryContext"]["episodic"]] == ["Wie geht es?", "Und nun?"]
    assert session["memoryContext"]["scratchpad"] == {"file": "a"}


def test_what_goes_wrong_is_told(orchestra, models):
    orchestra.start()
    sessions = orchestra.sessions
    rows = [
        ("shell", "echo out; echo oops >&2; exit 3", "exit_status: sh ended with 3: oops"),
        ("shell", "kill -9 $$", "killed_by_signal: sh was killed by signal 9"),
        ("shell", "yes", "output_limit: more than 200000 bytes of output"),
        ("refuse", "x", "http_status: {url}: answered 404: the model is not there"),
        ("stall", "x", "stalled: {url}: nothing for 400 ms"),
        ("broken", "x", "bad_stream: {url}: an event that is not JSON: {{\"choices\": ["),
        ("hangup", "x", "disconnected: {url}: closed before the end of its answer"),
        ("failing", "x", "server_error: {url}: out of memory"),
        ("flood", "x", "output_limit: more than 200000 bytes of output"),
        ("nobody", "x", "unreachable: http://127.0.0.1:1/v1/chat/completions: "),
    ]
    sessions.spawn_when_served("demo")
    begun = []
    for kind, prompt, error in rows:
        session = sessions.spawn(kind)
        begun.append((session, sessions.execute(session, prompt), error.format(url=models.url(kind) + "/chat/completions")))
    for session, task, error in begun:
        assert sessions.await_end(session, task).startswith(error)
        assert sessions.call("status", session)["session"]["status"] == "running"


def test_a_stop_ends_all_that_was_started(orchestra):
    orchestra.start()
    sessions = orchestra.sessions
    session = sessions.spawn_when_served("shell")
    sessions.execute(session, "sleep 1000 & echo $!; wait")
    waiting = sessions.execute(session, "echo never")
    child = int(sessions.await_event(session, "stream_chunk").chunk)
    assert not gone(child)
    assert sessions.call("stop", session)["session"]["status"] == "terminated"
    sessions.await_event(session, "session_status_update", fits=lambda d: d.session.status == "terminated")
    assert sessions.await_event(session, "task_failed", fits=lambda d: d.task_id == waiting).error == \
        "cancelled: the session was stopped"
    wait_until(lambda: gone(child), "the command's child to be gone")
    with pytest.raises(Refused, match="invalid_state"):
        sessions.execute(session, "echo never")


def test_who_may_not_is_refused(orchestra, proto):
    orchestra.start()
    orchestra.sessions.spawn_when_served("demo")
    guest = SessionsClient(orchestra.endpoint("control"), proto, scopes=["sessions:run:demo"], anonymous=True)
    with pytest.raises(Refused, match="forbidden: it takes the scope sessions:run:shell"):
        guest.spawn("shell")
    guest.scopes = ["*"]
    with pytest.raises(Refused, match="forbidden: the runner shell is for callers with a token"):
        guest.spawn("shell")
    result, text = guest.run(guest.spawn("claude-code"), "to be said")
    assert (text, result["runner"]) == ("to be said", "demo")
    guest.close()


def test_two_share_the_load_and_one_takes_over_new_sessions(orchestra):
    both = {name: orchestra.start(name) for name in ("one", "two")}
    sessions = orchestra.sessions
    sessions.spawn_when_served("shell")
    wait_until(lambda: set(sessions.call("daemon_status", gather=True)) == set(both), "both orchestrators")
    spawned = [sessions.spawn("shell") for _ in range(6)]
    owned = {worker: [s["id"] for s in reply["sessions"]]
             for worker, reply in sessions.call("list", gather=True).items()}
    assert all(any(s in ids for s in spawned) for ids in owned.values())
    doomed = [s for s in spawned if s in owned["one"]]
    sessions.execute(doomed[0], "echo $$; exec sleep 1000")
    command = int(sessions.await_event(doomed[0], "stream_chunk").chunk)
    both["one"].kill()
    for session in doomed:
        last = sessions.await_event(session, "session_status_update", within=10.0,
                                    fits=lambda d: d.session.status == "failed")
        assert last.session.type == "shell"
    wait_until(lambda: gone(command), "the command of the killed one to be gone")
    for _ in range(3):
        result, _ = sessions.run(sessions.spawn("shell"), "echo on")
        assert result["output"] == "on\n"
    with pytest.raises(Refused) as refused:
        sessions.call("status", doomed[0])
    assert refused.value.code == "no_key"


def test_a_term_ends_sessions_and_gives_their_keys_back(orchestra):
    one = orchestra.start()
    sessions = orchestra.sessions
    session = sessions.spawn_when_served("shell")
    sessions.execute(session, "echo begun; sleep 1000")
    sessions.await_event(session, "stream_chunk")
    assert one.stop() == 0
    assert sessions.types(session)[-3:] == ["stream_end", "task_failed", "session_status_update"]
    assert sessions.events(session)[-1][1].session.status == "terminated"
    with pytest.raises(Refused) as refused:
        sessions.call("status", session)
    assert refused.value.code in ("no_key", "no_worker")


def test_a_flood_waits_while_the_broker_is_stopped(orchestra):
    one = orchestra.start()
    sessions = orchestra.sessions
    session = sessions.spawn_when_served("flooder")
    sessions.execute(session, "x" * 100)
    sessions.await_event(session, "stream_chunk")
    before = one.memory_bytes()
    os.kill(orchestra.broker.pid, signal.SIGSTOP)
    try:
        wait_until(lambda: asleep(one.pid), "the orchestrator to wait")
    finally:
        os.kill(orchestra.broker.pid, signal.SIGCONT)
    assert one.memory_bytes() < before + (32 << 20)
    chunks = len(sessions.types(session))
    wait_until(lambda: len(sessions.types(session)) > chunks, "the flood to go on")
    assert wait_until(lambda: stopped(sessions, session), "the session to be stopped")["status"] == "terminated"


def test_sessions_go_on_over_restarts_of_the_broker(orchestra):
    orchestra.start()
    sessions = orchestra.sessions
    session = sessions.spawn_when_served("shell")
    task = sessions.execute(session, "i=0; while [ $i -lt 60 ]; do echo $i; i=$((i+1)); sleep 0.05; done")
    for reached in ("5\n", "30\n"):
        wait_until(lambda text=reached: text in sessions.text(session), "the task to go on")
        orchestra.broker.kill()
        orchestra.broker.restart()
    assert sessions.await_end(session, task)["output"] == "".join(f"{i}\n" for i in range(60))
    assert sessions.text(session) == "".join(f"{i}\n" for i in range(60))
    assert wait_until(lambda: stopped(sessions, session), "the session to be stopped")["status"] == "terminated"
    assert "failed" not in [d.session.status for k, d in sessions.events(session) if k == "session_status_update"]


def stopped(sessions, session):
    """None while the broker thinks that the orchestrator, or itself, was away."""
    try:
        return sessions.call("stop", session)["session"]
    except Refused:
        return None


def asleep(pid):
    """It has used no processor time for a while."""
    def ticks():
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
    begun = ticks()
    time.sleep(0.2)  # what is looked for is that nothing happens
    return ticks() - begun <= 1
