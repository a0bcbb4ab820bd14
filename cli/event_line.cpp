#include "cli/event_line.h"

#include "common/event_json.h"
#include "common/json.h"

namespace cell0::cli {
namespace {

Error wrong(std::string text) { return {ErrorCode::kInvalid, std::move(text)}; }

// The member if it is there, else `otherwise`.
Result<std::string> string_or(const rapidjson::Value& event, std::string_view key, const std::string& otherwise) {
  const rapidjson::Value* value = json_member(event, key);
  if (value == nullptr || value->IsNull()) return otherwise;
  if (!value->IsString()) return wrong(std::string(key) + ": not a string");
  return std::string(json_text(*value));
}

Result<unsigned> priority_or(const rapidjson::Value& event, unsigned otherwise) {
  const rapidjson::Value* value = json_member(event, "priority");
  if (value == nullptr || value->IsNull()) return otherwise;
  if (!value->IsUint() || value->GetUint() < 1 || value->GetUint() > 10) return wrong("priority: not 1-10");
  return value->GetUint();
}

Result<void> set_facts(v1::Envelope& envelope, const PubOptions& options) {
  envelope.set_source(options.source);
  if (options.priority > 0) envelope.set_priority(options.priority);
  if (!options.topic.empty()) envelope.set_topic(options.topic);
  if (!options.session.empty()) envelope.set_session_id(options.session);
  return {};
}

Result<void> set_data(v1::Envelope& envelope, const std::string& type, const rapidjson::Value& data,
                      std::string_view text) {
  if (auto read = read_event_data(type, data, envelope); !read) return read;
  // For types of users the bytes as they came.
  if (envelope.payload_case() == v1::Envelope::kJson && !text.empty()) envelope.set_json(std::string(text));
  return {};
}

Result<PubOptions> options_of(const rapidjson::Value& event, const PubOptions& defaults) {
  PubOptions options = defaults;
  for (auto [key, to] : {std::pair{"type", &options.type}, std::pair{"source", &options.source},
                         std::pair{"topic", &options.topic}, std::pair{"session_id", &options.session}}) {
    auto text = string_or(event, key, *to);
    if (!text) return text.error();
    *to = std::move(*text);
  }
  auto priority = priority_or(event, options.priority);
  if (!priority) return priority.error();
  options.priority = *priority;
  if (options.type.empty()) return wrong("type: missing (in the line, or as --type)");
  return options;
}

}  // namespace

Result<v1::Envelope> envelope_of_line(std::string_view line, const PubOptions& options) {
  const auto parsed = parse_json(line);
  if (!parsed) return parsed.error();
  if (!parsed->IsObject()) return wrong("not a JSON object");
  v1::Envelope envelope;
  Result<void> made;
  if (!options.type.empty()) {
    made = set_data(envelope, options.type, *parsed, line);
    if (made) made = set_facts(envelope, options);
  } else {
    const auto facts = options_of(*parsed, options);
    if (!facts) return facts.error();
    const rapidjson::Value* data = json_member(*parsed, "data");
    if (data == nullptr) return wrong("data: missing");
    made = set_data(envelope, facts->type, *data, {});
    if (made) made = set_facts(envelope, *facts);
  }
  if (!made) return made.error();
  return envelope;
}

}  // namespace cell0::cli
