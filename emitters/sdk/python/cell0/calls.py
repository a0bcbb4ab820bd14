"""The typed calls: one method for each event type of the schema, named as the type, its fields as arguments in their
order; and the names that the documents of cell0d and Coda use where these differ.
"""
import contextlib
import inspect
import keyword
import re
import time

# Sources and topics that a type has when nobody names another (docs of the dialects).
_SOURCES = {
    "system_status": lambda data: "cell0d.system",
    "chat_message": lambda data: f"chat.{data.get('channel') or 'general'}",
    "model_activity": lambda data: "cell0d.models",
    "mcic_event": lambda data: f"mcic.{data.get('kernel_id')}",
    "log_stream": lambda data: f"log.{data.get('logger') or 'root'}",
    "heartbeat": lambda data: "cell0d.heartbeat",
}
_TOPICS = {
    "channel_message": lambda data: "channels." + topic_part(data.get("channel")),
    "agent_message": lambda data: "agents." + topic_part(data.get("agent_id")),
}
# Of agent sessions: they go to sessions.<id>.
_OF_SESSIONS = {"session_spawned", "session_status_update", "task_executing", "task_completed", "task_failed",
                "stream_start", "stream_chunk", "stream_end", "tool_call_start", "tool_call_result"}
_DEFAULTS = {("llm_start", "temperature"): 0.7}


def usual_source(type_name, data):
    return _SOURCES[type_name](data) if type_name in _SOURCES else None


def usual_topic(type_name, data):
    session = usual_session(type_name, data)
    if session:
        return "sessions." + topic_part(session)
    return _TOPICS[type_name](data) if type_name in _TOPICS else None


def usual_session(type_name, data):
    if type_name not in _OF_SESSIONS:
        return None
    return data.get("session_id") or data.get("sessionId") or (data.get("session") or {}).get("id")


def topic_part(name):
    """A name from outside as one part of a topic: what is not of [A-Za-z0-9_-] is percent-escaped."""
    return re.sub(rb"[^A-Za-z0-9_-]", lambda m: b"%%%02X" % m.group()[0], str(name).encode()).decode()


class Calls:
    """What an Emitter can say. `about` of every call: source, topic, priority, session_id, when (see event())."""

    def event(self, type_name, data=None, **about):
        raise NotImplementedError

    def stt_final_result(self, text, confidence, duration_ms, language=None, **about):
        """stt_result, by Coda's name for the call."""
        return self.stt_result(text, confidence, duration_ms, language, **about)

    def log(self, level, message, logger="root", metadata=None, **about):
        """log_stream."""
        return self.log_stream(level, message, logger, metadata, **about)

    def track_operation(self, component, operation, duration_ms, metadata=None, **about):
        """An operation that took so long: a latency_trace."""
        return self.latency_trace(component, operation, duration_ms, metadata, **about)

    def time_operation(self, component, operation, metadata=None, **about):
        """A context, also for `async with`: a latency_trace of how long it took, also when it fails."""
        return TimedOperation(lambda ms: self.track_operation(component, operation, ms, metadata, **about))


class TimedOperation(contextlib.AbstractContextManager):
    def __init__(self, track):
        self._track, self._began = track, None

    def __enter__(self):
        self._began = time.perf_counter()
        return self

    def __exit__(self, *_):
        self._track((time.perf_counter() - self._began) * 1000)

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, *error):
        self.__exit__(*error)


def add_typed_calls(event_types):
    """A method of Calls for each type."""
    for event_type in event_types.values():
        if not hasattr(Calls, event_type.name):
            setattr(Calls, event_type.name, _typed_call(event_type))


def _typed_call(event_type):
    # A name of event()'s own (source, session_id, ...) that a type has as a field is the field's. `from` is from_.
    names = {field.name + "_" * keyword.iskeyword(field.name): field.name for field in event_type.fields}

    def call(self, *values, **named):
        if len(values) > len(names):
            raise TypeError(f"{event_type.name}() takes {len(names)} fields, {len(values)} were given")
        data = dict(zip(names.values(), values))
        for name, field in names.items():
            if name in named:
                if field in data:
                    raise TypeError(f"{event_type.name}() got {name} twice")
                data[field] = named.pop(name)
            elif (event_type.name, field) in _DEFAULTS:
                data.setdefault(field, _DEFAULTS[event_type.name, field])
        return self.event(event_type.name, data, **named)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    fields = [inspect.Parameter(name, kind, default=None) for name in names]
    call.__signature__ = inspect.Signature(
        [inspect.Parameter("self", kind), *fields, inspect.Parameter("about", inspect.Parameter.VAR_KEYWORD)])
    call.__name__ = call.__qualname__ = event_type.name
    call.__doc__ = f"Publishes a {event_type.name}. Required: " + (
        ", ".join(field.name for field in event_type.fields if field.required) or "nothing") + "."
    return call
