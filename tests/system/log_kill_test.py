"""The broker is killed again and again under acknowledged load, while clients come and go: nothing is lost.

CELL0_TEST_KILLS (8) is how often; CELL0_TEST_SEED repeats a run's choices.
"""
import os
import random
import threading
import time

import pytest

from cell0_test import wait_until
from cell0_test.acknowledged_emitter import AcknowledgedEmitter, chat_history, load_proto
from cell0_test.conversation import Closed

KILLS = int(os.environ.get("CELL0_TEST_KILLS", "8"))


class Client:
    """Reads chat messages, leaves at random and comes back with the last seq that it has."""

    def __init__(self, fabric, chance):
        self.seqs, self.problems, self.resumes = [], [], 0
        self._fabric, self._random, self._stop = fabric, random.Random(chance), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _run(self):
        while not self._stop.is_set():
            try:
                since = f"&since={self.seqs[-1]}" if self.seqs else ""
                with self._fabric.connect(f"/cell0d?types=chat_message{since}") as socket:
                    self._listen(socket, time.monotonic() + self._random.uniform(0.3, 3.0), bool(since))
            except (OSError, Closed):
                time.sleep(0.05)
            except Exception as error:
                self.problems.append(repr(error))
                return

    def _listen(self, socket, until, resumed):
        """`recent_events` of the welcome are not counted: a first connection begins with what comes live."""
        while not self._stop.is_set() and time.monotonic() < until:
            try:
                message = socket.next(0.1)
            except Closed:
                raise
            except AssertionError:
                continue
            if message["type"] == "event":
                self.seqs.append(message["event"]["seq"])
            elif message["type"] == "events_skipped":
                self.problems.append(message)
            elif message["type"] == "events_resumed":
                self.resumes += 1
                if resumed and not message["recovered"]:
                    self.problems.append(message)


@pytest.mark.parametrize("kills", [KILLS])
def test_kills_lose_nothing_acknowledged(empty_fabric, tmp_path, kills):
    fabric, proto = empty_fabric, load_proto(tmp_path)
    seed = int(os.environ.get("CELL0_TEST_SEED", random.randrange(1 << 30)))
    print(f"seed {seed}")
    chance = random.Random(seed)
    broker = fabric.start_broker()
    fabric.start_gateway(0)
    fabric.start_gateway(1)
    clients = [Client(fabric, chance.random()) for _ in range(8)]
    emitters = [AcknowledgedEmitter(f"e{i}", fabric.endpoint("control"), proto) for i in range(4)]
    for kill in range(kills):
        if kill % 2 == 0:  # else at any point of its start
            before = sum(len(e.acknowledged) for e in emitters)
            wait_until(lambda: sum(len(e.acknowledged) for e in emitters) > before + 50, "events to be acknowledged")
        time.sleep(chance.uniform(0.0, 0.4))
        broker.kill()
        broker.restart()
    for emitter in emitters:
        emitter.finish(60)
    log = chat_history(fabric.endpoint("control"), proto)
    last = log[-1][0]
    wait_until(lambda: all(c.problems or (c.seqs and c.seqs[-1] == last) for c in clients), "all clients to have all",
               within=60)
    for client in clients:
        client.stop()

    assert [s for s, _ in log] == sorted({s for s, _ in log}), "the log is out of order"
    seq_of = {text: seq for seq, text in log}
    assert len(seq_of) == len(log), "an event is in the log twice"
    for emitter in emitters:
        mine = [(seq, int(text.split(":")[1])) for seq, text in log if text.startswith(emitter.name + ":")]
        assert [n for _, n in mine] == list(range(1, len(mine) + 1)), f"{emitter.name}: lost, or out of order"
        assert len(mine) >= max(emitter.acknowledged), f"{emitter.name}: acknowledged events are not in the log"
        told = {n: seq for n, seq in emitter.acknowledged.items() if seq}
        assert all(seq_of[f"{emitter.name}:{n}"] == seq for n, seq in told.items()), "a seq stands for another event"
    for client in clients:
        assert not client.problems, client.problems
        assert client.seqs == [seq for seq, _ in log if seq >= client.seqs[0]], "a client's sequence has holes"
    print(f"{kills} kills, {len(log)} events, {sum(c.resumes for c in clients)} resumes")
