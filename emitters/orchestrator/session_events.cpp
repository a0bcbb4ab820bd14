#include "emitters/orchestrator/session_events.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/event_json.h"
#include "common/topic.h"
#include "common/utf8.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kJsonBytesMax = 128u << 10;  // of a tool's input or result
constexpr std::size_t kNameBytesMax = 256;         // of a tool
constexpr std::size_t kErrorBytesMax = 16u << 10;

v1::Envelope event_of(const SessionName& name) {
  v1::Envelope event;
  event.set_topic(name.topic);
  event.set_source(name.source);
  event.set_session_id(name.id);
  return event;
}

std::string bounded(std::string_view json) {
  if (json.size() <= kJsonBytesMax) return std::string(json);
  return "{\"truncated\":true,\"bytes\":" + std::to_string(json.size()) + "}";
}

std::string tool_name(std::string_view name) { return printable(name, kNameBytesMax); }

}  // namespace

Result<SessionName> session_name(const std::string& id, const std::string& source) {
  auto part = topic_part(id);
  if (!part) return part.error();
  if (id.size() > kIdBytesMax) {
    return Error{ErrorCode::kInvalid, "id: of " + std::to_string(id.size()) + " bytes; a session's has 1-128"};
  }
  return SessionName{id, "sessions." + *part, source};
}

v1::Envelope session_spawned(const SessionName& name, v1::Session session) {
  v1::Envelope event = event_of(name);
  *event.mutable_session_spawned()->mutable_session() = std::move(session);
  return event;
}

v1::Envelope session_status_update(const SessionName& name, v1::Session session) {
  v1::Envelope event = event_of(name);
  *event.mutable_session_status_update()->mutable_session() = std::move(session);
  return event;
}

v1::Envelope task_executing(const SessionName& name, const std::string& task_id) {
  v1::Envelope event = event_of(name);
  event.mutable_task_executing()->set_session_id(name.id);
  event.mutable_task_executing()->set_task_id(task_id);
  return event;
}

v1::Envelope task_completed(const SessionName& name, const std::string& task_id, std::string result_json) {
  v1::Envelope event = event_of(name);
  auto& task = *event.mutable_task_completed();
  task.set_session_id(name.id);
  task.set_task_id(task_id);
  task.mutable_result()->set_text(std::move(result_json));
  return event;
}

v1::Envelope task_failed(const SessionName& name, const std::string& task_id, std::string_view error) {
  v1::Envelope event = event_of(name);
  auto& task = *event.mutable_task_failed();
  task.set_session_id(name.id);
  task.set_task_id(task_id);
  task.set_error(std::string(cut_utf8(error, kErrorBytesMax)));
  return event;
}

v1::Envelope stream_start(const SessionName& name, const std::string& task_id) {
  v1::Envelope event = event_of(name);
  event.mutable_stream_start()->set_session_id(name.id);
  event.mutable_stream_start()->set_task_id(task_id);
  return event;
}

v1::Envelope stream_chunk(const SessionName& name, ChunkType type, std::string text, std::int64_t index) {
  v1::Envelope event = event_of(name);
  auto& chunk = *event.mutable_stream_chunk();
  chunk.set_session_id(name.id);
  chunk.set_chunk(std::move(text));
  chunk.mutable_metadata()->set_type(std::string(to_text(type)));
  chunk.mutable_metadata()->set_index(index);
  return event;
}

v1::Envelope stream_end(const SessionName& name, const std::string& task_id) {
  v1::Envelope event = event_of(name);
  event.mutable_stream_end()->set_session_id(name.id);
  event.mutable_stream_end()->set_task_id(task_id);
  return event;
}

v1::Envelope tool_call_start(const SessionName& name, std::string_view tool, std::string_view input_json,
                             std::string timestamp) {
  v1::Envelope event = event_of(name);
  auto& call = *event.mutable_tool_call_start();
  call.set_session_id(name.id);
  call.set_tool_name(tool_name(tool));
  call.mutable_tool_input()->set_text(bounded(input_json));
  call.set_status("started");
  call.set_timestamp(std::move(timestamp));
  return event;
}

v1::Envelope tool_call_result(const SessionName& name, std::string_view tool, std::string_view result_json,
                              std::string_view error, std::string timestamp) {
  v1::Envelope event = event_of(name);
  auto& call = *event.mutable_tool_call_result();
  call.set_session_id(name.id);
  call.set_tool_name(tool_name(tool));
  call.set_status(error.empty() ? "completed" : "failed");
  if (error.empty())
    call.mutable_result()->set_text(bounded(result_json));
  else
    call.set_error(std::string(cut_utf8(error, kErrorBytesMax)));
  call.set_timestamp(std::move(timestamp));
  return event;
}

// The event's data is {"session":{...}}: what is between is the session.
std::string session_json(v1::Session session) {
  v1::Envelope event;
  *event.mutable_session_status_update()->mutable_session() = std::move(session);
  std::string text;
  JsonWriter json(text);
  write_event_data(json, event);
  constexpr std::string_view kBefore = "{\"session\":";
  CELL0_CHECK(text.starts_with(kBefore) && text.ends_with('}'));
  return text.substr(kBefore.size(), text.size() - kBefore.size() - 1);
}

std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace cell0::emit
