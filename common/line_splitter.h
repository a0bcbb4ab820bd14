// Bytes into lines, with a bound: pipes, sockets and files all come through here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cell0 {

// Pure; one thread. Holds at most one unfinished line.
class LineSplitter {
 public:
  struct Line {
    std::string_view text;  // without its end ("\n" or "\r\n"); valid during the call
    bool cut = false;       // it was longer than bytes_max: the rest was thrown away
  };

  // REQUIRES: bytes_max > 0.
  explicit LineSplitter(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Calls on_line(Line) for each line that these bytes end. A line that is too long is handed on as soon as it is.
  template <typename OnLine>
  void feed(std::string_view bytes, OnLine&& on_line) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      take(bytes.substr(0, end), on_line);
      if (end == std::string_view::npos) return;
      end_line(on_line);
      bytes.remove_prefix(end + 1);
    }
  }

  // The source has ended: what is left is a line too.
  template <typename OnLine>
  void finish(OnLine&& on_line) {
    if (!held_.empty()) end_line(on_line);
    skipping_ = false;
  }

  // Forgets the unfinished line.
  void reset() {
    held_.clear();
    skipping_ = false;
  }

  std::size_t held_bytes() const { return held_.size(); }

 private:
  template <typename OnLine>
  void take(std::string_view part, OnLine& on_line) {
    if (skipping_) return;
    if (held_.size() + part.size() <= bytes_max_) {
      held_ += part;
      return;
    }
    held_ += part.substr(0, bytes_max_ - held_.size());
    on_line(Line{held_, true});
    held_.clear();
    skipping_ = true;
  }

  template <typename OnLine>
  void end_line(OnLine& on_line) {
    if (!skipping_) {
      std::string_view text = held_;
      if (text.ends_with('\r')) text.remove_suffix(1);
      on_line(Line{text, false});
    }
    reset();
  }

  std::size_t bytes_max_;
  std::string held_;
  bool skipping_ = false;  // the rest of a line that was too long
};

}  // namespace cell0
