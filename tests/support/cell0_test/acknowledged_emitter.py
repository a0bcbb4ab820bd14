"""The acknowledged path, spoken by a program of its own: numbers events, sends a window of them, sends what is not
answered again, in order. Slow and simple; what it counts is what the broker has promised."""
import importlib
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import zmq

PROTO = Path(__file__).resolve().parents[3] / "proto"


def load_proto(directory):
    """The generated modules (control_pb2, event_pb2), made into `directory`."""
    out = Path(directory) / "proto_python"
    out.mkdir(exist_ok=True)
    sources = [PROTO / "cell0/v1" / name for name in ("control.proto", "event.proto", "options.proto")]
    subprocess.run(["protoc", f"--python_out={out}", "-I", PROTO, *sources], check=True)
    sys.path.insert(0, str(out))
    try:
        return importlib.import_module("cell0.v1.control_pb2"), importlib.import_module("cell0.v1.event_pb2")
    finally:
        sys.path.remove(str(out))


class AcknowledgedEmitter:
    """Publishes chat messages "<name>:<n>" from a thread until stop(). `acknowledged`: {n: seq, 0 if not told}."""

    WINDOW_REQUESTS = 4
    ANSWER_WITHIN_S = 1.0

    def __init__(self, name, control_endpoint, proto, batch=8, priority=None, heartbeat=False):
        self.name, self.batch, self.priority, self.heartbeat = name, batch, priority, heartbeat
        self.control_pb2, self.event_pb2 = proto
        self.acknowledged, self.unavailable, self.errors = {}, 0, []
        self.answers = []  # texts of the events that were not taken, the last ones
        self._endpoint, self._incarnation = control_endpoint, time.time_ns()
        self._answered, self._next = 0, 1  # all n up to _answered are answered
        self._id, self._open = 0, set()  # of requests
        self._stop, self._finish = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def finish(self, within=30.0):
        """Publishes nothing new, and waits until all is answered."""
        self._finish.set()
        self._thread.join(within)
        assert not self._thread.is_alive(), f"{self.name}: {self._next - 1 - self._answered} events are not answered"
        assert not self.errors, self.errors

    def stop(self):
        self._stop.set()
        self._thread.join(10)

    def _envelope(self, n):
        event = self.event_pb2.Envelope(id=uuid.uuid4().bytes, source=f"test.{self.name}",
                                        time_us=time.time_ns() // 1000)
        if self.heartbeat:
            event.heartbeat.client_id, event.heartbeat.sequence = self.name, n
        else:
            event.chat_message.message, event.chat_message.sender = f"{self.name}:{n}", self.name
        if self.priority:
            event.priority = self.priority
        return event.SerializeToString()

    def _run(self):
        socket = zmq.Context.instance().socket(zmq.DEALER)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.RECONNECT_IVL, 20)
        socket.connect(self._endpoint)
        try:
            self._converse(socket)
        except Exception as error:  # the test's thread has to see it
            self.errors.append(repr(error))
        finally:
            socket.close()

    def _converse(self, socket):
        sent, envelopes, waited_since = 0, {}, time.monotonic()  # sent: the highest n of this round
        while not self._stop.is_set():
            sent = max(sent, self._answered)
            while len(self._open) < self.WINDOW_REQUESTS:
                last = min(sent + self.batch, self._next - 1) if self._finish.is_set() else sent + self.batch
                if last <= sent:
                    break
                for n in range(sent + 1, last + 1):
                    envelopes.setdefault(n, self._envelope(n))
                self._send(socket, sent + 1, [envelopes[n] for n in range(sent + 1, last + 1)])
                sent, self._next = last, max(self._next, last + 1)
            if self._finish.is_set() and self._answered == self._next - 1:
                return
            if socket.poll(100):
                waited_since = time.monotonic()
                if self._take(socket.recv(), envelopes):
                    sent = self._answered
                    self._open.clear()
                    time.sleep(0.02)
            elif time.monotonic() - waited_since > self.ANSWER_WITHIN_S:
                sent, waited_since = self._answered, time.monotonic()
                self._open.clear()

    def _send(self, socket, first_n, envelopes):
        self._id += 1
        self._open.add(self._id)
        request = self.control_pb2.Request(id=self._id)
        publish = request.publish
        publish.emitter_id, publish.incarnation = self.name, self._incarnation
        publish.first_n, publish.answered_through = first_n, self._answered
        publish.envelopes.extend(envelopes)
        socket.send(request.SerializeToString())

    def _take(self, encoded, envelopes):
        """True: something has to be sent again. Answers to requests given up count, but ask for nothing."""
        response = self.control_pb2.Response.FromString(encoded)
        current = response.id in self._open
        self._open.discard(response.id)
        if response.HasField("failure"):
            self.answers = self.answers[-9:] + [response.failure.text]
            return current
        again, outcome_of = False, self.control_pb2.PublishOutcome
        for n, outcome in enumerate(response.publish.outcomes, response.publish.first_n):
            if outcome.status in (outcome_of.ACCEPTED, outcome_of.DUPLICATE):
                self.acknowledged[n] = self.acknowledged.get(n) or outcome.seq
                if outcome.seq and self.acknowledged[n] != outcome.seq:
                    self.errors.append(f"{self.name}:{n} was {self.acknowledged[n]} and is {outcome.seq}")
            elif outcome.status == outcome_of.REJECTED:
                self.errors.append(f"{self.name}:{n} rejected: {outcome.error}")
            else:
                self.unavailable += outcome.status == outcome_of.UNAVAILABLE
                if outcome.error:  # `expected` says nothing, and would push out what the others said
                    self.answers = self.answers[-9:] + [outcome.error]
                again = current
        while self._answered + 1 in self.acknowledged:
            self._answered += 1
            envelopes.pop(self._answered, None)
        return again


def chat_history(control_endpoint, proto):
    """Every chat message of the log, straight from the broker: [(seq, text)], in its order."""
    control_pb2, event_pb2 = proto
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.setsockopt(zmq.LINGER, 0)
    socket.connect(control_endpoint)
    found, since, end = [], 0, False
    while not end:
        request = control_pb2.Request(id=1)
        request.history.filter.types.append("chat_message")
        request.history.since = since
        socket.send(request.SerializeToString())
        assert socket.poll(20_000), "no answer to a history request"
        page = control_pb2.Response.FromString(socket.recv()).history
        for event in page.events:
            found.append((event.seq, event_pb2.Envelope.FromString(event.envelope).chat_message.message))
        since, end = page.scanned_through, page.end
    socket.close()
    return found
