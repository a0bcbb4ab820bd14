#include "emitters/runners/utf8_repair.h"

#include <doctest/doctest.h>

#include <vector>

#include "common/utf8.h"

namespace cell0::emit {
namespace {

struct Row {
  const char* why;
  std::vector<std::string> pieces;
  std::vector<std::string> expected;  // what each piece gives, then the end
};

TEST_CASE("bytes become well-formed UTF-8, code points stay whole") {
  const std::vector<Row> rows = {
      {"ASCII passes", {"abc"}, {"abc", ""}},
      {"a code point in two pieces",
       {"\xC3", "\xA4x"},
       {"",
        "ä"
        "x",
        ""}},
      {"one of four bytes, a byte at a time", {"\xF0", "\x9F", "\x98", "\x80"}, {"", "", "", "\xF0\x9F\x98\x80", ""}},
      {"a cut one at the end", {"a\xE2\x82"}, {"a", "\uFFFD\uFFFD"}},
      {"a lone continuation",
       {"a\x80"
        "b"},
       {"a\uFFFD"
        "b",
        ""}},
      {"a byte that begins nothing", {"\xFF\xC0"}, {"\uFFFD\uFFFD", ""}},
      {"a beginning that does not go on", {"\xE2\x82", "x"}, {"", "\uFFFD\uFFFDx", ""}},
      {"a surrogate", {"\xED\xA0\x80"}, {"\uFFFD\uFFFD\uFFFD", ""}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    Utf8Repair repair;
    std::vector<std::string> got;
    for (const std::string& piece : row.pieces) got.push_back(repair.feed(piece));
    got.push_back(repair.finish());
    CHECK(got == row.expected);
  }
}

TEST_CASE("any bytes, cut anywhere, give the same text") {
  std::string bytes;
  for (int i = 0; i < 600; ++i) bytes += static_cast<char>((i * 37 + i / 7) & 0xFF);
  bytes += "ä€😀";
  const std::string whole = to_utf8(bytes);
  for (std::size_t step = 1; step < 6; ++step) {
    Utf8Repair repair;
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      const std::string piece = repair.feed(std::string_view(bytes).substr(at, step));
      CHECK(is_utf8(piece));
      text += piece;
    }
    CHECK(text + repair.finish() == whole);
  }
}

}  // namespace
}  // namespace cell0::emit
