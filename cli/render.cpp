#include "cli/render.h"

#include "common/clock.h"
#include "common/event_json.h"
#include "common/json.h"
#include "common/uuid.h"

namespace cell0::cli {
namespace {

constexpr std::size_t kTypeWidth = 20;
constexpr std::size_t kSourceWidth = 18;
constexpr const char* kPlain = "\x1b[0m";

const char* colour_of(std::uint32_t priority) {
  if (priority <= 2) return "\x1b[1;31m";  // bold red
  if (priority <= 3) return "\x1b[33m";    // yellow
  return priority <= 6 ? "\x1b[36m" : "\x1b[2m";
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  if (out.size() < width) out.resize(width, ' ');
  return out + "  ";
}

std::string data_of(const v1::Envelope& envelope) {
  std::string data;
  JsonWriter json(data);
  write_event_data(json, envelope);
  return data;
}

}  // namespace

EventFacts facts_of(const v1::Delivered& event, const v1::Envelope& envelope) {
  return {event.type(), event.topic(), envelope.source(), envelope.session_id(), event.priority()};
}

std::string json_line(const v1::Delivered& event, const v1::Envelope& envelope) {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.member("type", event.type());
  json.key("data");
  write_event_data(json, envelope);
  json.member("source", envelope.source());
  json.member("timestamp", to_iso8601(from_unix_us(envelope.time_us())));
  json.member("seq", event.seq());
  json.member("topic", event.topic());
  json.member("priority", event.priority());
  if (const auto id = uuid_from_raw(envelope.id())) json.member("id", to_string(*id));
  if (envelope.has_session_id()) json.member("session_id", envelope.session_id());
  json.end_object();
  return line;
}

std::string pretty_line(const v1::Delivered& event, const v1::Envelope& envelope, bool colours) {
  constexpr std::size_t kTimeBegin = 11;  // "2026-02-12T10:30:00.123456Z"
  constexpr std::size_t kTimeBytes = 12;
  std::string line = to_iso8601(from_unix_us(envelope.time_us())).substr(kTimeBegin, kTimeBytes) + "  ";
  line += padded(std::to_string(event.priority()), 2);
  if (colours) line += colour_of(event.priority());
  line += padded(event.type(), kTypeWidth);
  if (colours) line += kPlain;
  line += padded(envelope.source(), kSourceWidth);
  return line + data_of(envelope);
}

}  // namespace cell0::cli
