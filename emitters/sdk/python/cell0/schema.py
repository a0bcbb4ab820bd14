"""The event types and their fields, read from the schema itself (proto/cell0/v1/event.proto): data into an Envelope.

A type of the schema has typed fields, checked here as the broker checks them, so that a mistake is told where it is made.
Any other type carries its data as JSON.
"""
import json
from dataclasses import dataclass

from .errors import InvalidEvent
from .v1 import event_pb2, options_pb2

JSON = event_pb2.JsonValue.DESCRIPTOR.full_name


@dataclass(frozen=True)
class Field:
    """`key`: as in JSON; `name`: as in Python."""
    name: str
    key: str
    required: bool
    one_of: tuple
    descriptor: object


@dataclass(frozen=True)
class EventType:
    name: str
    priority: int  # by default; 1-10, lower is more urgent
    fields: tuple


def _fields_of(message):
    camel_case = message.GetOptions().Extensions[options_pb2.camel_case]
    for descriptor in message.fields:
        rules = descriptor.GetOptions().Extensions[options_pb2.field]
        yield Field(descriptor.name, descriptor.json_name if camel_case else descriptor.name, rules.required,
                    tuple(rules.one_of), descriptor)


def _event_types():
    for field in event_pb2.Envelope.DESCRIPTOR.oneofs_by_name["payload"].fields:
        if field.name != "json":
            options = field.GetOptions().Extensions[options_pb2.event]
            yield EventType(field.name, options.priority, tuple(_fields_of(field.message_type)))


EVENT_TYPES = {event_type.name: event_type for event_type in _event_types()}


def json_text(value, where):
    """Strict JSON, without NaN and Infinity."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise InvalidEvent(f"{where}: {error}") from None


def fill(envelope, type_name, data):
    """Puts `data` (a mapping) into the envelope's payload. InvalidEvent names the field."""
    known = EVENT_TYPES.get(type_name)
    if known is None:
        envelope.type = type_name
        envelope.json = json_text(data, "data")
        return
    payload = getattr(envelope, type_name)
    payload.SetInParent()
    unknown = _fill_message(payload, known.fields, dict(data), type_name)
    if unknown:
        envelope.extra.text = json_text(unknown, type_name)


def _fill_message(message, fields, data, where):
    """What the message has no field for."""
    for field in fields:
        value = data.pop(field.key, None)
        if value is None and field.name != field.key:
            value = data.pop(field.name, None)
        if value is not None:
            _fill_field(message, field, value, f"{where}.{field.key}")
        elif field.required:
            raise InvalidEvent(f"{where}.{field.key}: is required")
    return data


def _fill_field(message, field, value, where):
    descriptor = field.descriptor
    if descriptor.type == descriptor.TYPE_MESSAGE and descriptor.message_type.full_name != JSON:
        _fill_nested(getattr(message, field.name), descriptor.message_type, value, where)
    elif descriptor.type == descriptor.TYPE_MESSAGE:
        getattr(message, field.name).text = json_text(value, where)
    elif descriptor.label == descriptor.LABEL_REPEATED:
        if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            raise InvalidEvent(f"{where}: {value!r} is not a list")
        getattr(message, field.name).extend(_scalar(field, item, f"{where}[{i}]") for i, item in enumerate(value))
    else:
        setattr(message, field.name, _scalar(field, value, where))


def _fill_nested(message, descriptor, value, where):
    if not hasattr(value, "keys"):
        raise InvalidEvent(f"{where}: {value!r} is not an object")
    message.SetInParent()
    unknown = _fill_message(message, tuple(_fields_of(descriptor)), dict(value), where)
    if unknown:
        raise InvalidEvent(f"{where}.{next(iter(unknown))}: there is no such field")


def _scalar(field, value, where):
    kind, number = field.descriptor.type, isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == field.descriptor.TYPE_STRING:
        if not isinstance(value, str):
            raise InvalidEvent(f"{where}: {value!r} is not a text")
        if field.one_of and value not in field.one_of:
            raise InvalidEvent(f"{where}: {value!r} is not one of {', '.join(field.one_of)}")
        return value.encode("utf-8", "replace").decode()  # lone surrogates cannot travel
    if kind == field.descriptor.TYPE_BOOL:
        if not isinstance(value, bool):
            raise InvalidEvent(f"{where}: {value!r} is not True or False")
        return value
    if kind == field.descriptor.TYPE_DOUBLE:
        if not number or value != value or abs(value) == float("inf"):
            raise InvalidEvent(f"{where}: {value!r} is not a finite number")
        return float(value)
    least = 0 if kind in (field.descriptor.TYPE_UINT64, field.descriptor.TYPE_UINT32) else -(1 << 63)
    most = (1 << 64) - 1 if least == 0 else (1 << 63) - 1
    if not number or value != int(value) or not least <= value <= most:
        raise InvalidEvent(f"{where}: {value!r} is not an integer from {least} to {most}")
    return int(value)
