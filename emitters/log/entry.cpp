#include "emitters/log/entry.h"

#include <charconv>

#include "common/json.h"
#include "common/utf8.h"

namespace cell0::emit {
namespace {

constexpr std::string_view kOwnName = "cell0-emit-log";
constexpr std::string_view kFamilyPrefix = "cell0-";

std::string_view first_string(const rapidjson::Value& object, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (const auto text = json_string(object, key)) return *text;
  }
  return {};
}

std::int64_t number_of(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The journal gives a field that is not printable as an array of bytes, and one that is too large as null.
std::optional<std::string> journal_text(const rapidjson::Value& entry, std::string_view key) {
  const rapidjson::Value* value = json_member(entry, key);
  if (value == nullptr) return std::nullopt;
  if (value->IsString()) return std::string(json_text(*value));
  if (!value->IsArray()) return std::nullopt;
  std::string bytes;
  for (const auto& byte : value->GetArray()) {
    if (byte.IsUint() && byte.GetUint() < 256) bytes += static_cast<char>(byte.GetUint());
  }
  return to_utf8(bytes);
}

bool understand_json(std::string_view line, LogEntry& entry) {
  if (!line.starts_with('{')) return false;
  const auto parsed = parse_json(line);
  if (!parsed || !parsed->IsObject()) return false;
  const std::string_view message = first_string(*parsed, {"message", "msg"});
  if (message.empty()) return false;
  entry.message = message;
  if (const auto level = parse_level(first_string(*parsed, {"level", "severity", "lvl"}))) entry.level = *level;
  entry.program = first_string(*parsed, {"program"});
  const std::string_view logger = first_string(*parsed, {"logger", "program"});
  if (!logger.empty()) entry.logger = logger;
  entry.metadata_json = line;
  return true;
}

}  // namespace

LogEntry entry_of_line(std::string_view line, bool cut, std::string_view logger) {
  LogEntry entry;
  entry.logger = logger;
  entry.cut = cut;
  const std::string text = to_utf8(line);
  if (!cut && understand_json(text, entry)) return entry;
  entry.level = detect_level(text);
  entry.message = text;
  return entry;
}

std::optional<LogEntry> entry_of_journal(std::string_view line) {
  const auto parsed = parse_json(line);
  if (!parsed || !parsed->IsObject()) return std::nullopt;
  auto message = journal_text(*parsed, "MESSAGE");
  if (!message || message->empty()) return std::nullopt;

  const std::string_view unit = first_string(*parsed, {"_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT"});
  const std::string_view program = first_string(*parsed, {"SYSLOG_IDENTIFIER", "_COMM"});
  LogEntry entry = entry_of_line(*message, false, program.empty() ? (unit.empty() ? "journal" : unit) : program);
  if (entry.program.empty()) entry.program = program;
  // What the writer says in its own line is finer than the priority of its output.
  const std::string_view priority = first_string(*parsed, {"PRIORITY"});
  if (!priority.empty() && entry.level == LineLevel::kInfo) {
    entry.level = level_of_syslog(static_cast<int>(number_of(priority)));
  }
  entry.time_us = number_of(first_string(*parsed, {"_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"}));
  entry.metadata_json.clear();
  JsonWriter json(entry.metadata_json);
  json.begin_object();
  json.member("origin", "journald");
  if (!unit.empty()) json.member("unit", unit);
  if (const auto pid = first_string(*parsed, {"_PID"}); !pid.empty()) json.member("pid", number_of(pid));
  if (const auto host = first_string(*parsed, {"_HOSTNAME"}); !host.empty()) json.member("host", host);
  json.end_object();
  return entry;
}

std::string journal_cursor(std::string_view line) {
  const auto parsed = parse_json(line);
  if (!parsed || !parsed->IsObject()) return {};
  return std::string(first_string(*parsed, {"__CURSOR"}));
}

bool own_noise(const LogEntry& entry) {
  if (entry.program == kOwnName) return true;
  return entry.program.starts_with(kFamilyPrefix) && entry.level < LineLevel::kWarn;
}

}  // namespace cell0::emit
