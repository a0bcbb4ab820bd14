#include "common/http/url.h"

#include <doctest/doctest.h>

using cell0::is_query;
using cell0::normalise_path;
using cell0::percent_decode;
using cell0::query_value;

TEST_CASE("a path that leaves the root, or that two readers could take differently, is refused") {
  struct Row {
    std::string why;
    const char* raw;
  };
  const Row rows[] = {
      {"empty", ""},
      {"relative", "a/b"},
      {"above the root", "/.."},
      {"above the root, later", "/a/../../b"},
      {"above the root, encoded", "/%2e%2e/etc"},
      {"above the root, encoded slash", "/..%2fetc"},
      {"backslash", "/a%5c..%5cb"},
      {"NUL", "/a%00.html"},
      {"control character", "/a%0ab"},
      {"half an escape", "/a%2"},
      {"not hexadecimal", "/a%zz"},
      {"not UTF-8", "/a%ff"},
      {"overlong slash", "/%c0%af"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK_FALSE(normalise_path(row.raw).has_value());
  }
}

TEST_CASE("a path is decoded once and its dots are resolved") {
  struct Row {
    const char* raw;
    const char* expected;
  };
  const Row rows[] = {
      {"/", "/"},
      {"//", "/"},
      {"/a", "/a"},
      {"/a/", "/a/"},
      {"/a//b", "/a/b"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/..", "/"},
      {"/a/.", "/a/"},
      {"/a%20b", "/a b"},
      {"/%252e", "/%2e"},
      {"/a+b", "/a+b"},
      {"/%C3%BC", "/\xc3\xbc"},
      {"/...", "/..."},
      {"/.well-known/x", "/.well-known/x"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.raw);
    CHECK(normalise_path(row.raw).value_or("refused") == row.expected);
  }
}

TEST_CASE("a query that cannot be decoded to UTF-8 is none") {
  for (const char* good : {"", "types=a,b*&x", "q=a+b%2B&n=%C3%A9", "=&&"}) CHECK_MESSAGE(is_query(good), good);
  for (const char* bad : {"types=%zz", "a=1&b=%00", "%4", "sources=%ff", "a=%C3"}) CHECK_MESSAGE(!is_query(bad), bad);
}

TEST_CASE("a query's first value of a name is found and decoded") {
  CHECK(query_value("a=1&b=2&a=3", "a").value_or("none") == "1");
  CHECK(query_value("a=1&b=2", "b").value_or("none") == "2");
  CHECK(query_value("types=llm_*%2Cchat&x", "types").value_or("none") == "llm_*,chat");
  CHECK(query_value("q=a+b%2B", "q").value_or("none") == "a b+");
  CHECK(query_value("flag&x=1", "flag").value_or("none") == "");
  CHECK(query_value("a=b=c", "a").value_or("none") == "b=c");
  CHECK(query_value("a%62c=1", "abc").value_or("none") == "1");
  CHECK_FALSE(query_value("ab=1", "a").has_value());
  CHECK_FALSE(query_value("", "a").has_value());
  CHECK_FALSE(query_value("a=%zz", "a").has_value());
}

TEST_CASE("percent-decoding refuses what is cut off") {
  CHECK(percent_decode("%41%7a").value_or("none") == "Az");
  CHECK_FALSE(percent_decode("%4").has_value());
  CHECK_FALSE(percent_decode("%").has_value());
}
