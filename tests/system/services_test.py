"""Services: workers that die, come back, or follow one another, and whoever asks always has an answer."""
import json
import signal
import sys
import time
from pathlib import Path

import pytest
import zmq

from cell0_test import wait_until
from cell0_test.acknowledged_emitter import chat_history, load_proto
from cell0_test.process import Process

WORKER = Path(__file__).resolve().parents[1] / "support/cell0_test/service_worker.py"
NO_WORKER, NO_KEY, TIMEOUT, DIED = 5, 6, 7, 8  # Failure.Code


class Bench:
    """A broker, and a client of its control socket that asks services."""

    def __init__(self, fabric, directory):
        self.fabric, self.directory = fabric, directory
        self.proto = load_proto(directory)
        self.control_pb2 = self.proto[0]
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 50)
        self.socket.connect(fabric.endpoint("control"))
        self.id, self.answers = 0, {}

    def worker(self, name, *flags, service="tests"):
        process = Process(name, [sys.executable, WORKER, self.directory / "proto_python",
                                 self.fabric.endpoint("control"), service, name, *flags],
                          self.directory / f"{name}.log", None)
        self.fabric.processes.append(process)
        return process

    def ask_only(self, method, body=None, **fields):
        self.id += 1
        fields = {"service": "tests", "timeout_ms": 10_000, **fields}
        request = self.control_pb2.ServiceRequest(method=method, body=json.dumps(body or {}).encode(), **fields)
        self.socket.send(self.control_pb2.Request(id=self.id, service=request).SerializeToString())
        return self.id

    def answer(self, asked, within=20.0):
        """The reply's body, or the code of the failure."""
        end = time.monotonic() + within
        while asked not in self.answers:
            assert self.socket.poll(max(0, 1000 * (end - time.monotonic()))), "no answer to a request"
            response = self.control_pb2.Response.FromString(self.socket.recv())
            self.answers[response.id] = response
        response = self.answers.pop(asked)
        if response.HasField("failure"):
            return response.failure.code
        return [json.loads(reply.body) for reply in response.service.replies]

    def ask(self, method, body=None, **fields):
        answer = self.answer(self.ask_only(method, body, **fields))
        return answer if isinstance(answer, int) else answer[0]


@pytest.fixture
def bench(empty_fabric, tmp_path):
    empty_fabric.broker = empty_fabric.start_broker()
    bench = Bench(empty_fabric, tmp_path)
    yield bench
    bench.socket.close()
    for process in empty_fabric.processes:  # they know no TERM
        if process.name in ("first", "second", "lone") and process.alive():
            process.kill()


def told(worker, what):
    lines = [json.loads(line) for line in worker.log().splitlines() if line.startswith("{")]
    return [line for line in lines if line["what"] == what]


def until_told(worker, what, count=1):
    return wait_until(lambda: told(worker, what)[count - 1:], f"{worker.name} to be {what}")[0]


def chats(bench):
    return [text for _, text in chat_history(bench.fabric.endpoint("control"), bench.proto)]


def test_a_worker_is_asked_and_whoever_asks_is_answered(bench):
    assert bench.ask("echo") == NO_WORKER
    worker = bench.worker("lone")
    until_told(worker, "active")
    assert bench.ask("echo", {"a": 1}, caller={"entity_id": "user:1"}) == {
        "worker": "lone", "said": {"a": 1}, "caller": "user:1"}
    assert bench.ask("own", {"key": "s1", "will": "s1 has failed"}) == {}
    assert bench.ask("keys", key="s1") == {"keys": ["s1"]}
    assert bench.ask("keys", key="s9") == NO_KEY
    assert bench.ask("disown", {"key": "s1"}, key="s1") == {}
    assert bench.ask("keys", key="s1") == NO_KEY
    assert bench.ask("twice") == {"time": 1}
    assert until_told(worker, "nobody waited")["late"]
    assert bench.ask("hold", timeout_ms=300) == TIMEOUT
    assert bench.ask("late", {"seconds": 0.5}, timeout_ms=200) == TIMEOUT
    until_told(worker, "nobody waited", 2)


def test_a_killed_broker_finds_its_workers_and_states_again(bench):
    worker = bench.worker("first")
    until_told(worker, "active")
    assert bench.ask("own", {"key": "s1", "will": "s1 has failed"}) == {}
    assert bench.ask("put", {"state": "kept"}) == {"fenced": False}
    assert bench.ask("echo", {"n": 1}, request_id="r1")["said"] == {"n": 1}

    bench.fabric.broker.kill()
    meanwhile = [bench.ask_only("keys", key="s1"), bench.ask_only("echo", {"n": 2}, request_id="r1")]
    bench.fabric.broker.restart()
    assert bench.answer(meanwhile[0]) == [{"keys": ["s1"]}]
    assert bench.answer(meanwhile[1])[0]["said"] == {"n": 1}, "a retry was run again"
    assert until_told(worker, "active", 2)["lost"] == []
    assert not told(worker, "fenced")

    until_told(bench.worker("second"), "active")
    replies = bench.answer(bench.ask_only("state", gather=True))
    assert {"state": "kept"} in replies and len(replies) == 2
    assert chats(bench) == []

    bench.fabric.start_gateway()
    [service] = bench.fabric.get("/api/v1/services").json()["services"]
    assert service["name"] == "tests" and service["state_bytes"] == 4 and service["requests"] == 3
    assert [(w["name"], w["active"], w["keys"]) for w in service["workers"]] == [("first", True, 1), ("second", True, 0)]
    status, printed = bench.fabric.run("cell0", "services", "--control", bench.fabric.endpoint("control"))
    assert status == 0
    assert [json.loads(line)["worker"] for line in printed.splitlines()] == ["first", "second"]


def test_a_killed_worker_s_wills_are_published_and_a_hung_one_is_replaced(bench):
    """At the same time, for both take a lease."""
    lone = bench.worker("lone", service="others")
    until_told(lone, "active")
    assert bench.ask("own", {"key": "s1", "will": "s1 has failed"}, service="others") == {}
    held = bench.ask_only("hold", service="others", timeout_ms=60_000)
    until_told(lone, "call", 2)
    first = bench.worker("first", "--exclusive")
    epoch = until_told(first, "active")["epoch"]
    second = bench.worker("second", "--exclusive")
    until_told(second, "standby")
    assert bench.ask("put", {"state": "of the first"}) == {"fenced": False}
    assert bench.ask("publish", {"text": "by the first"}) == {"status": 1}

    first.signal(signal.SIGSTOP)
    lone.kill()
    killed = time.monotonic()
    assert bench.answer(held) == DIED
    wait_until(lambda: "s1 has failed" in chats(bench), "the will to be published")
    assert time.monotonic() - killed < 10
    assert bench.ask("keys", key="s1", service="others") == NO_KEY
    assert bench.ask("echo", service="others") == NO_WORKER

    until_told(second, "active")
    assert bench.ask("state") == {"state": "of the first"}
    assert bench.ask("publish", {"text": "under the first's epoch", "epoch": epoch}) == {"status": 7}
    assert bench.ask("publish", {"text": "by the second"}) == {"status": 1}
    first.signal(signal.SIGCONT)
    until_told(first, "fenced")
    until_told(first, "standby")
    assert bench.ask("echo")["worker"] == "second"
    assert sorted(chats(bench)) == ["by the first", "by the second", "s1 has failed"]
