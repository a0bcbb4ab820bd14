#include "common/presence_entry.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "common/clock.h"
#include "common/event_check.h"
#include "common/time_text.h"
#include "common/topic.h"
#include "common/utf8.h"

namespace cell0 {
namespace {

constexpr std::array<std::string_view, 5> kStatuses{"online", "away", "busy", "offline", "do_not_disturb"};
constexpr std::array<std::string_view, 5> kTypes{"agent", "user", "session", "channel", "system"};
constexpr std::size_t kIdBytesMax = 255;
constexpr std::string_view kSource = "broker.presence";

template <typename Names>
bool known(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <typename Names>
Result<void> check_one_of(std::string_view field, std::string_view value, const Names& names) {
  if (known(names, value)) return {};
  std::string text = std::string(field) + ": \"" + std::string(value.substr(0, 40)) + "\" is none of";
  for (const std::string_view name : names) text += " " + std::string(name);
  return Error{ErrorCode::kInvalid, text};
}

Result<void> check_text(std::string_view field, std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return Error{ErrorCode::kTooLarge, std::string(field) + ": " + std::to_string(text.size()) + " bytes, at most " +
                                           std::to_string(bytes_max) + " are taken"};
  }
  if (!is_utf8(text)) return Error{ErrorCode::kInvalid, std::string(field) + ": not UTF-8"};
  return {};
}

Result<void> check_id(const v1::PresenceEntity& entity) {
  if (auto text = check_text("entity_id", entity.entity_id(), kIdBytesMax); !text) return text;
  const auto part = topic_part(entity.entity_id());
  if (!part) return Error{part.error().code, "entity_id: " + part.error().text};
  if (presence_topic(entity.entity_type(), entity.entity_id()).size() <= kTopicBytesMax) return {};
  return Error{ErrorCode::kTooLarge, "entity_id: " + std::to_string(part->size()) +
                                         " bytes once escaped, too long for the topic of its presence (" +
                                         std::to_string(kTopicBytesMax) + ")"};
}

Result<void> check_metadata(std::string_view metadata, const PresenceLimits& limits) {
  if (metadata.empty()) return {};
  if (auto text = check_text("metadata", metadata, limits.metadata_bytes_max); !text) return text;
  const auto parsed = parse_json(metadata, {EventLimits{}.json_depth_max - 2});  // it lies within data.entry
  if (!parsed) return Error{parsed.error().code, "metadata: " + parsed.error().text};
  if (!parsed->IsObject()) return Error{ErrorCode::kInvalid, "metadata: not a JSON object"};
  return {};
}

Result<void> check_names(const v1::PresenceEntity& entity, const PresenceLimits& limits) {
  struct Field {
    std::string_view name;
    const std::string& text;
    std::size_t bytes_max;
  };
  const std::array fields{
      Field{"status_message", entity.status_message(), limits.status_message_bytes_max},
      Field{"activity", entity.current_activity(), limits.activity_bytes_max},
      Field{"session_id", entity.session_id(), limits.name_bytes_max},
      Field{"client_version", entity.client_version(), limits.name_bytes_max},
      Field{"platform", entity.platform(), limits.name_bytes_max},
  };
  for (const Field& field : fields) {
    if (auto checked = check_text(field.name, field.text, field.bytes_max); !checked) return checked;
  }
  if (static_cast<std::size_t>(entity.capabilities_size()) > limits.capabilities_max) {
    return Error{ErrorCode::kTooLarge, "capabilities: " + std::to_string(entity.capabilities_size()) + ", at most " +
                                           std::to_string(limits.capabilities_max) + " are taken"};
  }
  for (const std::string& name : entity.capabilities()) {
    if (auto checked = check_text("capabilities", name, limits.name_bytes_max); !checked) return checked;
  }
  return {};
}

void write_text(JsonWriter& out, std::string_view key, const std::string& text) {
  out.key(key);
  if (text.empty())
    out.null();
  else
    out.string(text);
}

void write_time(JsonWriter& out, std::string_view key, std::int64_t us) {
  out.key(key);
  if (us == 0)
    out.null();
  else
    out.string(to_iso8601(from_unix_us(us)));
}

std::string text_of(const rapidjson::Value& entry, std::string_view key) {
  return std::string(json_string(entry, key).value_or(""));
}

std::int64_t time_of(const rapidjson::Value& entry, std::string_view key) {
  const auto text = json_string(entry, key);
  if (!text) return 0;
  const auto time = parse_time(*text);
  return time ? to_unix_us(*time) : 0;
}

void read_entry(const rapidjson::Value& entry, v1::PresenceEntity& entity) {
  entity.set_entity_id(text_of(entry, "entity_id"));
  entity.set_entity_type(text_of(entry, "entity_type"));
  entity.set_status(text_of(entry, "status"));
  entity.set_status_message(text_of(entry, "status_message"));
  entity.set_connected_at_us(time_of(entry, "connected_at"));
  entity.set_last_seen_us(time_of(entry, "last_seen"));
  if (const auto* metadata = json_member(entry, "metadata"); metadata != nullptr && metadata->MemberCount() > 0) {
    JsonWriter out(*entity.mutable_metadata());
    out.value(*metadata);
  }
  if (const auto* capabilities = json_member(entry, "capabilities"); capabilities != nullptr) {
    for (const auto& name : capabilities->GetArray()) entity.add_capabilities(std::string(json_text(name)));
  }
  entity.set_current_activity(text_of(entry, "current_activity"));
  entity.set_session_id(text_of(entry, "session_id"));
  entity.set_client_version(text_of(entry, "client_version"));
  entity.set_platform(text_of(entry, "platform"));
}

// Anybody with the scope may publish on any topic: what read_entry() takes for granted is looked at first.
bool entry_shaped(const rapidjson::Value& entry) {
  if (!entry.IsObject()) return false;
  const auto* metadata = json_member(entry, "metadata");
  const auto* capabilities = json_member(entry, "capabilities");
  if (metadata != nullptr && !metadata->IsObject()) return false;
  if (capabilities == nullptr) return true;
  if (!capabilities->IsArray()) return false;
  const auto names = capabilities->GetArray();
  return std::all_of(names.begin(), names.end(), [](const auto& name) { return name.IsString(); });
}

}  // namespace

bool presence_status_known(std::string_view status) { return known(kStatuses, status); }
bool presence_type_known(std::string_view entity_type) { return known(kTypes, entity_type); }

Result<void> check_presence(const v1::PresenceEntity& entity, const PresenceLimits& limits) {
  if (auto type = check_one_of("entity_type", entity.entity_type(), kTypes); !type) return type;
  if (auto id = check_id(entity); !id) return id;
  if (auto status = check_one_of("status", entity.status(), kStatuses); !status) return status;
  if (auto names = check_names(entity, limits); !names) return names;
  return check_metadata(entity.metadata(), limits);
}

bool same_presence(const v1::PresenceEntity& a, const v1::PresenceEntity& b) {
  const auto told = [](const v1::PresenceEntity& of) {
    return std::tie(of.entity_id(), of.entity_type(), of.status(), of.status_message(), of.metadata(),
                    of.current_activity(), of.session_id(), of.client_version(), of.platform());
  };
  return told(a) == told(b) && a.connected_at_us() == b.connected_at_us() &&
         (a.connections() > 0) == (b.connections() > 0) &&
         std::equal(a.capabilities().begin(), a.capabilities().end(), b.capabilities().begin(), b.capabilities().end());
}

bool same_words(const v1::PresenceEntity& a, const v1::PresenceEntity& b) {
  return a.status() == b.status() && a.status_message() == b.status_message() &&
         a.current_activity() == b.current_activity() && a.metadata() == b.metadata();
}

std::string presence_topic(std::string_view entity_type, std::string_view entity_id) {
  const auto part = topic_part(entity_id);
  return "presence." + std::string(entity_type) + "." + (part ? *part : std::string());
}

void write_presence_entry(JsonWriter& out, const v1::PresenceEntity& entity) {
  out.begin_object();
  out.member("entity_id", entity.entity_id());
  out.member("entity_type", entity.entity_type());
  out.member("status", entity.status());
  write_text(out, "status_message", entity.status_message());
  write_time(out, "connected_at", entity.connected_at_us());
  write_time(out, "last_seen", entity.last_seen_us());
  out.raw_member("metadata", entity.metadata().empty() ? "{}" : std::string_view(entity.metadata()));
  out.key("capabilities");
  out.begin_array();
  for (const std::string& name : entity.capabilities()) out.string(name);
  out.end_array();
  write_text(out, "current_activity", entity.current_activity());
  write_text(out, "session_id", entity.session_id());
  write_text(out, "client_version", entity.client_version());
  write_text(out, "platform", entity.platform());
  out.end_object();
}

v1::Envelope presence_changed(const v1::PresenceEntity& entity) {
  v1::Envelope event;
  event.set_source(std::string(kSource));
  event.set_topic(presence_topic(entity.entity_type(), entity.entity_id()));
  v1::PresenceChanged& changed = *event.mutable_presence_changed();
  changed.set_entity_id(entity.entity_id());
  changed.set_entity_type(entity.entity_type());
  changed.set_status(entity.status());
  if (!entity.status_message().empty()) changed.set_status_message(entity.status_message());
  JsonWriter entry(*changed.mutable_entry()->mutable_text());
  write_presence_entry(entry, entity);
  JsonWriter extra(*event.mutable_extra()->mutable_text());
  extra.begin_object();
  extra.member("connections", entity.connections());
  extra.member("updated_us", entity.updated_us());
  extra.end_object();
  return event;
}

Result<v1::PresenceEntity> read_presence_changed(std::string_view data) {
  const auto parsed = parse_json(data);
  if (!parsed) return parsed.error();
  const auto* entry = json_member(*parsed, "entry");
  const auto connections = json_uint(*parsed, "connections");
  const auto updated_us = json_int(*parsed, "updated_us");
  if (entry == nullptr || !entry_shaped(*entry) || !connections || !updated_us) {
    return Error{ErrorCode::kInvalid, "presence_changed: not one of the broker's"};
  }
  v1::PresenceEntity entity;
  read_entry(*entry, entity);
  entity.set_connections(static_cast<std::uint32_t>(*connections));
  entity.set_updated_us(*updated_us);
  if (auto checked = check_presence(entity); !checked) return checked.error();
  return entity;
}

}  // namespace cell0
