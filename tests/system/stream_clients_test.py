"""Clients that others wrote read the event streams: curl, and Node's eventsource."""
import json
import subprocess
import threading
from pathlib import Path
from queue import Empty, Queue

import pytest

from cell0_test import DEADLINE_S, request, wait_until

HERE = Path(__file__).parent


class Lines:
    """The lines of a program's output, as they come."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE)
        self.lines = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def next(self, starting_with):
        while True:
            try:
                line = self.lines.get(timeout=DEADLINE_S)
            except Empty:
                raise AssertionError(f"no line that starts with {starting_with!r}") from None
            if line.startswith(starting_with):
                return line.removeprefix(starting_with)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE_S)


def ready(fabric):
    try:
        return request("GET", fabric.gateway_admin_url() + "/readyz").status == 200
    except OSError:
        return False


def mine(n):
    return {"type": "test.stream", "source": "tester", "data": {"n": n}}


@pytest.mark.parametrize("listener", ["http", "api"])
def test_curl_follows_a_stream_and_resumes_it(fabric, listener):
    seqs = [fabric.publish(mine(n))["seq"] for n in range(2)]
    url = f"http://127.0.0.1:{fabric.ports[listener]}/api/v1/stream?types=test.stream"
    with Lines(["curl", "-sN", "--noproxy", "*", "-H", f"Last-Event-ID: {seqs[0]}", url]) as curl:
        assert curl.next("event: ") == "resumed"
        assert int(curl.next("id: ")) == seqs[1]
        assert json.loads(curl.next("data: "))["data"] == {"n": 1}
        live = fabric.publish(mine(2))["seq"]
        assert int(curl.next("id: ")) == live


def test_eventsource_of_npm_resumes_by_itself_where_it_was_cut(fabric):
    assert (HERE / "node_modules/eventsource").is_dir(), "run `npm ci` in tests/system (tests/run.sh does)"
    url = f"{fabric.http_url}/api/v1/stream?types=test.stream&since=0"
    with Lines(["node", "eventsource_client.mjs", url]) as client:
        assert client.next("open") == ""
        assert json.loads(client.next("resumed "))["first_seq"] is None
        first = fabric.publish(mine(1))["seq"]
        assert json.loads(client.next("message "))["seq"] == first
        fabric.gateway.kill()
        fabric.gateway.restart()
        wait_until(lambda: ready(fabric), "the gateway to be back")
        second = fabric.publish(mine(2))["seq"]
        resumed = json.loads(client.next("resumed "))
        assert resumed["recovered"] is True
        assert json.loads(client.next("message "))["seq"] == second
