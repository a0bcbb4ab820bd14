"""What became of one event."""
import asyncio
import concurrent.futures


class Receipt(concurrent.futures.Future):
    """A future of the event's seq; 0 for a duplicate whose seq is no longer known.

    `result(timeout)` waits; `await receipt` does in a coroutine; add_done_callback() calls back on the emitter's thread.
    Raises Rejected or Dropped. Nobody has to look at it.
    """

    def __await__(self):
        return asyncio.wrap_future(self).__await__()
