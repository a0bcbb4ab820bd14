"""The emitter's half of the acknowledged path: numbers events, batches them, keeps what is not yet answered, and sends
it again, in order, until the broker has answered for it.

Pure state: no socket, no clock, one thread. Numbers count up from 1 in the order of the first sending; an event leaves
when it is answered or dropped, and only what was never sent can be dropped.
"""
from collections import deque
from dataclasses import dataclass

from .errors import Dropped, InvalidEvent, QueueFull, Rejected
from .v1 import control_pb2


@dataclass
class Limits:
    """REQUIRES: all above 0."""
    held_events: int = 10_000  # queued and unanswered together
    held_bytes: int = 16 << 20  # of their envelopes
    event_bytes: int = 1 << 20  # of one envelope; the broker may say less
    batch_events: int = 256  # of one request...
    batch_bytes: int = 256 << 10  # ...and this; a single larger event goes alone
    requests: int = 4  # unanswered at a time


@dataclass
class _Held:
    envelope: bytes
    receipt: object


class Window:
    """`drop_oldest`: at the bound, the oldest event that was never sent makes room; else the new one is refused."""

    def __init__(self, emitter_id, incarnation, limits, drop_oldest=False):
        self.limits, self._drop_oldest = limits, drop_oldest
        self._emitter_id, self._incarnation = emitter_id, incarnation
        self._sent = deque()  # [0] has the number _first
        self._unsent = deque()
        self._first = 1  # all below are answered
        self._resend_from = 1  # numbers below are under way
        self._alone_below = 0  # numbers below go one by one: one of them makes the broker refuse its request
        self._open = {}  # request id -> its first number, and how many
        self._last_id = 0
        self._settled = []  # (receipt, seq, error), to be told
        self.held_bytes = 0
        self.accepted = self.rejected = self.dropped = self.resent = 0

    def __len__(self):
        return len(self._sent) + len(self._unsent)

    def push(self, envelope, receipt):
        """InvalidEvent: too large. QueueFull."""
        size = len(envelope)
        if size > self.limits.event_bytes:
            raise InvalidEvent(f"event: {size} bytes, at most {self.limits.event_bytes} are taken")
        while not self._has_room(size):
            if not (self._drop_oldest and self._unsent):
                raise QueueFull(f"{len(self)} events ({self.held_bytes} bytes) wait for the broker")
            self._drop(self._unsent.popleft(), "pushed out of a full queue by newer events")
        self._unsent.append(_Held(envelope, receipt))
        self.held_bytes += size

    def _has_room(self, size):
        return len(self) < self.limits.held_events and self.held_bytes + size <= self.limits.held_bytes

    def next_request(self):
        """(id, encoded Request) to send now, or None."""
        if len(self._open) >= self.limits.requests:
            return None
        self._skip_settled()
        first, envelopes = self._resend_from, self._take_batch()
        if not envelopes:
            return None
        self._last_id += 1
        self._open[self._last_id] = first, len(envelopes)
        request = control_pb2.Request(id=self._last_id)
        request.publish.emitter_id, request.publish.incarnation = self._emitter_id, self._incarnation
        request.publish.first_n, request.publish.answered_through = first, self._first - 1
        request.publish.envelopes.extend(envelopes)
        return self._last_id, request.SerializeToString()

    def _skip_settled(self):
        while self._resend_from - self._first < len(self._sent) and self._sent[self._resend_from - self._first] is None:
            self._resend_from += 1

    def _take_batch(self):
        batch, size = [], 0
        count_max = 1 if self._resend_from < self._alone_below else self.limits.batch_events
        while len(batch) < count_max:
            at = self._resend_from - self._first
            held = self._sent[at] if at < len(self._sent) else self._unsent[0] if self._unsent else None
            if held is None or (batch and size + len(held.envelope) > self.limits.batch_bytes):
                break
            if at == len(self._sent):
                self._sent.append(self._unsent.popleft())
            batch.append(held.envelope)
            size += len(held.envelope)
            self._resend_from += 1
        return batch

    def answered(self, request_id, answer):
        """The broker's PublishAnswer. False: something has to be sent again, after a pause."""
        current = self._open.pop(request_id, None) is not None
        fine = True
        status = control_pb2.PublishOutcome
        for n, outcome in enumerate(answer.outcomes, answer.first_n):
            if outcome.status in (status.ACCEPTED, status.DUPLICATE):
                self._settle(n, seq=outcome.seq)
            elif outcome.status in (status.REJECTED, status.KEY_REUSED):
                self._settle(n, error=Rejected(outcome.error or "its idempotency key belongs to another event"))
            else:
                fine = False
        if not fine and current:
            self.send_again()
        return fine or not current

    def failed(self, request_id, text):
        """The request as such was refused for good: its events go again one by one, so that only the culprit falls."""
        first, count = self._open.pop(request_id, (0, 0))
        if count == 1:  # it was alone: it is the culprit
            self._settle(first, error=Rejected(text))
        elif count > 1:
            self._alone_below = max(self._alone_below, first + count)
        if count:
            self.send_again()

    def send_again(self):
        """What is not answered, from the first of it on: the broker is new, or silent, or has asked for it."""
        self._open.clear()
        self.resent += self._resend_from - self._first
        self._resend_from = self._first

    def drop_all(self, why):
        for held in (*self._sent, *self._unsent):
            if held is not None:
                self._drop(held, why)
        self._first += len(self._sent)
        self._resend_from = self._first
        self._sent.clear()
        self._unsent.clear()
        self._open.clear()

    def has_open(self):
        return bool(self._open)

    def _settle(self, n, seq=0, error=None):
        at = n - self._first
        if not 0 <= at < len(self._sent) or self._sent[at] is None:
            return
        held, self._sent[at] = self._sent[at], None
        self.held_bytes -= len(held.envelope)
        self.accepted += error is None
        self.rejected += error is not None
        self._settled.append((held.receipt, seq, error))
        while self._sent and self._sent[0] is None:
            self._sent.popleft()
            self._first += 1
        self._resend_from = max(self._resend_from, self._first)

    def _drop(self, held, why):
        self.held_bytes -= len(held.envelope)
        self.dropped += 1
        self._settled.append((held.receipt, 0, Dropped(why)))

    def take_settled(self):
        """What tell() is to be given, outside any lock: a receipt calls back."""
        settled, self._settled = self._settled, []
        return settled


def tell(settled):
    for receipt, seq, error in settled:
        if error is None:
            receipt.set_result(seq)
        else:
            receipt.set_exception(error)
