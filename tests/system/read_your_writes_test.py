"""Who has the answer to a publish is past the event, on that gateway: a subscription of afterwards is not sent it, and
what the gateway knows of the past has it. What is asked of history is there on every gateway. Here the broker's stream is
slower than its answers."""
import asyncio
import http.client
import json
import threading
import time

import pytest

from cell0_test import request
from cell0_test.presence import Gateways
from cell0_test.tokens import claims, jwt

DELAY_S = 0.05


class SlowLine:
    """A TCP line to `port` whose bytes towards the one who connects come DELAY_S late, in order."""

    def __init__(self, port):
        self.target = port
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]
        self.stopped = False  # true: nothing comes any more
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def close(self):
        asyncio.run_coroutine_threadsafe(self._cut(), self.loop).result(5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    async def _cut(self):
        lines = asyncio.all_tasks() - {asyncio.current_task()}
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    async def _serve(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self._carry(reader, far_writer, 0), self._carry(far_reader, writer, DELAY_S))

    async def _carry(self, reader, writer, delay):
        while data := await reader.read(65536):
            if delay == 0 or not self.stopped:
                self.loop.call_later(delay, writer.write, data)


@pytest.fixture
def slow_fabric(empty_fabric):
    empty_fabric.start_broker()
    empty_fabric.line = SlowLine(empty_fabric.ports["fanout"])
    try:
        empty_fabric.start_gateway(link__fanout=f"tcp://127.0.0.1:{empty_fabric.line.port}")
        yield empty_fabric
    finally:
        empty_fabric.line.close()


def publisher(fabric):
    """On one HTTP connection that stays, so that little lies between an answer and what comes next."""
    connection = http.client.HTTPConnection("127.0.0.1", fabric.ports["http"], timeout=10)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {fabric.admin_token}"}

    def publish(*events):
        connection.request("POST", "/api/v1/events", json.dumps(events), headers)
        answer = connection.getresponse()
        assert answer.status == 200
        return [event["seq"] for event in json.loads(answer.read())]

    return publish


def test_a_subscription_after_the_answer_begins_behind_the_event(slow_fabric):
    publish = publisher(slow_fabric)
    client = slow_fabric.connect("/cell0d?types=test.nothing")
    client.until_type("connection_established")
    for n in range(20):
        kind = f"test.own_{n}"
        began = time.monotonic()
        publish({"type": kind, "data": {"when": "before"}})
        assert time.monotonic() - began > DELAY_S * 0.9  # or the line is not slow
        client.send({"type": "subscribe", "event_types": [kind], "replace": True})
        client.until_type("subscription_updated")
        [seq] = publish({"type": kind, "data": {"when": "after"}})
        event = client.until_event(lambda event: event["type"] == kind)
        assert (event["seq"], event["data"]) == (seq, {"when": "after"}), f"turn {n}"


def test_a_gateway_shows_in_its_opening_what_it_has_answered(slow_fabric):
    publish = publisher(slow_fabric)
    for n in range(20):
        kind = f"test.opening_{n}"
        seqs = publish(*[{"type": kind, "data": {"n": i}} for i in range(3)])
        with slow_fabric.connect(f"/cell0d?types={kind}") as client:
            assert [event["seq"] for event in client.until_type("event_history")["events"]] == seqs, f"turn {n}"


def test_history_is_the_brokers_on_a_gateway_whose_stream_is_behind(slow_fabric):
    slow_fabric.gateway = slow_fabric.processes[-1]
    gateways = Gateways(slow_fabric)  # the second has its stream at once
    key = (slow_fabric.state_dir / "signing.key").read_text(encoding="ascii").strip()
    headers = {"Authorization": f"Bearer {jwt(claims('reader', ['*']), key)}"}

    def call(gateway, method, path, body=None, port="http"):
        answer = request(method, f"http://127.0.0.1:{gateways.ports[gateway][port]}{path}", body, headers)
        assert answer.status < 300, answer.text
        return answer.json()

    call(0, "POST", "/api/daemon", {"name": "reader"})
    for n in range(5):
        [said] = call(1, "POST", "/api/v1/events", [{"type": "test.other", "topic": "sessions.other", "data": {"n": n}}])
        assert [e["seq"] for e in call(0, "GET", "/api/daemon/events")["events"]] == [said["seq"]], f"turn {n}"
        [said] = call(1, "POST", "/api/v1/events", [{"type": "test.other", "topic": "sessions.other", "data": {"n": n}}])
        call(0, "DELETE", "/api/daemon/events", {"eventIds": [said["seq"] - 1, said["seq"]]})
        assert call(0, "GET", "/api/daemon/events")["events"] == [], f"turn {n}"
        [said] = call(1, "POST", "/api/v1/events", [{"type": "spell", "data": {"spell_name": "reveal", "success": True}}])
        assert call(0, "GET", "/api/v1/events?types=spell&limit=1")["events"][0]["seq"] == said["seq"], f"turn {n}"
        [said] = call(1, "POST", "/api/v1/events", [{"type": "spell", "data": {"spell_name": "reveal", "success": True}}])
        assert call(0, "GET", "/events/recent?count=1", port="arcane")["events"][0]["seq"] == said["seq"], f"turn {n}"


def test_a_stream_that_stands_still_holds_no_answer_for_long(slow_fabric):
    publish = publisher(slow_fabric)
    publish({"type": "test.still", "data": {"n": 0}})
    slow_fabric.line.stopped = True
    began = time.monotonic()
    publish({"type": "test.still", "data": {"n": 1}})
    assert 0.5 < time.monotonic() - began < 5
