// The beginning of a text that may be long.
#pragma once

#include <string>
#include <string_view>

namespace cell0::emit {

// At most bytes_max bytes of well-formed UTF-8, no code point cut in two.
inline std::string cut_text(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return std::string(text.substr(0, bytes_max));
}

}  // namespace cell0::emit
