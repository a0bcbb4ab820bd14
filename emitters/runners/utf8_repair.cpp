#include "emitters/runners/utf8_repair.h"

#include <algorithm>
#include <utility>

#include "common/utf8.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kCodePointBytesMax = 4;

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// Bytes of the code point that this byte begins, by its own word; 0: it begins none.
std::size_t announced_length(char byte) {
  const auto first = static_cast<unsigned char>(byte);
  if (first >= 0xF0) return first <= 0xF4 ? 4 : 0;
  if (first >= 0xE0) return 3;
  return first >= 0xC2 ? 2 : 0;
}

// How many bytes at the end of `text` may be the beginning of a code point whose rest is still to come.
std::size_t unfinished_tail(std::string_view text) {
  const std::size_t back_max = std::min(text.size(), kCodePointBytesMax - 1);
  for (std::size_t back = 1; back <= back_max; ++back) {
    const char byte = text[text.size() - back];
    if (is_continuation(byte)) continue;
    return announced_length(byte) > back ? back : 0;
  }
  return 0;
}

}  // namespace

std::string Utf8Repair::feed(std::string_view bytes) {
  held_ += bytes;
  const std::size_t tail = unfinished_tail(held_);
  std::string text = to_utf8(std::string_view(held_).substr(0, held_.size() - tail));
  held_.erase(0, held_.size() - tail);
  return text;
}

std::string Utf8Repair::finish() { return to_utf8(std::exchange(held_, {})); }

}  // namespace cell0::emit
