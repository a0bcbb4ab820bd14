"""A WebSocket client for tests: plain calls, on python3-websockets in a background event loop.

Whatever arrives is put into the inbox at once, so the client always reads and answers pings while the test
does something else.
"""
import asyncio
import json
import threading

import websockets

from .conversation import Closed, Conversation
from .waiting import DEADLINE_S


class _Loop:
    """The one event loop of all clients, in a thread of its own, started at first use."""

    _lock = threading.Lock()
    _loop = None

    @classmethod
    def run(cls, coroutine, within):
        with cls._lock:
            if cls._loop is None:
                cls._loop = asyncio.new_event_loop()
                threading.Thread(target=cls._loop.run_forever, daemon=True, name="websockets").start()
        return asyncio.run_coroutine_threadsafe(coroutine, cls._loop).result(within)


class WebSocket(Conversation):
    """An open connection to `url`."""

    def __init__(self, url, within=DEADLINE_S, **options):
        """`options` go to websockets.connect: extra_headers, subprotocols, origin."""
        super().__init__()
        self._socket = _Loop.run(self._open(url, options), within)

    async def _open(self, url, options):
        options = {"ping_interval": None, "max_size": None, "max_queue": None, "compression": None, **options}
        socket = await websockets.connect(url, **options)
        self._reader = asyncio.ensure_future(self._read(socket))
        return socket

    async def _read(self, socket):
        try:
            async for message in socket:
                self._inbox.put(message)
        except websockets.ConnectionClosedError:
            pass  # the Closed below says with which code
        finally:
            self._inbox.put(Closed(socket.close_code, socket.close_reason))

    def send(self, message):
        """A dict or list goes as JSON, str as text, bytes as binary."""
        data = message if isinstance(message, (str, bytes)) else json.dumps(message)
        _Loop.run(self._socket.send(data), DEADLINE_S)

    @property
    def is_open(self):
        return self._socket.open

    def close(self, code=1000):
        _Loop.run(self._socket.close(code), DEADLINE_S)
