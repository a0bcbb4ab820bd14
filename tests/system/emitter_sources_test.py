"""The ready-made emitters on real sources: what they see is in the broker's history."""
import http.server
import json
import socket
import subprocess
import threading

import pytest
from cell0_test import wait_until


@pytest.fixture
def broker(empty_fabric):
    empty_fabric.broker = empty_fabric.start_broker()
    return empty_fabric


def history(fabric, *flags):
    done = subprocess.run([fabric.bin_dir / "cell0", "--control", fabric.endpoint("control"), "history", "--limit", "0",
                           *flags], capture_output=True, text=True, timeout=30, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def follow(fabric, *flags):
    """A running `cell0 sub`. With --since it misses nothing that its start overlaps with."""
    return subprocess.Popen([fabric.bin_dir / "cell0", "--control", fabric.endpoint("control"), "--fanout",
                             fabric.endpoint("fanout"), "sub", *flags], stdout=subprocess.PIPE, text=True)


def await_event(fabric, kind, predicate=lambda event: True):
    def look():
        return next((e for e in history(fabric, "--types", kind) if predicate(e)), None)
    return wait_until(look, f"a {kind} event")


def run_with_stdin(fabric, program, text, *flags):
    """Runs an emitter whose only source is standard input, to its end."""
    done = subprocess.run([fabric.bin_dir / program, "--set", f"link.control={fabric.endpoint('control')}", "--set",
                           f"state.dir={fabric.state_dir}", "--stdin", *flags], input=text, capture_output=True,
                          timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr.decode()


def test_system_tells_the_machine_and_the_fabric(broker):
    send_lines(broker, "kernel", "gpu7 kernel_started {}")
    sub = follow(broker, "--types", "heartbeat", "--count", "1", "--since", "0")  # ephemeral: not in the history
    broker.start_emitter("system", emit__system__interval_ms=200, emit__system__metrics_interval_ms=100)
    status = await_event(broker, "system_status", lambda e: e["data"]["details"]["active_kernels"])
    assert status["source"] == "cell0d.system"
    assert status["data"]["status"] == "periodic_update"
    details = status["data"]["details"]
    assert details["active_kernels"] == ["gpu7"]
    assert details["models_loaded"] == []
    assert (details["status"], details["connected_clients"], details["event_queue_size"]) == ("running", 0, 0)
    assert details["version"] and details["uptime_seconds"] > 0
    assert details["memory"]["total_bytes"] > details["memory"]["used_bytes"] > 0
    assert 0 <= details["cpu"]["percent"] <= 100 and details["cpu"]["processors"] >= 1
    assert details["disk"][0]["mount"] == "/" and "received_bytes" in details["net"]
    metrics = await_event(broker, "system_metrics")
    assert metrics["data"]["memory_mb"] > 0 and metrics["data"]["uptime_seconds"] > 0
    beat = json.loads(sub.communicate(timeout=30)[0])
    assert beat["data"]["client_id"] == "server" and beat["source"] == "cell0d.heartbeat"


def send_lines(fabric, kind, text):
    """Starts the emitter, if it does not run, and writes to its socket; what it answers."""
    path = fabric.state_dir / f"{kind}.sock"
    if not path.exists():
        flags = {"emit__kernel__kmsg": "", "emit__kernel__uevents": False} if kind == "kernel" else {}
        fabric.start_emitter(kind, **flags)
        wait_until(path.exists, "the emitter's socket")
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(path))
        s.sendall((text + "\n").encode())
        s.shutdown(socket.SHUT_WR)
        s.settimeout(10)
        return s.recv(65536).decode()


def test_kernel_takes_lines_on_its_socket(broker):
    assert send_lines(broker, "kernel", 'gpu0 kernel_started {"grid": 128}') == ""
    event = await_event(broker, "mcic_event", lambda e: e["data"]["kernel_id"] == "gpu0")
    assert event["data"] == {"event": "kernel_started", "kernel_id": "gpu0", "payload": {"grid": 128}}
    assert event["source"] == "mcic.gpu0"
    assert "event: missing" in send_lines(broker, "kernel", "only_a_word")
    assert send_lines(broker, "kernel", '{"kernel_id":"k","event":"e"}') == ""
    await_event(broker, "mcic_event", lambda e: e["data"]["kernel_id"] == "k")


def test_kernel_goes_on_without_kmsg(broker, tmp_path):
    emitter = broker.start_emitter("kernel", emit__kernel__kmsg=tmp_path / "not-there")
    wait_until(lambda: "the kernel's log is not read" in emitter.log(), "the complaint")
    send_lines(broker, "kernel", "gpu1 started")
    await_event(broker, "mcic_event", lambda e: e["data"]["kernel_id"] == "gpu1")


def test_a_second_emitter_does_not_take_the_socket(broker):
    send_lines(broker, "chat", "hello")
    second = broker.start_emitter("chat")
    assert second.wait() == 1
    assert "chat.sock" in second.log() and "another process" in second.log()
    send_lines(broker, "chat", "still there")
    await_event(broker, "chat_message", lambda e: e["data"]["message"] == "still there")


def test_chat_from_standard_input(broker):
    log = run_with_stdin(broker, "cell0-emit-chat",
                         'hello there\n{"message":"hi","sender":"ada","channel":"ops","metadata":{"a":1}}\n'
                         '{"message":7}\n\n'.encode() + b"bad \xff byte\n", "--socket", "off")
    assert "message: not a string" in log
    events = history(broker, "--types", "chat_message")
    assert [e["data"]["message"] for e in events] == ["hello there", "hi", "bad \ufffd byte"]
    assert events[1]["data"]["sender"] == "ada" and events[1]["source"] == "chat.ops"


def test_log_from_standard_input(broker):
    run_with_stdin(broker, "cell0-emit-log",
                   b'ERROR it burns\n{"level":"warning","message":"odd","logger":"app"}\n' + b"x" * 50_000 + b"\n",
                   "--set", "emit.log.journald=false", "--set", "emit.log.line_bytes_max=1000")
    burns, odd, long = (e for e in history(broker, "--types", "log_stream"))
    assert (burns["data"]["level"], burns["data"]["message"], burns["priority"]) == ("ERROR", "ERROR it burns", 3)
    assert (odd["data"]["level"], odd["data"]["logger"], odd["source"]) == ("WARN", "app", "log.app")
    assert long["data"]["message"] == "x" * 1000 + " [cut]"


def test_log_bounds_its_rate_and_says_so(broker):
    run_with_stdin(broker, "cell0-emit-log", b"line\n" * 5000, "--set", "emit.log.journald=false", "--set",
                   "emit.log.lines_per_second_max=100")
    events = history(broker, "--types", "log_stream")
    lines = [e for e in events if e["data"]["message"] == "line"]
    assert 200 <= len(lines) < 1000
    dropped = [e["data"]["metadata"]["dropped"] for e in events if e["data"]["logger"] == "cell0-emit-log"]
    assert sum(dropped) == 5000 - len(lines)


def test_log_does_not_feed_on_itself(broker, tmp_path):
    path = tmp_path / "own.log"
    path.write_text("")
    broker.start_emitter("log", emit__log__files=[path], emit__log__journald=False, emit__log__from_start=True)
    with open(path, "a", encoding="utf-8") as log:
        log.write('{"level":"warn","program":"cell0-emit-log","message":"mine"}\n')
        log.write('{"level":"info","program":"cell0-broker","message":"routine"}\n')
        log.write('{"level":"warn","program":"cell0-broker","message":"trouble"}\n')
    await_event(broker, "log_stream", lambda e: e["data"]["message"] == "trouble")
    assert [e["data"]["message"] for e in history(broker, "--types", "log_stream")] == ["trouble"]


class ModelServer:
    """An Ollama whose loaded models the test sets."""

    def __init__(self):
        self.loaded = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                answers = {"/api/ps": {"models": [{"name": m, "size": 5} for m in outer.loaded]},
                           "/api/tags": {"models": [{"name": "a"}, {"name": "b"}]}}
                body = json.dumps(answers.get(self.path, {})).encode()
                self.send_response(200 if self.path in answers else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


def test_model_tells_what_is_loaded_and_unloaded(broker):
    server = ModelServer()
    server.loaded = ["llama3"]
    broker.start_emitter("model", emit__model__endpoints=[server.url], emit__model__interval_ms=100)
    loaded = await_event(broker, "model_activity")
    assert loaded["source"] == "cell0d.models"
    assert (loaded["data"]["action"], loaded["data"]["model_name"]) == ("loaded", "llama3")
    assert loaded["data"]["details"] == {"endpoint": server.url, "server": "ollama", "installed": 2, "size": 5}
    server.loaded = []
    await_event(broker, "model_activity", lambda e: e["data"]["action"] == "unloaded")
    server.loaded = ["phi"]
    await_event(broker, "model_activity", lambda e: e["data"]["model_name"] == "phi")
    server.server.shutdown()
    server.server.server_close()
    await_event(broker, "model_activity",
                lambda e: e["data"]["action"] == "unloaded" and e["data"]["model_name"] == "phi")


def test_demo_plays_every_type_and_the_same_seed_the_same_scene(broker):
    for _ in range(2):
        demo = broker.start_emitter("demo", "--rate", "2000", "--count", "300", "--seed", "5")
        assert demo.wait() == 0, demo.log()
    events = history(broker)
    half = len(events) // 2
    assert [(e["type"], e["data"]) for e in events[:half]] == [(e["type"], e["data"]) for e in events[half:]]
    kinds = {e["type"] for e in events}
    assert {"system_status", "chat_message", "model_activity", "mcic_event", "log_stream", "stt_result", "llm_result",
            "conversation_end", "spell", "session_spawned", "task_completed", "demo_weather"} <= kinds


def test_demo_numbers_its_load(broker):
    demo = broker.start_emitter("demo", "--rate", "5000", "--count", "5000", "--type", "chat_message")
    assert demo.wait() == 0, demo.log()
    assert [e["data"]["n"] for e in history(broker, "--types", "chat_message")] == list(range(1, 5001))


@pytest.mark.parametrize("kind", ["system", "log", "kernel", "model", "chat", "demo"])
def test_help_and_bad_configuration(empty_fabric, kind):
    status, text = empty_fabric.run(f"cell0-emit-{kind}", "--help")
    assert status == 0 and "--set" in text
    status, text = empty_fabric.run(f"cell0-emit-{kind}", "--set", "link.control=nonsense")
    assert status == 2 and "link.control" in text


def test_an_emitter_without_a_broker_waits_and_loses_nothing(empty_fabric):
    demo = empty_fabric.start_emitter("demo", "--rate", "1000", "--count", "100", "--type", "chat_message")
    empty_fabric.start_broker()
    assert demo.wait() == 0, demo.log()
    assert [e["data"]["n"] for e in history(empty_fabric, "--types", "chat_message")] == list(range(1, 101))


def test_an_emitter_stops_at_term_while_the_broker_is_away(empty_fabric):
    system = empty_fabric.start_emitter("system", emit__system__metrics_interval_ms=100)
    wait_until(lambda: "started" in system.log(), "the emitter's start")
    system.stop()
    assert "has not answered" in system.log()


def test_numbered_events_survive_a_killed_broker(broker):
    demo = broker.start_emitter("demo", "--rate", "500", "--count", "2000", "--type", "chat_message")
    wait_until(lambda: history(broker, "--types", "chat_message"), "the first events")
    broker.broker.kill()
    broker.broker.restart()
    assert demo.wait(60) == 0, demo.log()
    assert [e["data"]["n"] for e in history(broker, "--types", "chat_message")] == list(range(1, 2001))
