// What a process says about itself: one line per event, with a text and key/value fields. Never payloads, never tokens.
//
// A Log is passed by reference to whoever has something to say; there is no global one. Text on a terminal, one JSON
// object a line otherwise. Any bytes may be logged: what leaves is one line of valid UTF-8 (and of valid JSON).
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/clock.h"

namespace cell0 {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat { kAuto, kText, kJson };  // kAuto: text if standard error is a terminal, else JSON

// A field of a line: {"since_ms", 1200}. Views, valid for the call. Keys are ours: [a-z0-9_].
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, std::same_as<bool> auto v) : key(k), value(v) {}
  LogField(std::string_view k, std::signed_integral auto v) : key(k), value(std::int64_t{v}) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) LogField(std::string_view k, T v) : key(k), value(std::uint64_t{v}) {}
  LogField(std::string_view k, std::floating_point auto v) : key(k), value(double{v}) {}

  std::string_view key;
  Value value;
};

using LogFields = std::initializer_list<LogField>;

class Log {
 public:
  struct Options {
    std::string program;  // shown in every line
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kAuto;
  };
  using Sink = std::function<void(std::string_view line)>;  // a line without its end

  explicit Log(Options options);    // to standard error
  Log(Options options, Sink sink);  // for tests and for embedding; kAuto is JSON
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Any thread.
  void trace(std::string_view text, LogFields fields = {}) { write(LogLevel::kTrace, text, fields); }
  void debug(std::string_view text, LogFields fields = {}) { write(LogLevel::kDebug, text, fields); }
  void info(std::string_view text, LogFields fields = {}) { write(LogLevel::kInfo, text, fields); }
  void warn(std::string_view text, LogFields fields = {}) { write(LogLevel::kWarn, text, fields); }
  void error(std::string_view text, LogFields fields = {}) { write(LogLevel::kError, text, fields); }
  void write(LogLevel level, std::string_view text, LogFields fields);

  bool enabled(LogLevel level) const;  // for lines whose fields are costly to make
  void set_level(LogLevel level);      // on a reload

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// For lines that a peer can cause as often as it likes: lets one through per interval and counts the rest.
//   if (auto pass = bad_frames_.admit(clock.mono())) log.warn("bad frame", {{"suppressed", pass->suppressed}});
// One thread.
class LogThrottle {
 public:
  explicit LogThrottle(Duration interval) : interval_(interval) {}

  struct Pass {
    std::uint64_t suppressed;  // lines held back since the last one that passed
  };
  std::optional<Pass> admit(MonoTime now);

 private:
  Duration interval_;
  std::optional<MonoTime> last_;
  std::uint64_t suppressed_ = 0;
};

}  // namespace cell0
