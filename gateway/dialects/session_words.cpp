#include "gateway/dialects/session_words.h"

#include <algorithm>
#include <array>
#include <span>

#include "common/topic.h"

namespace cell0::gateway {
namespace {

using Value = rapidjson::Value;

constexpr std::array<std::string_view, 5> kTaskTypes = {"code", "research", "analysis", "custom", "general"};
constexpr std::array<std::string_view, 4> kPriorities = {"low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 2> kOnDisconnect = {"continue", "cancel"};

Error wrong(std::string_view name, std::string_view right) {
  return {ErrorCode::kInvalid, std::string(name) + ": not " + std::string(right)};
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

Result<void> check_name(std::string_view name, std::string_view text, std::size_t bytes_max) {
  if (!text.empty() && text.size() <= bytes_max && !has_control(text)) return {};
  return wrong(name, "a text of 1-" + std::to_string(bytes_max) + " bytes without control characters");
}

// A text that names something. REQUIRES: value is there.
Result<std::string> read_name(std::string_view name, const Value& value) {
  if (!value.IsString()) return wrong(name, "a text");
  if (auto checked = check_name(name, json_text(value), SessionWordLimits::kNameBytes); !checked) {
    return checked.error();
  }
  return std::string(json_text(value));
}

Result<std::string> read_required_name(const Words& words, std::string_view name) {
  const Value* value = words.find(name);
  if (value == nullptr) return Error{ErrorCode::kInvalid, std::string(name) + ": missing"};
  return read_name(name, *value);
}

Result<std::string> read_one_of(std::string_view name, const Value* value, std::span<const std::string_view> known,
                                std::string_view otherwise) {
  if (value == nullptr || value->IsNull()) return std::string(otherwise);
  if (value->IsString() && std::find(known.begin(), known.end(), json_text(*value)) != known.end()) {
    return std::string(json_text(*value));
  }
  std::string list;
  for (const std::string_view one : known) list += (list.empty() ? "" : ", ") + std::string(one);
  return wrong(name, "one of " + list);
}

// ---- tasks

struct TaskWords {
  std::string id;  // "": the orchestrator gives it one
  std::string type = "general";
  std::string description;
  std::string priority = "medium";
  std::string status = "pending";

  std::string json() const {
    std::string text;
    JsonWriter out(text);
    out.begin_object();
    if (!id.empty()) out.member("id", id);
    out.member("type", type);
    out.member("description", description);
    out.member("priority", priority);
    out.member("status", status);
    out.end_object();
    return text;
  }
};

Result<std::string> read_description(std::string_view name, const Value* value) {
  if (value == nullptr) return Error{ErrorCode::kInvalid, std::string(name) + ": missing"};
  if (!value->IsString()) return wrong(name, "a text");
  const std::string_view text = json_text(*value);
  if (text.empty() || text.find('\0') != std::string_view::npos) return wrong(name, "a text without NUL");
  if (text.size() > SessionWordLimits::kDescriptionBytes) {
    return Error{ErrorCode::kTooLarge, std::string(name) + ": " + std::to_string(text.size()) + " bytes, at most " +
                                           std::to_string(SessionWordLimits::kDescriptionBytes) + " are taken"};
  }
  return std::string(text);
}

Result<void> read_task_members(const Value& task, TaskWords& words) {
  auto description = read_description("task.description", json_member(task, "description"));
  if (!description) return description.error();
  words.description = std::move(*description);
  auto type = read_one_of("task.type", json_member(task, "type"), kTaskTypes, words.type);
  if (!type) return type.error();
  words.type = std::move(*type);
  auto priority = read_one_of("task.priority", json_member(task, "priority"), kPriorities, words.priority);
  if (!priority) return priority.error();
  words.priority = std::move(*priority);
  for (const auto& [name, to] : {std::pair{"status", &words.status}, std::pair{"id", &words.id}}) {
    const Value* value = json_member(task, name);
    if (value == nullptr || value->IsNull()) continue;
    auto read = read_name(std::string("task.") + name, *value);
    if (!read) return read.error();
    *to = std::move(*read);
  }
  return {};
}

// {type, description, priority, status}, or the description alone: what is left out is general, medium, pending.
Result<std::string> read_task(const Words& words) {
  const Value* task = words.find("task");
  if (task == nullptr) return Error{ErrorCode::kInvalid, "task: missing"};
  TaskWords read;
  if (task->IsString()) {
    auto description = read_description("task", task);
    if (!description) return description.error();
    read.description = std::move(*description);
  } else if (!task->IsObject()) {
    return wrong("task", "an object {type, description, priority, status} or a text");
  } else if (auto members = read_task_members(*task, read); !members) {
    return members.error();
  }
  return read.json();
}

}  // namespace

// ---- members

Result<Words> Words::of(const Value& message) {
  if (!message.IsObject()) return wrong("message", "an object");
  Words words;
  words.message_ = &message;
  const Value* payload = json_member(message, "payload");
  if (payload == nullptr || payload->IsNull()) return words;
  if (!payload->IsObject()) return wrong("payload", "an object");
  words.payload_ = payload;
  return words;
}

const Value* Words::find(std::string_view name) const {
  for (const Value* from : {payload_, message_}) {
    if (from == nullptr) continue;
    const Value* value = json_member(*from, name);
    if (value != nullptr && !value->IsNull()) return value;
  }
  return nullptr;
}

Result<std::string> read_session_id(const Words& words) { return read_required_name(words, "sessionId"); }

Result<void> check_session_id(std::string_view session_id) {
  return check_name("sessionId", session_id, SessionWordLimits::kNameBytes);
}

Result<std::string> read_request_id(const Words& words) {
  const Value* value = words.find("requestId");
  if (value == nullptr) return std::string();
  if (value->IsInt64()) return std::to_string(value->GetInt64());
  if (!value->IsString()) return wrong("requestId", "a text or an integer");
  if (auto checked = check_name("requestId", json_text(*value), SessionWordLimits::kRequestIdBytes); !checked) {
    return checked.error();
  }
  return std::string(json_text(*value));
}

Result<std::string> session_topic(std::string_view session_id) {
  if (auto checked = check_session_id(session_id); !checked) return checked.error();
  const auto part = topic_part(session_id);
  if (!part) return Error{part.error().code, "sessionId: " + part.error().text};
  std::string topic = "sessions." + *part;
  if (auto checked = check_topic(topic); !checked) {
    return Error{checked.error().code, "sessionId: its " + checked.error().text};
  }
  return topic;
}

// ---- requests

Result<SpawnSessionCommand> read_spawn(const Words& words) {
  SpawnSessionCommand command;
  JsonWriter out(command.body);
  out.begin_object();
  for (const char* name : {"orchestratorId", "sessionType"}) {
    const auto value = read_required_name(words, name);
    if (!value) return value.error();
    out.member(name, *value);
  }
  const auto task = read_task(words);
  if (!task) return task.error();
  out.raw_member("task", *task);
  if (const Value* profile = words.find("memoryProfile"); profile != nullptr) {
    const auto name = read_name("memoryProfile", *profile);
    if (!name) return name.error();
    out.member("memoryProfile", *name);
  }
  const auto end = read_one_of("onDisconnect", words.find("onDisconnect"), kOnDisconnect, "continue");
  if (!end) return end.error();
  out.member("onDisconnect", *end);
  out.end_object();
  command.cancel_at_end = *end == "cancel";
  auto request_id = read_request_id(words);
  if (!request_id) return request_id.error();
  command.request_id = std::move(*request_id);
  return command;
}

Result<ExecuteTaskCommand> read_execute(const Words& words, std::string session_id) {
  ExecuteTaskCommand command;
  command.session_id = std::move(session_id);
  JsonWriter out(command.body);
  out.begin_object();
  const auto task = read_task(words);
  if (!task) return task.error();
  out.raw_member("task", *task);
  if (const Value* context = words.find("context"); context != nullptr) {
    if (!context->IsObject()) return wrong("context", "an object");
    out.member("context", *context);
    if (command.body.size() > SessionWordLimits::kContextBytes) {
      return Error{ErrorCode::kTooLarge,
                   "context: more than " + std::to_string(SessionWordLimits::kContextBytes) + " bytes with the task"};
    }
  }
  if (const Value* stream = words.find("streamResponse"); stream != nullptr) {
    if (!stream->IsBool()) return wrong("streamResponse", "true or false");
    out.member("streamResponse", stream->GetBool());
  }
  out.end_object();
  auto request_id = read_request_id(words);
  if (!request_id) return request_id.error();
  command.request_id = std::move(*request_id);
  return command;
}

std::string service_request_id(std::string_view entity, std::string_view method, std::string_view key,
                               std::string_view body, std::string_view request_id) {
  if (request_id.empty()) return {};
  std::uint64_t digest = 0xcbf29ce484222325;  // FNV-1a, 64 bits: the same in every gateway
  for (const std::string_view part : {entity, method, key, body}) {
    for (const unsigned char byte : part) digest = (digest ^ byte) * 0x100000001b3;
    digest = (digest ^ 0xFF) * 0x100000001b3;  // in no UTF-8: where a part ends
  }
  std::string id;
  for (int shift = 60; shift >= 0; shift -= 4) id += "0123456789abcdef"[(digest >> shift) & 15];
  return id + ':' + std::string(request_id);
}

}  // namespace cell0::gateway
