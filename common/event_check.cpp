#include "common/event_check.h"

#include <algorithm>

#include "common/event_schema.h"
#include "common/json.h"
#include "common/payload_schema.h"
#include "common/topic.h"

namespace cell0 {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

Error invalid(std::string text) { return {ErrorCode::kInvalid, std::move(text)}; }
Error too_large(std::string_view field, std::size_t size, std::size_t max) {
  return {ErrorCode::kTooLarge,
          std::string(field) + ": " + std::to_string(size) + " bytes, at most " + std::to_string(max) + " are taken"};
}

bool is_name(std::string_view name, std::size_t bytes_max) {
  return !name.empty() && name.size() <= bytes_max && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

Result<void> check_json(std::string_view path, std::string_view text, bool object, const EventLimits& limits) {
  const auto parsed = parse_json(text, {limits.json_depth_max});
  if (!parsed) return Error{parsed.error().code, std::string(path) + ": " + parsed.error().text};
  if (object && !parsed->IsObject()) return invalid(std::string(path) + ": not a JSON object");
  return {};
}

std::string join(std::string_view path, std::string_view key) {
  std::string joined(path);
  joined += '.';
  joined += key;
  return joined;
}

Result<void> check_one_of(const std::string& path, const PayloadField& field, const std::string& value) {
  if (field.one_of.empty() || std::find(field.one_of.begin(), field.one_of.end(), value) != field.one_of.end())
    return {};
  std::string text = path + ": \"" + value + "\" is not one of";
  for (const std::string& allowed : field.one_of) text += " " + allowed;
  return invalid(std::move(text));
}

Result<void> check_payload(std::string_view path, const Message& payload, const EventLimits& limits) {
  const auto& reflection = *payload.GetReflection();
  for (const PayloadField& field : payload_schema(*payload.GetDescriptor()).fields) {
    const FieldDescriptor* descriptor = field.descriptor;
    if (descriptor->is_repeated()) continue;
    if (!reflection.HasField(payload, descriptor)) {
      if (field.required) return invalid(join(path, field.key) + ": missing");
      continue;
    }
    Result<void> checked;
    if (!field.one_of.empty()) {
      std::string scratch;
      checked =
          check_one_of(join(path, field.key), field, reflection.GetStringReference(payload, descriptor, &scratch));
    } else if (field.is_json) {
      const auto& json = static_cast<const v1::JsonValue&>(reflection.GetMessage(payload, descriptor));
      checked = check_json(join(path, field.key), json.text(), false, limits);
    } else if (field.nested != nullptr) {
      checked = check_payload(join(path, field.key), reflection.GetMessage(payload, descriptor), limits);
    }
    if (!checked) return checked;
  }
  return {};
}

// Members beside the typed ones; a name that the message has would stand twice.
Result<void> check_extra(const v1::Envelope& envelope, const EventType& type, const EventLimits& limits) {
  if (!envelope.has_extra()) return {};
  if (type.field == nullptr) return invalid("extra: only typed events have it");
  const auto parsed = parse_json(envelope.extra().text(), {limits.json_depth_max});
  if (!parsed) return Error{parsed.error().code, "extra: " + parsed.error().text};
  if (!parsed->IsObject()) return invalid("extra: not a JSON object");
  const PayloadSchema& schema = payload_schema(*type.field->message_type());
  for (const auto& member : parsed->GetObject()) {
    if (schema.find(json_text(member.name)) != nullptr) {
      return invalid("extra." + std::string(json_text(member.name)) + ": " + type.name + " has a field of that name");
    }
  }
  return {};
}

Result<void> check_type(const v1::Envelope& envelope, std::string_view type) {
  if (envelope.payload_case() == v1::Envelope::PAYLOAD_NOT_SET) {
    return invalid("payload: missing (a typed one, or json with a type)");
  }
  if (envelope.payload_case() != v1::Envelope::kJson) {
    if (envelope.type().empty() || envelope.type() == type) return {};
    return invalid("type: \"" + envelope.type() + "\", but the payload is " + std::string(type));
  }
  if (type.empty()) return invalid("type: missing (an event with json data needs one)");
  if (!is_type_name(type)) return invalid("type: not a name (1-128 of A-Z a-z 0-9 _ . -, beginning with a letter)");
  if (find_event_type(type) != nullptr) {
    return invalid("json: " + std::string(type) + " has a typed payload, use that field");
  }
  return {};
}

Result<void> check_envelope(const v1::Envelope& envelope, const EventLimits& limits) {
  if (envelope.id().empty()) return invalid("id: missing");
  if (envelope.id().size() != 16)
    return invalid("id: " + std::to_string(envelope.id().size()) + " bytes, a UUID has 16");
  if (envelope.source().empty()) return invalid("source: missing");
  if (envelope.source().size() > limits.source_bytes_max) {
    return too_large("source", envelope.source().size(), limits.source_bytes_max);
  }
  if (has_control(envelope.source())) return invalid("source: has control characters");
  if (envelope.time_us() <= 0) return invalid("time_us: missing (microseconds since 1970 UTC)");
  if (envelope.time_us() > kTimeUsMax) return invalid("time_us: after the year 9999 (microseconds since 1970 UTC)");
  if (envelope.has_priority() && (envelope.priority() < 1 || envelope.priority() > 10)) {
    return invalid("priority: " + std::to_string(envelope.priority()) + " is not 1-10");
  }
  if (envelope.has_session_id()) {
    if (envelope.session_id().empty() || has_control(envelope.session_id())) {
      return invalid("session_id: empty, or has control characters");
    }
    if (envelope.session_id().size() > limits.session_id_bytes_max) {
      return too_large("session_id", envelope.session_id().size(), limits.session_id_bytes_max);
    }
  }
  if (!envelope.topic().empty()) {
    if (auto topic = check_topic(envelope.topic(), limits.topic_bytes_max); !topic) {
      return Error{topic.error().code, "topic: " + topic.error().text};
    }
  }
  return {};
}

}  // namespace

Result<void> check_event(const v1::Envelope& envelope, const EventLimits& limits) {
  if (auto checked = check_envelope(envelope, limits); !checked) return checked;
  const std::string_view name = type_of(envelope);
  if (auto checked = check_type(envelope, name); !checked) return checked;
  const EventType& type = event_type_or_user(name);
  if (auto checked = check_extra(envelope, type, limits); !checked) return checked;
  if (type.field == nullptr) return check_json("json", envelope.json(), true, limits);
  return check_payload(name, envelope.GetReflection()->GetMessage(envelope, type.field), limits);
}

bool is_type_name(std::string_view name) {
  if (!is_name(name, kTypeBytesMax)) return false;
  return (name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z');
}

bool is_emitter_id(std::string_view id) { return is_name(id, 64); }

}  // namespace cell0
