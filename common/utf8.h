// UTF-8 (RFC 3629): strict checks, and text of unknown origin made fit to show. Not a converter to other encodings.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cell0 {

// The bytes (1-4) of the well-formed code point that `text` starts with; 0 if it starts with none: overlong forms,
// surrogates, code points past U+10FFFF and cut-off sequences are ill-formed. REQUIRES: !text.empty().
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

// `text` with every byte that is in no well-formed code point replaced by U+FFFD.
std::string to_utf8(std::string_view text);

// For error texts: UTF-8, control characters as \xNN, and at most `bytes_max` bytes of the original, then "...".
std::string printable(std::string_view text, std::size_t bytes_max = 80);

}  // namespace cell0
