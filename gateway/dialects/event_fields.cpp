#include "gateway/dialects/event_fields.h"

namespace cell0::gateway {
namespace {

void write_optional(JsonWriter& out, std::string_view name, std::optional<std::uint64_t> value) {
  out.key(name);
  if (value)
    out.number(*value);
  else
    out.null();
}

std::optional<std::uint64_t> value_of(std::optional<Seq> seq) { return seq ? std::optional(seq->value) : std::nullopt; }

}  // namespace

void write_resumed(JsonWriter& out, const Resumed& resumed) {
  out.member("recovered", resumed.recovered);
  write_optional(out, "first_seq", value_of(resumed.first));
  write_optional(out, "last_seq", value_of(resumed.last));
}

void write_skipped(JsonWriter& out, const Skipped& skipped) {
  out.member("from_seq", skipped.from.value);
  out.member("to_seq", skipped.to.value);
  out.member("priority_above", skipped.priority_above);
  write_optional(out, "count", skipped.count);
  out.member("reason", to_string(skipped.reason));
}

void write_full_event(JsonWriter& out, const Event& event) {
  out.begin_object();
  out.member("seq", event.seq().value);
  out.member("id", event.id());
  out.member("type", event.type());
  out.member("topic", event.topic());
  out.member("source", event.source());
  out.member("timestamp", to_iso8601(event.time()));
  out.member("priority", event.priority());
  if (!event.session_id().empty()) out.member("session_id", event.session_id());
  out.raw_member("data", event.data());
  out.end_object();
}

}  // namespace cell0::gateway
