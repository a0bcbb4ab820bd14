#include "common/utf8.h"

#include <doctest/doctest.h>

using namespace cell0;

TEST_CASE("only well-formed UTF-8 is UTF-8") {
  struct Row {
    const char* why;
    std::string_view text;
    bool expected;
  };
  const Row rows[] = {
      {"a lone continuation", "\x80", false},
      {"a cut-off sequence", "\xE2\x82", false},
      {"an overlong slash", "\xC0\xAF", false},
      {"an overlong three", "\xE0\x80\xAF", false},
      {"an overlong four", "\xF0\x80\x80\x80", false},
      {"a surrogate", "\xED\xA0\x80", false},
      {"past U+10FFFF", "\xF4\x90\x80\x80", false},
      {"a byte that never occurs", "\xFF", false},
      {"a bad third byte", "\xE2\x82\x41", false},
      {"nothing", "", true},
      {"ASCII", "cell0", true},
      {"two, three and four bytes", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", true},
      {"the last before the surrogates", "\xED\x9F\xBF", true},
      {"the last code point", "\xF4\x8F\xBF\xBF", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(is_utf8(row.text) == row.expected);
  }
}

TEST_CASE("ill-formed bytes become replacement characters and the rest stays") {
  CHECK(to_utf8("a\xFF\xC3\xA9") == "a\xEF\xBF\xBD\xC3\xA9");
  CHECK(is_utf8(to_utf8("\xED\xA0\x80\xF0\x9F")));
}

TEST_CASE("printable text shows control characters and its own cut") {
  CHECK(printable("a\n\x1B[31m") == "a\\x0a\\x1b[31m");
  CHECK(printable("abcdef", 3) == "abc...");
  CHECK(printable("a\xC3\xA9", 2) == "a\xEF\xBF\xBD...");
}
