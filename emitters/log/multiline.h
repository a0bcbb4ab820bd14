// MultiLine: joins the lines of one message (a stack trace, an indented dump) that a log writes below its first one.
//
// A line that begins with a blank belongs to the line before. So a line is held until the next one begins, or until the
// log has been silent for kQuiet. Pure; one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"

namespace cell0::emit {

struct JoinedLine {
  std::string text;
  bool cut = false;  // a line was too long, or the message was: the rest is a message of its own
};

class MultiLine {
 public:
  static constexpr Duration kQuiet = std::chrono::milliseconds(150);
  static constexpr int kLinesMax = 200;

  using OnMessage = std::function<void(const JoinedLine&)>;

  // REQUIRES: bytes_max > 0. Messages are at most about that long.
  explicit MultiLine(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void add(std::string_view line, bool cut, MonoTime now, const OnMessage& on_message);

  // Hands out what has been held for kQuiet; at the end of the log, with `now` = MonoTime::max(), whatever is held.
  void flush(MonoTime now, const OnMessage& on_message);

  // When flush() has something to do; nothing if nothing is held.
  std::optional<MonoTime> flush_at() const;

 private:
  bool continues(std::string_view line) const;

  std::size_t bytes_max_;
  std::optional<JoinedLine> held_;
  int lines_ = 0;
  MonoTime last_{};
};

}  // namespace cell0::emit
