#include "emitters/orchestrator/session_requests.h"

#include <algorithm>
#include <span>
#include <utility>

#include "common/utf8.h"

namespace cell0::emit {
namespace {

constexpr std::string_view kTypes[] = {"code", "research", "analysis", "custom", "general"};
constexpr std::string_view kPriorities[] = {"low", "medium", "high", "critical"};
constexpr std::size_t kDepthMax = 24;  // an event takes 32

Error wrong(std::string_view member, const std::string& what) {
  return {ErrorCode::kInvalid, std::string(member) + ": " + what};
}

// A text that may be missing or null.
Result<std::string> text_of(const rapidjson::Value& object, std::string_view key, std::string_view shown,
                            std::size_t bytes_max, std::string_view otherwise = "") {
  const rapidjson::Value* value = json_member(object, key);
  if (value == nullptr || value->IsNull()) return std::string(otherwise);
  if (!value->IsString()) return wrong(shown, "not a string");
  const std::string_view text = json_text(*value);
  if (text.size() > bytes_max) {
    return wrong(shown, std::to_string(text.size()) + " bytes; at most " + std::to_string(bytes_max) + " are taken");
  }
  return std::string(text);
}

Result<std::string> word_of(const rapidjson::Value& object, std::string_view key, std::string_view shown,
                            std::span<const std::string_view> words, std::string_view otherwise) {
  auto text = text_of(object, key, shown, kWordBytesMax, otherwise);
  if (!text || std::find(words.begin(), words.end(), *text) != words.end()) return text;
  std::string known;
  for (const std::string_view word : words) known += (known.empty() ? "" : ", ") + std::string(word);
  return wrong(shown, printable(*text) + " is not one of " + known);
}

// Fills in what is missing. `description_max` bounds its text.
Result<v1::SessionTask> read_task(const rapidjson::Value& object, const std::string& task_id, WallTime now,
                                  std::size_t description_max) {
  auto id = text_of(object, "id", "task.id", kWordBytesMax, task_id);
  auto type = word_of(object, "type", "task.type", kTypes, "general");
  auto description = text_of(object, "description", "task.description", description_max);
  auto priority = word_of(object, "priority", "task.priority", kPriorities, "medium");
  auto status = text_of(object, "status", "task.status", kWordBytesMax, "pending");
  for (const auto* part : {&id, &type, &description, &priority, &status}) {
    if (!*part) return part->error();
  }
  v1::SessionTask task;
  task.set_id(id->empty() ? task_id : *id);
  task.set_type(*type);
  task.set_description(*description);
  task.set_priority(*priority);
  task.set_status(*status);
  task.set_created_at(to_iso8601(now));
  task.set_updated_at(task.created_at());
  return task;
}

Result<std::string> read_context(const rapidjson::Value& body) {
  const rapidjson::Value* context = json_member(body, "context");
  if (context == nullptr || context->IsNull()) return std::string();
  if (!context->IsObject()) return wrong("context", "not an object");
  std::string text;
  JsonWriter(text).value(*context);
  if (text.size() > kContextBytesMax) {
    return wrong("context",
                 std::to_string(text.size()) + " bytes; at most " + std::to_string(kContextBytesMax) + " are taken");
  }
  if (!parse_json(text, {.depth_max = kDepthMax})) {
    return wrong("context", "nested deeper than " + std::to_string(kDepthMax));
  }
  return text;
}

}  // namespace

Result<SessionSpec> read_spawn(const rapidjson::Value& body, SessionName name, const std::string& task_id,
                               WallTime now) {
  auto orchestrator = text_of(body, "orchestratorId", "orchestratorId", kWordBytesMax);
  auto type = text_of(body, "sessionType", "sessionType", kWordBytesMax, "demo");
  auto profile = text_of(body, "memoryProfile", "memoryProfile", kWordBytesMax);
  constexpr std::string_view kOnDisconnect[] = {"continue", "cancel"};
  auto on_disconnect = word_of(body, "onDisconnect", "onDisconnect", kOnDisconnect, "continue");
  for (const auto* part : {&orchestrator, &type, &profile, &on_disconnect}) {
    if (!*part) return part->error();
  }
  const rapidjson::Value none(rapidjson::kObjectType);
  const rapidjson::Value* task_body = json_member(body, "task");
  if (task_body != nullptr && !task_body->IsNull() && !task_body->IsObject()) return wrong("task", "not an object");
  const bool has_task = task_body != nullptr && task_body->IsObject();
  auto task = read_task(has_task ? *task_body : none, task_id, now, kDescriptionBytesMax);
  if (!task) return task.error();
  return SessionSpec{std::move(name),     std::move(*orchestrator), std::move(*type),
                     std::move(*profile), std::move(*task),         *on_disconnect == "cancel"};
}

Result<TaskRequest> read_execute(const rapidjson::Value& body, const std::string& task_id, WallTime now) {
  TaskRequest request;
  const rapidjson::Value* task = json_member(body, "task");
  if (task != nullptr && task->IsString()) {
    const rapidjson::Value none(rapidjson::kObjectType);
    auto read = read_task(none, task_id, now, kPromptBytesMax);
    if (!read) return read.error();
    auto prompt = text_of(body, "task", "task", kPromptBytesMax);
    if (!prompt) return prompt.error();
    request.task = std::move(*read);
    request.task.set_description(*prompt);
  } else if (task != nullptr && task->IsObject()) {
    auto read = read_task(*task, task_id, now, kPromptBytesMax);
    if (!read) return read.error();
    request.task = std::move(*read);
  } else {
    return wrong("task", "missing; a text or an object with a description");
  }
  if (request.task.description().empty()) return wrong("task.description", "empty");
  auto context = read_context(body);
  if (!context) return context.error();
  request.context_json = std::move(*context);
  request.stream = json_bool(body, "streamResponse").value_or(true);
  return request;
}

}  // namespace cell0::emit
