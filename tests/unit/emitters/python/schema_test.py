"""cell0.schema and cell0.calls: data into envelopes; what is wrong with it is named."""
import inspect
import json

import pytest

import cell0
from cell0 import calls, schema
from cell0.v1 import event_pb2

SESSION = {"id": "s1", "orchestratorId": "o", "status": "running", "metrics": {"tokensUsed": 5}}


def filled(type_name, data):
    envelope = event_pb2.Envelope()
    schema.fill(envelope, type_name, data)
    return envelope


class Recorder(calls.Calls):
    def event(self, type_name, data=None, **about):
        return type_name, data, about


@pytest.mark.parametrize("type_name, data, words", [
    ("stt_result", {"text": "x"}, "stt_result.confidence: is required"),
    ("stt_result", {"text": 5, "confidence": 1, "duration_ms": 1}, "stt_result.text: 5 is not a text"),
    ("stt_result", {"text": "x", "confidence": "1", "duration_ms": 1}, "confidence: '1' is not a finite number"),
    ("stt_result", {"text": "x", "confidence": float("nan"), "duration_ms": 1}, "nan is not a finite number"),
    ("stt_result", {"text": "x", "confidence": True, "duration_ms": 1}, "True is not a finite number"),
    ("stt_start", {"mode": "now"}, "'now' is not one of push_to_talk, continuous, file"),
    ("tts_result", {"duration_ms": 1, "audio_duration_ms": 1, "success": 1}, "1 is not True or False"),
    ("heartbeat", {"client_id": "c", "sequence": -1}, "sequence: -1 is not an integer from 0"),
    ("heartbeat", {"client_id": "c", "sequence": 1.5}, "sequence: 1.5 is not an integer"),
    ("memory_retrieve", {"query": "q", "results_count": 1, "relevance_scores": "ab"}, "'ab' is not a list"),
    ("memory_retrieve", {"query": "q", "results_count": 1, "relevance_scores": [1, "b"]}, r"relevance_scores\[1\]: 'b'"),
    ("session_spawned", {"session": 3}, "session_spawned.session: 3 is not an object"),
    ("session_spawned", {"session": {"status": "running"}}, "session_spawned.session.id: is required"),
    ("session_spawned", {"session": {**SESSION, "metrics": {"tokens": 1}}}, "metrics.tokens: there is no such field"),
    ("system_info", {"data": {"x": float("inf")}}, "system_info.data"),
    ("my.type", {"x": object()}, "data: .* not JSON serializable"),
])
def test_what_is_wrong_is_named(type_name, data, words):
    with pytest.raises(cell0.InvalidEvent, match=words):
        filled(type_name, data)


def test_a_type_of_the_schema_is_typed():
    result = filled("stt_result", {"text": "x", "confidence": 1, "duration_ms": 2.5}).stt_result
    assert (result.text, result.confidence, result.duration_ms, result.HasField("language")) == ("x", 1.0, 2.5, False)


def test_json_keeps_big_integers_and_the_order_of_keys():
    info = filled("system_info", {"data": {"b": 2 ** 63 - 1, "a": None, "ä": "✓"}}).system_info
    assert info.data.text.decode() == '{"b":9223372036854775807,"a":null,"ä":"✓"}'


def test_members_without_a_field_travel_as_extra():
    envelope = filled("stt_error", {"error": "x", "mood": "bad"})
    assert json.loads(envelope.extra.text) == {"mood": "bad"}


def test_neolith_types_take_their_own_names_and_pythons():
    session = filled("session_spawned", {"session": SESSION}).session_spawned.session
    assert (session.orchestrator_id, session.metrics.tokens_used) == ("o", 5)
    assert filled("task_executing", {"session_id": "s", "taskId": "t"}).task_executing.task_id == "t"


def test_a_type_of_its_users_is_json():
    envelope = filled("my.type", {"a": [1]})
    assert (envelope.type, envelope.json) == ("my.type", b'{"a":[1]}')


def test_every_type_has_a_call_with_its_fields_as_arguments():
    for name, event_type in schema.EVENT_TYPES.items():
        parameters = list(inspect.signature(getattr(calls.Calls, name)).parameters)
        assert len(parameters) == len(event_type.fields) + 2, name
        assert name in getattr(calls.Calls, name).__doc__


def test_calls_take_fields_by_place_and_by_name():
    emit = Recorder()
    assert emit.stt_final_result("hi", 0.9, duration_ms=5) == (
        "stt_result", {"text": "hi", "confidence": 0.9, "duration_ms": 5, "language": None}, {})
    assert emit.llm_start("p", "m")[1]["temperature"] == 0.7
    assert emit.chat_message("x", sender="y", priority=2)[2] == {"priority": 2}
    assert emit.agent_message("a", from_="b", message=1)[1] == {"agent_id": "a", "from": "b", "message": 1}
    with pytest.raises(TypeError, match="takes 1 fields, 2 were given"):
        emit.stt_start("file", "x")
    with pytest.raises(TypeError, match="got mode twice"):
        emit.stt_start("file", mode="file")


def test_time_operation_tells_how_long_it_took_also_when_it_fails():
    seen = []

    class Timed(Recorder):
        def event(self, type_name, data=None, **about):
            seen.append((type_name, data))

    with pytest.raises(KeyError):
        with Timed().time_operation("stt", "transcribe", {"a": 1}):
            raise KeyError
    (name, data), = seen
    assert name == "latency_trace" and data["component"] == "stt" and data["duration_ms"] >= 0


@pytest.mark.parametrize("type_name, data, source, topic", [
    ("chat_message", {}, "chat.general", None),
    ("chat_message", {"channel": "dev"}, "chat.dev", None),
    ("mcic_event", {"kernel_id": "k1"}, "mcic.k1", None),
    ("stt_result", {}, None, None),
    ("channel_message", {"channel": "a b.c"}, None, "channels.a%20b%2Ec"),
    ("agent_message", {"agent_id": "x"}, None, "agents.x"),
    ("stream_chunk", {"sessionId": "s1"}, None, "sessions.s1"),
    ("session_spawned", {"session": {"id": "s1"}}, None, "sessions.s1"),
])
def test_usual_sources_and_topics(type_name, data, source, topic):
    assert calls.usual_source(type_name, data) == source
    assert calls.usual_topic(type_name, data) == topic
