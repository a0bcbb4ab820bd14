"""What can go wrong with an event. Each text names the field, the value and what would be right."""


class InvalidEvent(ValueError):
    """It is wrong as it stands and was not taken."""


class QueueFull(RuntimeError):
    """As many events as Limits allow wait for the broker; the event was not taken. Later may work."""


class Rejected(ValueError):
    """The broker will never take it."""


class Dropped(RuntimeError):
    """It was given up: pushed out of a full queue, or the emitter was closed before the broker answered."""
