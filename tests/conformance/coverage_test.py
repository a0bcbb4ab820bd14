"""No row of the dialects' contract without a case: what a client may send is sent, what it may get is expected."""
import json
from pathlib import Path

import pytest

HERE = Path(__file__).parent

CELL0D_SENT = {"subscribe", "unsubscribe", "ping", "get_history", "get_stats", "echo", "auth", "ack"}
CELL0D_TOLD = {"connection_established", "event_history", "event", "subscription_updated", "pong", "server_stats", "echo",
               "error", "events_resumed", "auth_ok"}
CODA_SENT = {"chat_message", "audio_session_start", "audio_session_end", "auth"}
CODA_TOLD = {
    "replay", "error", "auth_ok", "chat_response", "events_resumed", "audio_session_started", "audio_session_ended", "audio_error",
    "system_info", "system_error", "system_metrics", "stt_start", "stt_interim", "stt_result", "stt_error", "llm_start", "llm_token",
    "llm_result", "llm_error", "tts_start", "tts_progress", "tts_result", "tts_error", "tts_status", "memory_store",
    "memory_retrieve", "tool_call", "tool_result", "tool_error", "conversation_start", "conversation_turn", "conversation_end",
    "latency_trace", "component_timing", "component_status", "component_error", "component_health", "system_status",
    "integration_metrics", "performance_alert", "performance_metrics", "component_stats"}
JSONRPC_SENT = {
    "rpc.ping", "rpc.echo", "rpc.listMethods", "rpc.getMethodInfo", "rpc.getServerInfo", "rpc.getStats",
    "auth.authenticate", "auth.generateToken", "auth.revokeToken", "session.getInfo", "presence.update", "presence.get",
    "presence.subscribe", "channel.subscribe", "channel.unsubscribe", "channel.publish", "channel.history", "agent.send",
    "agent.list", "agent.ack", "events.subscribe", "events.unsubscribe", "gateway.getStats", "heartbeat"}
JSONRPC_TOLD = {"connection.welcome", "event", "events.resumed", "channel.message", "agent.message", "presence.changed"}
NEOLITH_SENT = {"ping", "health_check", "daemon_status", "spawn_session", "execute_task", "session_status", "stop_session",
                "list_sessions", "auth", "follow_session", "unfollow_session", "ack"}
NEOLITH_TOLD = {
    "pong", "health_check_response", "daemon_status_update", "session_spawned", "session_status_update", "sessions_list",
    "auth_success", "auth_error", "error", "task_executing", "task_completed", "task_failed", "stream_start", "stream_chunk",
    "stream_end", "tool_call_start", "tool_call_result", "task_accepted", "session_followed", "session_unfollowed",
    "events_resumed"}
ARCANE_TOLD = {"connection", "auth_ok", "error", "events_resumed"}
# The others cannot be brought about from outside at will: tests/unit/gateway/dialects/jsonrpc_test.cpp has them.
JSONRPC_CODES = {-32700, -32600, -32601, -32602, -32001, -32002, -32101, -32102}


def steps_of(dialect):
    for table in HERE.glob(f"{dialect}/*.json"):
        document = json.loads(table.read_text(encoding="utf-8"))
        yield from document.get("first", [])
        for case in document["cases"]:
            yield from case["steps"]


def objects(value):
    """Every object in a JSON value, also of a text that is JSON itself."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from objects(item)


def words(dialect, steps, member):
    return {o[member] for step in steps_of(dialect) for kind in steps if kind in step
            for o in objects(step[kind]) if member in o and isinstance(o[member], (str, int))}


@pytest.mark.parametrize("dialect, member, sent, told", [("cell0d", "type", CELL0D_SENT, CELL0D_TOLD),
                                                         ("jsonrpc", "method", JSONRPC_SENT, JSONRPC_TOLD),
                                                         ("coda", "type", CODA_SENT, CODA_TOLD),
                                                         ("neolith", "type", NEOLITH_SENT, NEOLITH_TOLD),
                                                         ("arcane", "type", {"auth"}, ARCANE_TOLD)])
def test_every_message_has_a_row(dialect, member, sent, told):
    assert not sent - words(dialect, ["send", "send_text"], member), "never sent"
    assert not told - words(dialect, ["expect", "expect_all", "expect_text"], member), "never expected"


def test_every_error_of_jsonrpc_has_a_row():
    assert not JSONRPC_CODES - words("jsonrpc", ["expect", "expect_all"], "code")
