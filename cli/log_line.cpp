#include "cli/log_line.h"

#include <optional>

#include "cell0/v1/event.pb.h"
#include "common/event_json.h"
#include "common/event_schema.h"
#include "common/json.h"
#include "common/random.h"

namespace cell0::cli {
namespace {

Error wrong(std::string text) { return {ErrorCode::kInvalid, std::move(text)}; }

// base64url without padding (RFC 4648, section 5); nullopt: it is none.
std::optional<std::string> bytes_of(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xFF);
  }
  return text.size() % 4 == 1 ? std::nullopt : std::optional(bytes);
}

}  // namespace

Result<std::string> text_of(const LogLine& event) {
  v1::Envelope envelope;
  if (!envelope.ParseFromString(event.envelope)) {
    return wrong("seq " + std::to_string(event.seq.value) + ": its body is no Envelope");
  }
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.member("seq", event.seq.value);
  json.member("taken_us", event.taken_us);
  json.member("type", event.type);
  json.key("data");
  write_event_data(json, envelope);
  json.member("source", envelope.source());
  json.member("timestamp", to_iso8601(from_unix_us(envelope.time_us())));
  if (envelope.has_session_id()) json.member("session_id", envelope.session_id());
  json.member("topic", event.topic);
  json.member("priority", event.priority);
  json.member("durability", event.relaxed ? "relaxed" : "durable");
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(event.envelope.data());
  json.member("envelope", base64url({bytes, event.envelope.size()}));
  json.end_object();
  return line;
}

Result<LogLine> log_line_of(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed) return parsed.error();
  if (!parsed->IsObject()) return wrong("not a JSON object");
  LogLine event;
  const auto seq = json_uint(*parsed, "seq");
  if (!seq || *seq == 0 || *seq > kSeqMax.value) return wrong("seq: not a number from 1 to 2^53 - 1");
  const auto taken = json_int(*parsed, "taken_us");
  if (!taken) return wrong("taken_us: not a number of microseconds");
  const auto priority = json_uint(*parsed, "priority");
  if (!priority || *priority < 1 || *priority > 10) return wrong("priority: not 1-10");
  const auto type = json_string(*parsed, "type");
  const auto topic = json_string(*parsed, "topic");
  if (!type || type->empty() || !topic || topic->empty()) return wrong("type, topic: missing");
  const auto durability = json_string(*parsed, "durability");
  if (durability != "durable" && durability != "relaxed") return wrong("durability: not durable or relaxed");
  const auto envelope = bytes_of(json_string(*parsed, "envelope").value_or("!"));
  v1::Envelope decoded;
  if (!envelope || !decoded.ParseFromString(*envelope)) return wrong("envelope: not an event's bytes in base64url");
  if (type_of(decoded) != *type) return wrong("type: the envelope is a " + std::string(type_of(decoded)));
  return LogLine{Seq{*seq},
                 *taken,
                 std::string(*type),
                 std::string(*topic),
                 static_cast<std::uint32_t>(*priority),
                 *durability == "relaxed",
                 *envelope};
}

}  // namespace cell0::cli
