#include "emitters/log/multiline.h"

#include <utility>

namespace cell0::emit {

bool MultiLine::continues(std::string_view line) const {
  if (!held_ || held_->cut || line.empty() || (line.front() != ' ' && line.front() != '\t')) return false;
  return lines_ < kLinesMax && held_->text.size() + 1 + line.size() <= bytes_max_;
}

void MultiLine::add(std::string_view line, bool cut, MonoTime now, const OnMessage& on_message) {
  last_ = now;
  if (continues(line)) {
    held_->text += '\n';
    held_->text += line;
    held_->cut = cut;
    ++lines_;
    return;
  }
  if (held_) on_message(*held_);
  held_.reset();
  if (line.empty()) return;  // an empty line is no message
  held_ = JoinedLine{std::string(line), cut};
  lines_ = 1;
}

void MultiLine::flush(MonoTime now, const OnMessage& on_message) {
  if (!held_ || now < last_ + kQuiet) return;
  const JoinedLine message = std::move(*held_);
  held_.reset();
  on_message(message);
}

std::optional<MonoTime> MultiLine::flush_at() const {
  if (!held_) return std::nullopt;
  return last_ + kQuiet;
}

}  // namespace cell0::emit
