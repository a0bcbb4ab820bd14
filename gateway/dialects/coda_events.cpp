#include "gateway/dialects/coda_events.h"

#include <algorithm>
#include <array>
#include <vector>

#include "common/event_filter.h"
#include "common/event_schema.h"
#include "common/payload_schema.h"
#include "gateway/dialects/json_text.h"

namespace cell0::gateway {
namespace {

constexpr std::string_view kVersion = "1.0";
constexpr std::array<std::string_view, 5> kHead = {"version", "seq", "timestamp", "type", "session_id"};

bool is_of_head(std::string_view name) { return std::find(kHead.begin(), kHead.end(), name) != kHead.end(); }

// What cell0 calls it, and coda.
struct OtherName {
  std::string_view type;
  std::string_view coda;
};
constexpr std::array kOtherNames = {OtherName{"system_status", "system_info"},
                                    OtherName{"component_summary", "system_status"}};

std::string_view coda_name(std::string_view type) {
  for (const OtherName& other : kOtherNames) {
    if (other.type == type) return other.coda;
  }
  return type;
}

void write_text_or_null(JsonWriter& out, std::string_view name, const std::string& text) {
  out.key(name);
  if (text.empty())
    out.null();
  else
    out.string(text);
}

// ---- an event's own fields

void write_in_data(JsonWriter& out, const Event& event) { out.raw_member("data", event.data()); }

void write_chat_response(JsonWriter& out, const Event& event) {
  out.key("data");
  out.begin_object();
  for (const JsonMember& member : json_members(event.data())) {
    if (member.name != "session_id") out.raw_member(member.name, member.value);
  }
  write_text_or_null(out, "session_id", event.session_id());
  out.end_object();
}

// The data has the schema's fields in its order, but for those that are absent; then the members it has no field for.
void write_typed(JsonWriter& out, const PayloadSchema& schema, const Event& event) {
  const std::vector<JsonMember> members = json_members(event.data());
  auto next = members.begin();
  for (const PayloadField& field : schema.fields) {
    if (next != members.end() && next->name == field.key) {
      out.raw_member(field.key, next->value);
      ++next;
    } else {
      out.key(field.key);
      out.null();
    }
  }
  for (; next != members.end(); ++next) {
    if (!is_of_head(next->name)) out.raw_member(next->name, next->value);
  }
}

void write_of_user(JsonWriter& out, const Event& event) {
  const std::vector<JsonMember> members = json_members(event.data());
  const bool flat =
      std::none_of(members.begin(), members.end(), [](const JsonMember& member) { return is_of_head(member.name); });
  if (!flat) return write_in_data(out, event);
  for (const JsonMember& member : members) out.raw_member(member.name, member.value);
}

void write_fields(JsonWriter& out, const Event& event) {
  const EventType* type = find_event_type(event.type());
  if (type == nullptr) return write_of_user(out, event);
  if (type->name == "system_status") return write_in_data(out, event);
  if (type->name == "chat_response") return write_chat_response(out, event);
  const PayloadSchema& schema = payload_schema(*type->field->message_type());
  const bool flat = std::none_of(kHead.begin(), kHead.end(),
                                 [&schema](std::string_view name) { return schema.find(name) != nullptr; });
  if (!flat) return write_in_data(out, event);
  write_typed(out, schema, event);
}

}  // namespace

double coda_seconds(WallTime time) { return static_cast<double>(to_unix_us(time)) / 1e6; }

void write_coda_event(JsonWriter& out, const Event& event) {
  out.begin_object();
  out.member("version", kVersion);
  out.member("seq", event.seq().value);
  out.member("timestamp", coda_seconds(event.time()));
  out.member("type", coda_name(event.type()));
  write_text_or_null(out, "session_id", event.session_id());
  write_fields(out, event);
  out.end_object();
}

v1::Filter from_coda(v1::Filter filter) {
  const std::vector<std::string> named(filter.types().begin(), filter.types().end());
  filter.clear_types();
  for (const std::string& name : named) {
    // Cell0's system_status is reached by what coda calls it only.
    if (coda_name("component_summary") != name) filter.add_types(name);
    for (const OtherName& other : kOtherNames) {
      if (matches_name(name, other.coda)) filter.add_types(std::string(other.type));
    }
  }
  const bool everything = filter.audience() == v1::AUDIENCE_CODA;
  if (everything && !filter.session_id().empty()) filter.add_types("chat_response");
  return filter;
}

}  // namespace cell0::gateway
