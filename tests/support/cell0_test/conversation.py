"""What every test client shares: messages arrive in an inbox; a test takes them until one is the awaited one."""
import json
import queue
import time

from .waiting import DEADLINE_S


class Closed(AssertionError):
    """The connection ended. `code` and `reason` as the peer gave them (1006: it gave none)."""

    def __init__(self, code, reason):
        super().__init__(f"the connection was closed: {code} {reason!r}")
        self.code, self.reason = code, reason


class Conversation:
    """Messages as parsed JSON. `seen` holds every one taken so far, oldest first.

    A subclass puts what arrives, as text, into `_inbox` from any thread, and a Closed at the end.
    """

    def __init__(self):
        self.seen = []
        self._inbox = queue.Queue()

    def next(self, within=DEADLINE_S):
        """The next message. Raises Closed when there is none to come, AssertionError at the deadline."""
        message = json.loads(self.next_text(within))
        self.seen.append(message)
        return message

    def next_text(self, within=DEADLINE_S):
        """The next message as it came."""
        try:
            item = self._inbox.get(timeout=max(0.0, within))
        except queue.Empty:
            raise AssertionError(f"no message within {within:g} s; seen: {self._summary()}") from None
        if isinstance(item, Closed):
            self._inbox.put(item)
            raise item
        return item

    def until(self, predicate, what="the message", within=DEADLINE_S):
        """Takes messages until predicate(message) holds and returns that one."""
        end = time.monotonic() + within
        while True:
            try:
                message = self.next(end - time.monotonic())
            except Closed:
                raise
            except AssertionError:
                raise AssertionError(f"{what} did not come within {within:g} s; seen: {self._summary()}") from None
            if predicate(message):
                return message

    def until_type(self, kind, within=DEADLINE_S):
        return self.until(lambda m: m.get("type") == kind, f"a message of type {kind!r}", within)

    def until_event(self, predicate=lambda event: True, what="the event", within=DEADLINE_S):
        """The next live cell0d event that satisfies the predicate."""
        return self.until(lambda m: m.get("type") == "event" and predicate(m["event"]), what, within)["event"]

    def events(self):
        """Every live event taken so far."""
        return [m["event"] for m in self.seen if m.get("type") == "event"]

    def until_closed(self, within=DEADLINE_S):
        """Takes everything up to the end of the connection and returns the Closed."""
        end = time.monotonic() + within
        while True:
            try:
                self.next(end - time.monotonic())
            except Closed as closed:
                return closed

    def _summary(self):
        return [m.get("type", m) if isinstance(m, dict) else m for m in self.seen[-10:]] or "nothing"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
