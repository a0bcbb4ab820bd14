// SseParser: events out of a text/event-stream (WHATWG HTML, section 9.2.6), as far as an HTTP client of our own needs
// them: their data. `event`, `id` and `retry` are passed over, like comments.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace cell0::emit {

// Pure. Lines end with LF, CRLF or CR. A last event without its empty line counts for nothing, as the standard says.
class SseParser {
 public:
  static constexpr std::size_t kEventBytesMax = 1u << 20;  // of one line, and of the data of one event

  // Calls on_data(std::string_view) for each event that these bytes complete, until it returns false: then the rest is
  // dropped. kTooLarge: a line or an event is over the bound. kInvalid: a field that the standard does not know, which
  // says that this is no event stream at all.
  template <typename OnData>
  Result<void> feed(std::string_view bytes, OnData&& on_data) {
    for (const char byte : bytes) {
      const bool ends = byte == '\n' ? !after_cr_ : byte == '\r';
      const bool skipped = byte == '\n' && after_cr_;
      after_cr_ = byte == '\r';
      if (skipped) continue;
      if (!ends) {
        if (line_.size() >= kEventBytesMax) return too_large();
        line_ += byte;
        continue;
      }
      if (line_.empty()) {
        if (!end_event(on_data)) return {};
        continue;
      }
      if (auto taken = take_line(); !taken) return taken;
      line_.clear();
    }
    return {};
  }

 private:
  template <typename OnData>
  bool end_event(OnData& on_data) {
    if (!has_data_) return true;
    has_data_ = false;
    std::string data;
    data.swap(data_);
    return on_data(std::string_view(data));
  }

  Result<void> take_line();
  static Error too_large();

  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool first_line_ = true;
};

}  // namespace cell0::emit
