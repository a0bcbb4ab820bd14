"""A client of the jsonrpc dialect: calls with their results, and notifications as they come."""
import itertools

from .waiting import DEADLINE_S
from .websocket import WebSocket


class RpcError(AssertionError):
    def __init__(self, method, error):
        super().__init__(f"{method}: {error}")
        self.error, self.code = error, error["code"]


class Rpc(WebSocket):
    """`notifications` holds every one taken so far, oldest first."""

    def __init__(self, url, **options):
        super().__init__(url, **options)
        self._ids = itertools.count(1)
        self.notifications = []
        self._given = 0  # of them, by notified()
        self._left = []

    def next(self, within=DEADLINE_S):
        message = super().next(within)
        if "id" not in message:
            self.notifications.append(message)
        return message

    def call(self, method, within=DEADLINE_S, **params):
        """The result. Raises RpcError."""
        number = next(self._ids)
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        answer = self.until(lambda m: m.get("id") == number, f"the answer to {method}", within)
        if "error" in answer:
            raise RpcError(method, answer["error"])
        return answer["result"]

    def notified(self, method, within=DEADLINE_S):
        """The params of the next one of this method, in the order of their coming: one that came while an answer was
        awaited, too."""
        while True:
            self._left += self.notifications[self._given:]
            self._given = len(self.notifications)
            for at, message in enumerate(self._left):
                if message["method"] == method:
                    return self._left.pop(at)["params"]
            self.next(within)

    def until_notification(self, method, predicate=lambda params: True, within=DEADLINE_S):
        """The params of the next one that satisfies the predicate."""
        return self.until(lambda m: m.get("method") == method and predicate(m["params"]), f"{method}", within)["params"]
