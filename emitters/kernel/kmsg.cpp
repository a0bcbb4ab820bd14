#include "emitters/kernel/kmsg.h"

#include <array>
#include <charconv>

#include "common/json.h"
#include "common/utf8.h"

namespace cell0::emit {
namespace {

constexpr std::array<std::string_view, 8> kSeverities = {"EMERGENCY", "ALERT",  "CRITICAL", "ERROR",
                                                         "WARN",      "NOTICE", "INFO",     "DEBUG"};

bool take_number(std::string_view& text, char end, std::uint64_t& number) {
  const auto [next, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || next == text.data() + text.size()) return false;
  text.remove_prefix(static_cast<std::size_t>(next - text.data()));
  if (text.front() != end) return false;
  text.remove_prefix(1);
  return true;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The kernel writes bytes that are not printable as \xNN.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x' && hex_value(text[i + 2]) >= 0 &&
                        hex_value(text[i + 3]) >= 0;
    if (!escape) {
      plain += text[i];
      continue;
    }
    plain += static_cast<char>(hex_value(text[i + 2]) * 16 + hex_value(text[i + 3]));
    i += 3;
  }
  return to_utf8(plain);
}

void read_properties(std::string_view lines, KmsgRecord& record) {
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    if (line.starts_with(" SUBSYSTEM=")) record.subsystem = unescaped(line.substr(11));
    if (line.starts_with(" DEVICE=")) record.device = unescaped(line.substr(8));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
}

}  // namespace

Result<KmsgRecord> parse_kmsg(std::string_view text) {
  const Error no_record{ErrorCode::kInvalid, "not a record of /dev/kmsg: " + printable(text)};
  KmsgRecord record;
  std::uint64_t priority = 0;
  std::uint64_t uptime = 0;
  if (!take_number(text, ',', priority) || !take_number(text, ',', record.sequence)) return no_record;
  if (!take_number(text, ',', uptime)) return no_record;
  const std::size_t semicolon = text.find(';');  // flags, and fields of later kernels, are before it
  if (semicolon == std::string_view::npos) return no_record;
  text.remove_prefix(semicolon + 1);
  record.severity = static_cast<int>(priority & 7);
  record.facility = static_cast<int>(priority >> 3);
  record.uptime_us = static_cast<std::int64_t>(uptime);
  const std::size_t end = text.find('\n');
  record.message = unescaped(text.substr(0, end));
  if (end != std::string_view::npos) read_properties(text.substr(end + 1), record);
  return record;
}

std::string payload_of(const KmsgRecord& record) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.member("level", kSeverities[static_cast<std::size_t>(record.severity)]);
  json.member("message", record.message);
  json.member("facility", record.facility);
  json.member("sequence", record.sequence);
  json.member("uptime_us", record.uptime_us);
  if (!record.subsystem.empty()) json.member("subsystem", record.subsystem);
  if (!record.device.empty()) json.member("device", record.device);
  json.end_object();
  return text;
}

}  // namespace cell0::emit
