#include "emitters/log/level.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cell0::emit {
namespace {

constexpr std::size_t kHeadBytes = 160;  // levels stand at the beginning; further on they are prose

constexpr std::pair<std::string_view, LineLevel> kWords[] = {
    {"trace", LineLevel::kDebug},        {"debug", LineLevel::kDebug},    {"verbose", LineLevel::kDebug},
    {"info", LineLevel::kInfo},          {"notice", LineLevel::kInfo},    {"information", LineLevel::kInfo},
    {"warn", LineLevel::kWarn},          {"warning", LineLevel::kWarn},   {"err", LineLevel::kError},
    {"error", LineLevel::kError},        {"severe", LineLevel::kError},   {"crit", LineLevel::kCritical},
    {"critical", LineLevel::kCritical},  {"fatal", LineLevel::kCritical}, {"panic", LineLevel::kCritical},
    {"emergency", LineLevel::kCritical}, {"emerg", LineLevel::kCritical}, {"alert", LineLevel::kCritical},
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_upper(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Is the word at [begin, end) marked as a level, although it is not in capitals?
bool is_marked(std::string_view head, std::size_t begin, std::size_t end) {
  const char before = begin > 0 ? head[begin - 1] : '\0';
  const char after = end < head.size() ? head[end] : '\0';
  if ((before == '[' && after == ']') || (before == '<' && after == '>') || (before == '(' && after == ')'))
    return true;
  if (before == '=' || (before == '"' && after == '"')) return true;  // level=warn, "level":"warn"
  return begin == 0 && after == ':';
}

std::optional<LineLevel> syslog_mark(std::string_view line) {
  if (line.size() < 3 || line[0] != '<') return std::nullopt;
  int number = 0;
  std::size_t i = 1;
  for (; i < line.size() && i < 4 && line[i] >= '0' && line[i] <= '9'; ++i) number = number * 10 + (line[i] - '0');
  if (i == 1 || i >= line.size() || line[i] != '>') return std::nullopt;
  return level_of_syslog(number % 8);
}

}  // namespace

std::string_view name_of(LineLevel level) {
  constexpr std::array<std::string_view, 5> kNames = {"DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"};
  return kNames[static_cast<std::size_t>(level)];
}

std::optional<LineLevel> parse_level(std::string_view word) {
  for (const auto& [name, level] : kWords) {
    if (name.size() == word.size() &&
        std::equal(name.begin(), name.end(), word.begin(), [](char a, char b) { return a == lower(b); })) {
      return level;
    }
  }
  return std::nullopt;
}

LineLevel level_of_syslog(int severity) {
  if (severity <= 2) return LineLevel::kCritical;
  if (severity == 3) return LineLevel::kError;
  if (severity == 4) return LineLevel::kWarn;
  return severity <= 6 ? LineLevel::kInfo : LineLevel::kDebug;
}

LineLevel detect_level(std::string_view line) {
  if (const auto level = syslog_mark(line)) return *level;
  const std::string_view head = line.substr(0, kHeadBytes);
  for (std::size_t begin = 0; begin < head.size();) {
    if (!is_letter(head[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < head.size() && is_letter(head[end])) ++end;
    const std::string_view word = head.substr(begin, end - begin);
    if (is_upper(word) || is_marked(head, begin, end)) {
      if (const auto level = parse_level(word)) return *level;
    }
    begin = end;
  }
  return LineLevel::kInfo;
}

}  // namespace cell0::emit
