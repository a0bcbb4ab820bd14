"""A client that stops reading: it is told what it missed before anything later, and can fetch exactly that."""
import base64
import json
import os
import socket
import struct

from cell0_test import wait_until

TYPE = "test.slow"
PAD = "x" * 4000


class StoppedReader:
    """A WebSocket over a bare socket, so that nothing reads behind our back."""

    def __init__(self, fabric, path):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", fabric.ports["http"]))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.input = self.socket.makefile("rb", buffering=4096)
        while self.input.readline() != b"\r\n":
            pass

    def next(self):
        """The next message; pings of the protocol are passed over."""
        while True:
            first, second = self.input.read(2)
            length = second & 127
            if length == 126:
                length = struct.unpack(">H", self.input.read(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self.input.read(8))[0]
            payload = self.input.read(length)
            if first & 15 == 1:
                return json.loads(payload)


def publish_many(fabric, count, priority):
    return [fabric.publish(*[{"type": TYPE, "source": "t", "priority": priority, "data": {"pad": PAD}}
                             for _ in range(50)]) for _ in range(count // 50)]


def fetch(fabric, first, last):
    """Everything of our type in that range, from history."""
    seqs, since = [], first - 1
    while True:
        page = fabric.get(f"/api/v1/events?types={TYPE}&since={since}&through={last}&limit=1000").json()
        seqs += [(e["seq"], e["priority"]) for e in page["events"]]
        if page["end"]:
            return seqs
        since = page["scanned_through"]


def read_until(client, seq, priority=5):
    """Its messages until that seq, of that priority, was sent or skipped: (events, notices with how many events had come before)."""
    events, notices = [], []
    while max([0, *events[-1:], *(n["to_seq"] for _, n in notices[-1:] if n["priority_above"] < priority)]) < seq:
        message = client.next()
        if message["type"] == "event":
            events.append(message["event"]["seq"])
        elif message["type"] == "events_skipped":
            notices.append((len(events), message))
    return events, notices


def check(fabric, published, events, notices):
    """Every event was sent or is named by a notice that came before any later one; the count is exact."""
    assert notices, "it was never told"
    assert events == sorted(set(events)), "out of order, or twice"
    missing = set(published) - set(events)
    named = set()
    for position, notice in notices:
        assert all(seq < notice["from_seq"] for seq in events[:position])
        inside = [(seq, priority) for seq, priority in fetch(fabric, notice["from_seq"], notice["to_seq"])
                  if priority > notice["priority_above"]]
        if notice["count"] is not None:
            assert notice["count"] == len(inside)
        assert not set(seq for seq, _ in inside) & set(events), "named as skipped, but sent"
        named |= set(seq for seq, _ in inside)
        assert notice["reason"] == "slow"
    assert missing == named, "what is missing is what was named, and history has it"


def test_low_priorities_go_first_and_the_count_is_exact(empty_fabric):
    fabric = empty_fabric
    fabric.start_broker()
    fabric.start_gateway(gateway__limits__lag_bytes_max=2_000_000)
    client = StoppedReader(fabric, f"/cell0d?types={TYPE}")
    assert client.next()["type"] == "connection_established"
    published = []
    for priority, count in ((9, 600), (3, 50), (9, 600), (3, 50)):
        for answers in publish_many(fabric, count, priority):
            published += [a["seq"] for a in answers]
    last = fabric.publish({"type": TYPE, "source": "t", "priority": 1, "data": {}})["seq"]
    events, notices = read_until(client, last, priority=1)
    check(fabric, published + [last], events, notices)
    assert any(notice["priority_above"] >= 3 for _, notice in notices), "the urgent ones were kept"


def test_one_that_fell_off_the_ring_is_told_and_goes_on(empty_fabric):
    fabric = empty_fabric
    fabric.start_broker()
    gateway = fabric.start_gateway(gateway__limits__ring_bytes_max=2_000_000, gateway__limits__lag_bytes_max=1_000_000)
    client = StoppedReader(fabric, f"/cell0d?types={TYPE}")
    other = fabric.connect(f"/cell0d?types={TYPE}")
    published = []
    for answers in publish_many(fabric, 2000, 5):
        published += [a["seq"] for a in answers]
    other.until_event(lambda e: e["seq"] == published[-1])
    assert [e["seq"] for e in other.events()] == published, "the others had everything"
    last = fabric.publish({"type": TYPE, "source": "t", "data": {}})["seq"]
    events, notices = read_until(client, last)
    check(fabric, published + [last], events, notices)
    assert notices[0][1]["priority_above"] == 0
    after = fabric.publish({"type": TYPE, "source": "t", "data": {}})["seq"]
    assert read_until(client, after) == ([after], []), "and then it is live again"
    assert gateway.memory_bytes() < 60_000_000
    wait_until(lambda: "cell0_gateway_cursors 0" in fabric_metrics(fabric), "everyone to be live again")


def fabric_metrics(fabric):
    from cell0_test.http import request
    return request("GET", fabric.gateway_admin_url() + "/metrics").text
