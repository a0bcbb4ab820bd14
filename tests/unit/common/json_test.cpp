#include "common/json.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <string>

using namespace cell0;
using namespace std::string_literals;

namespace {

std::string written(const std::function<void(JsonWriter&)>& write) {
  std::string out;
  JsonWriter writer(out);
  write(writer);
  return out;
}

std::string rewritten(std::string_view text) {
  const auto document = parse_json(text);
  REQUIRE(document.ok());
  return written([&](JsonWriter& writer) { writer.value(*document); });
}

}  // namespace

TEST_CASE("what is not strictly JSON is refused") {
  struct Row {
    const char* why;
    std::string text;
  };
  const Row rows[] = {
      {"nothing", ""},
      {"only space", "  \n"},
      {"trailing bytes", "{} x"},
      {"two values", "1 2"},
      {"a trailing NUL", "{}\0"s},
      {"a NUL in a string", "\"a\0b\""s},
      {"bytes behind a NUL", "1\0x"s},
      {"a byte order mark", "\xEF\xBB\xBF{}"},
      {"a raw control character", "\"a\nb\""},
      {"ill-formed UTF-8", "\"\xFF\""},
      {"an overlong form", "\"\xC0\xAF\""},
      {"a raw surrogate", "\"\xED\xA0\x80\""},
      {"a lone high surrogate", R"("\ud800")"},
      {"a lone low surrogate", R"("\udc00")"},
      {"a lone low surrogate in a key", R"({"\udc00":1})"},
      {"a comment", "/* */ 1"},
      {"NaN", "NaN"},
      {"a number beyond double", "1e999"},
      {"a leading zero", "01"},
      {"a trailing comma", "[1,]"},
      {"an unclosed array", "[1"},
      {"single quotes", "{'a':1}"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto document = parse_json(row.text);
    REQUIRE(!document.ok());
    CHECK(document.error().code == ErrorCode::kInvalid);
    CHECK(document.error().text.starts_with("not JSON at byte "));
  }
}

TEST_CASE("the depth is limited before it costs anything") {
  CHECK(parse_json(std::string(32, '[') + std::string(32, ']')).ok());
  const auto deep = parse_json(std::string(33, '[') + std::string(33, ']'));
  REQUIRE(!deep.ok());
  CHECK(deep.error().code == ErrorCode::kTooLarge);
  CHECK(parse_json(std::string(1'000'000, '[')).error().code == ErrorCode::kTooLarge);
  CHECK(parse_json("[[1],[2],{\"a\":[3]}]", {.depth_max = 3}).ok());
  CHECK(!parse_json("[[1],[2],{\"a\":[3]}]", {.depth_max = 2}).ok());
}

TEST_CASE("members are found by name and type") {
  const auto document = parse_json(R"({"s":"x","i":-5,"u":18446744073709551615,"d":0.5,"b":true,"n":null,"s":"y"})");
  REQUIRE(document.ok());
  CHECK(json_string(*document, "s") == "x");
  CHECK(json_int(*document, "i") == -5);
  CHECK(json_uint(*document, "u") == 18446744073709551615u);
  CHECK(json_number(*document, "d") == 0.5);
  CHECK(json_number(*document, "i") == -5.0);
  CHECK(json_bool(*document, "b") == true);
  CHECK(!json_string(*document, "i"));
  CHECK(!json_int(*document, "u"));
  CHECK(!json_int(*document, "missing"));
  CHECK(json_member(*document, "n")->IsNull());
  const auto array = parse_json("[1]");
  CHECK(json_member(*array, "s") == nullptr);
}

TEST_CASE("a value is written as it was read, without whitespace") {
  CHECK(rewritten(R"( { "a" : [ 1 , -2 , 0.1 , true , null ] , "b" : { } , "c" : "\u00e9\n" } )") ==
        "{\"a\":[1,-2,0.1,true,null],\"b\":{},\"c\":\"\xC3\xA9\\n\"}");
  CHECK(rewritten("18446744073709551615") == "18446744073709551615");
  CHECK(rewritten("9007199254740993") == "9007199254740993");
}

TEST_CASE("commas and brackets are the writer's business") {
  CHECK(written([](JsonWriter& json) {
          json.begin_object();
          json.member("text", "a");
          json.member("flag", false);
          json.member("count", std::uint64_t{3});
          json.key("list");
          json.begin_array();
          json.number(1);
          json.begin_object();
          json.end_object();
          json.null();
          json.end_array();
          json.raw_member("raw", "[0]");
          json.member("half", 0.5);
          json.end_object();
        }) == R"({"text":"a","flag":false,"count":3,"list":[1,{},null],"raw":[0],"half":0.5})");
}

TEST_CASE("a string is escaped and always well-formed UTF-8") {
  const auto quoted = [](std::string_view text) { return written([&](JsonWriter& json) { json.string(text); }); };
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("a\"b\\c/") == R"("a\"b\\c/")");
  CHECK(quoted("\b\f\n\r\t\x01\x1f\x7f") == "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
  CHECK(quoted("a\0b"s) == R"("a\u0000b")");
  CHECK(quoted("\xC3\xA9\xF0\x9F\x98\x80") == "\"\xC3\xA9\xF0\x9F\x98\x80\"");
  CHECK(quoted("a\xFFz\xE2\x82") == "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST_CASE("numbers come back as the same numbers; what JSON cannot say is null") {
  for (const double value : {0.1, 1e300, -2.5e-10, 5e-324, 1.7976931348623157e308, 123456789.125}) {
    const std::string text = written([&](JsonWriter& json) { json.number(value); });
    CAPTURE(text);
    CHECK(parse_json(text)->GetDouble() == value);
  }
  CHECK(written([](JsonWriter& json) { json.number(std::numeric_limits<double>::quiet_NaN()); }) == "null");
  CHECK(written([](JsonWriter& json) { json.number(-std::numeric_limits<double>::infinity()); }) == "null");
  CHECK(written([](JsonWriter& json) { json.number(std::numeric_limits<std::int64_t>::min()); }) ==
        "-9223372036854775808");
}
