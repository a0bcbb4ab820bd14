// Utf8Repair: well-formed UTF-8 out of a stream of bytes: what is in no code point becomes U+FFFD, and no code point is
// ever split over two pieces.
#pragma once

#include <string>
#include <string_view>

namespace cell0::emit {

// Pure. Holds at most 3 bytes.
class Utf8Repair {
 public:
  // What can be said of the bytes so far; may be empty.
  std::string feed(std::string_view bytes);
  // The stream is over: a code point that was not finished is U+FFFD a byte.
  std::string finish();

 private:
  std::string held_;
};

}  // namespace cell0::emit
