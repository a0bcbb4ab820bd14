"""The network between the broker's machine and the gateway's is cut: repaired afterwards, or told exactly.

Two network namespaces with a cable between them. Events are published and read back on the broker's machine, beside the
broker; the client is on the gateway's. Needs the right to make namespaces; skipped where it is not given.
"""
import json
import socket
import subprocess
import time

import pytest

from cell0_test import Fabric, WebSocket, request, wait_until
from cell0_test.network import Network, NoNamespaces

KEPT = 100  # events that the log of the second test keeps
MISSED = 3000  # with PADDING bytes each: more than the sockets between the machines hold
PADDING = 6000


class TwoMachines(Fabric):
    """The broker on one machine, a gateway on the other."""

    def __init__(self, directory, network):
        super().__init__(directory)
        self.network = network

    def endpoint(self, name):
        return f"tcp://{self.network.address('broker')}:{self.ports[name]}"

    def start(self, **broker):
        with self.network.inside("broker"):
            self.broker = self.start_broker(**broker)
        with self.network.inside("gateway"):
            self.gateway = self.start_gateway()

    def readyz(self):
        with self.network.inside("gateway"):
            return request("GET", f"{self.http_url}/readyz").status

    def connect(self, path="/cell0d", port="http", **options):
        with self.network.inside("gateway"):
            there = socket.create_connection(("127.0.0.1", self.ports[port]))
        return WebSocket(f"ws://127.0.0.1:{self.ports[port]}{path}", sock=there, **options)

    def cell0(self, *words, stdin=""):
        """On the broker's machine; the JSON lines that it prints."""
        flags = ["--control", self.endpoint("control"), "--set", f"state.dir={self.state_dir}"]
        with self.network.inside("broker"):
            done = subprocess.run([self.bin_dir / "cell0", *flags, *words], input=stdin, capture_output=True, text=True,
                                  timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def publish_chats(self, first, last, padding=0):
        lines = "".join(json.dumps({"message": str(n) + " " * padding, "sender": "tester"}) + "\n"
                        for n in range(first, last + 1))
        return [line["seq"] for line in self.cell0("pub", "--type", "chat_message", stdin=lines)]


@pytest.fixture
def machines(tmp_path):
    try:
        network = Network("broker", "gateway")
    except NoNamespaces as why:
        pytest.skip(f"no network namespaces: {why}")
    try:
        with TwoMachines(tmp_path, network) as fabric:
            yield fabric
    finally:
        network.remove()


def until_seq(client, seq):
    client.until_event(lambda e: e["seq"] == seq, f"event {seq}", within=60)


def cut_for(machines, seconds):
    """Returns once the gateway knows, and at least so long after the cut."""
    began = time.monotonic()
    machines.network.cut("gateway")
    wait_until(lambda: machines.readyz() == 503, "the gateway to notice the cut")
    return began + seconds


def test_a_cut_is_repaired_and_nothing_is_lost(machines):
    machines.start()
    with machines.connect("/cell0d?types=chat_message") as client:
        client.until_type("connection_established")
        seqs = machines.publish_chats(1, 50)
        until_seq(client, seqs[-1])

        until = cut_for(machines, 6)
        seqs += machines.publish_chats(51, 400)
        wait_until(lambda: time.monotonic() > until, "the cut to have lasted its time")
        client.send({"type": "ping", "sequence": 1})
        assert client.until_type("pong")["sequence"] == 1, "clients stay"

        machines.network.heal("gateway")
        seqs += machines.publish_chats(401, 450)
        until_seq(client, seqs[-1])
        assert [e["seq"] for e in client.events()] == seqs, "each once, in order"
        assert not [m for m in client.seen if m["type"] == "events_skipped"], "told of a loss that there was not"
        wait_until(lambda: machines.readyz() == 200, "the gateway to be ready again")


def test_a_cut_longer_than_retention_is_told_exactly(machines, tmp_path):
    """More is published than the gateway's queue at the broker and the log keep."""
    rules = tmp_path / "rules.toml"
    rules.write_text(f"[[rule]]\ncount = {KEPT}\n", encoding="ascii")
    machines.start(config=rules, broker__limits__fanout_queue_messages_max=4)
    with machines.connect("/cell0d?types=chat_message") as client:
        client.until_type("connection_established")
        until_seq(client, machines.publish_chats(1, 5)[-1])

        cut_for(machines, 0)
        missed = machines.publish_chats(1, MISSED, padding=PADDING)
        wait_until(lambda: kept(machines) <= 2 * KEPT, "the log to be trimmed", within=60)
        machines.network.heal("gateway")
        missed += machines.publish_chats(MISSED + 1, MISSED + 1)
        until_seq(client, missed[-1])

    told = [m for m in client.seen if m["type"] == "events_skipped"]  # several if the log was trimmed on meanwhile
    assert {m["reason"] for m in told} == {"not_retained"}, told
    got = [e["seq"] for e in client.events() if e["seq"] >= missed[0]]
    assert got == sorted(set(got)), "each once, in order"
    assert got[-1] == missed[-1] and len(got) >= KEPT, "what is kept comes, and what is new"
    lost = [s for s in missed if s not in set(got)]  # what was under way when the cable was pulled may have come
    assert lost == [s for m in told for s in missed if m["from_seq"] <= s <= m["to_seq"]], "what it was told is what it lost"
    for notice in told:
        assert notice["count"] is None or notice["count"] == sum(notice["from_seq"] <= s <= notice["to_seq"] for s in lost)
        later = client.seen[client.seen.index(notice):]
        assert not [m for m in later if m["type"] == "event" and m["event"]["seq"] <= notice["to_seq"]], "told before"


def kept(machines):
    return len(machines.cell0("history", "--types", "chat_message", "--limit", "0"))
