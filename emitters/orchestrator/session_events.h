// The events of a session, as envelopes: typed, on sessions.<id>. Pure.
#pragma once

#include <string>
#include <string_view>

#include "cell0/v1/event.pb.h"
#include "common/result.h"
#include "emitters/runners/runner.h"

namespace cell0::emit {

// What each event of a session carries.
struct SessionName {
  std::string id;
  std::string topic;   // sessions.<id>, escaped
  std::string source;  // of the orchestrator
};
// kInvalid: `id` is no session id (1-128 bytes without control characters).
Result<SessionName> session_name(const std::string& id, const std::string& source);

v1::Envelope session_spawned(const SessionName& name, v1::Session session);
v1::Envelope session_status_update(const SessionName& name, v1::Session session);
v1::Envelope task_executing(const SessionName& name, const std::string& task_id);
v1::Envelope task_completed(const SessionName& name, const std::string& task_id, std::string result_json);
v1::Envelope task_failed(const SessionName& name, const std::string& task_id, std::string_view error);
v1::Envelope stream_start(const SessionName& name, const std::string& task_id);
v1::Envelope stream_chunk(const SessionName& name, ChunkType type, std::string text, std::int64_t index);
v1::Envelope stream_end(const SessionName& name, const std::string& task_id);
// What is larger than an event should be is told by its size: {"truncated":true,"bytes":123456}.
v1::Envelope tool_call_start(const SessionName& name, std::string_view tool, std::string_view input_json,
                             std::string timestamp);
v1::Envelope tool_call_result(const SessionName& name, std::string_view tool, std::string_view result_json,
                              std::string_view error, std::string timestamp);

// The session as in replies and in session_status_update: one JSON object.
std::string session_json(v1::Session session);

// The beginning of well-formed UTF-8, at most that many bytes, in whole code points.
std::string_view cut_utf8(std::string_view text, std::size_t bytes_max);

}  // namespace cell0::emit
