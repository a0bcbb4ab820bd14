"""Events out of any Python program, into cell0.

    import cell0

    with cell0.Emitter("my-app") as emit:
        emit.chat_message("Hello!", sender="user")
        emit.stt_final_result("Hello world", 0.95, 1500.0)
        emit.event("my.own.type", {"anything": [1, 2, 3]})
        with emit.time_operation("stt", "transcribe"):
            ...

Acknowledged: every event is held, in order, until the broker has answered for it, over its restarts. A call never waits
for the network: it puts the event into a bounded queue and returns a Receipt, which can be waited for (`receipt.result()`
gives the event's seq) or awaited (`seq = await emit.chat_message(...)`).

Needs only what Debian has: python3-zmq and python3-protobuf.
"""
from .emitter import Emitter
from .errors import Dropped, InvalidEvent, QueueFull, Rejected
from .performance import Performance
from .receipt import Receipt
from .window import Limits

__all__ = ["Dropped", "Emitter", "InvalidEvent", "Limits", "Performance", "QueueFull", "Receipt", "Rejected"]
