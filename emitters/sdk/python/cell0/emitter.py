"""Emitter: events out of any program, from any thread, with or without an event loop."""
import asyncio
import atexit
import dataclasses
import datetime
import os
import re
import secrets
import socket
import threading
import time
import weakref

from . import calls
from .errors import InvalidEvent, QueueFull
from .link import Link
from .receipt import Receipt
from .schema import EVENT_TYPES, fill
from .v1 import event_pb2
from .window import Limits, Window, tell

CONTROL = "tcp://127.0.0.1:5552"
CLOSE_WITHIN_S = 5.0


def uuid7(time_us):
    """RFC 9562, section 5.7: its bytes sort by time."""
    value = (time_us // 1000 << 80) | (secrets.randbits(12) << 64) | secrets.randbits(62)
    return (value | 0x7 << 76 | 0x2 << 62).to_bytes(16, "big")


def _micros(when):
    """When it happened, in microseconds since 1970: of a datetime, of seconds, or now."""
    if when is None:
        return time.time_ns() // 1000
    if isinstance(when, datetime.datetime):
        return int(when.timestamp() * 1_000_000)
    return int(when * 1_000_000)


class Emitter(calls.Calls):
    """Publishes events to the broker, acknowledged; see the package's own words.

    name        of the program: for the broker's logs; the emitter's id is made from it
    source      of events that name none and whose type has no usual one (default: the name)
    session_id  of events that name none
    control     the broker's control endpoint (default: $CELL0_LINK_CONTROL, or tcp://127.0.0.1:5552)
    limits      how much is held while the broker is away
    when_full   "reject": a call raises QueueFull; "drop_oldest": the oldest event never sent goes
    block_s     how long a call may wait for room with "reject"; 0: it never waits

    Use it as a context, or close() it: leaving waits up to 5 s for what is unanswered.
    """

    def __init__(self, name, source=None, session_id=None, control=None, limits=None, when_full="reject", block_s=0.0):
        if when_full not in ("reject", "drop_oldest"):
            raise ValueError(f"when_full: {when_full!r} is not \"reject\" or \"drop_oldest\"")
        self.name, self._source, self._session_id = name, source or name, session_id
        self._block_s = block_s
        self._lock = threading.Condition()
        self.emitter_id = re.sub(r"[^A-Za-z0-9_.-]", "-", f"{name}.{socket.gethostname()}")[:64]
        self._window = Window(self.emitter_id, time.time_ns() // 1000, dataclasses.replace(limits or Limits()), when_full == "drop_oldest")
        self._link = Link(control or os.environ.get("CELL0_LINK_CONTROL") or CONTROL, name, self._window, self._lock)
        self._closed = False
        self._at_exit = weakref.WeakMethod(self.close)
        atexit.register(_close_at_exit, self._at_exit)

    def event(self, type_name, data=None, *, source=None, topic=None, priority=None, session_id=None, when=None,
              traceparent=None):
        """Publishes an event: `data` is its fields. Returns its Receipt.

        type_name    one of the schema, whose fields are checked, or any other of 1-128 bytes
        topic        default: the type's own, else events.<type>
        priority     1-10, lower is more urgent; default: the type's
        when         when it happened: seconds since 1970 or a datetime; default: now
        traceparent  W3C Trace Context

        Raises InvalidEvent, QueueFull.
        """
        data = {} if data is None else data
        envelope = event_pb2.Envelope(time_us=_micros(when))
        envelope.id = uuid7(envelope.time_us)
        fill(envelope, type_name, data)
        envelope.source = source or calls.usual_source(type_name, data) or self._source
        envelope.topic = topic or calls.usual_topic(type_name, data) or ""
        if priority is not None:
            if not 1 <= priority <= 10:
                raise InvalidEvent(f"priority: {priority!r} is not 1-10")
            envelope.priority = priority
        session_id = session_id or calls.usual_session(type_name, data) or self._session_id
        if session_id:
            envelope.session_id = session_id
        if traceparent:
            envelope.traceparent = traceparent
        return self.emit(envelope)

    def emit(self, envelope):
        """Publishes an Envelope as it is."""
        encoded, receipt = envelope.SerializeToString(), Receipt()
        with self._lock:
            try:
                self._push(encoded, receipt)
            finally:
                pushed_out = self._window.take_settled()
        tell(pushed_out)
        self._link.wake()
        return receipt

    def _push(self, encoded, receipt):
        until = time.monotonic() + self._block_s
        while True:
            if self._closed:
                raise RuntimeError(f"the emitter {self.name!r} is closed")
            try:
                return self._window.push(encoded, receipt)
            except QueueFull:
                left = until - time.monotonic()
                if left <= 0:
                    raise
                self._lock.wait(left)

    def flush(self, within_s=CLOSE_WITHIN_S):
        """Waits until everything published is answered. False: not within this time."""
        with self._lock:
            return self._lock.wait_for(lambda: len(self._window) == 0, within_s)

    def close(self, within_s=CLOSE_WITHIN_S):
        """Flushes and ends. What is unanswered by then is Dropped; the number of such events."""
        if self._closed:
            return 0
        self.flush(within_s)
        with self._lock:
            self._closed = True
            left = len(self._window)
        self._link.stop()
        with self._lock:
            self._window.drop_all("the emitter was closed before the broker answered")
            dropped = self._window.take_settled()
        tell(dropped)
        atexit.unregister(self._at_exit)
        return left

    @property
    def connected(self):
        """Whether a broker answers."""
        return self._link.connected

    def stats(self):
        """How many events were accepted, rejected, dropped, sent again; are held."""
        with self._lock:
            window = self._window
            return {"accepted": window.accepted, "rejected": window.rejected, "dropped": window.dropped,
                    "resent": window.resent, "held": len(window), "held_bytes": window.held_bytes}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await asyncio.get_running_loop().run_in_executor(None, self.close)


def _close_at_exit(method):
    close = method()
    if close is not None:
        close(1.0)


calls.add_typed_calls(EVENT_TYPES)
