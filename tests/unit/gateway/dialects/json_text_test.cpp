// Parsed JSON and the text behind it.
#include "gateway/dialects/json_text.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

std::string members_of(std::string_view text) {
  REQUIRE(parse_any_json(text, {}).ok());
  std::string line;
  for (const JsonMember& member : json_members(text)) {
    line.append(line.empty() ? "" : "|").append(member.name).append("=").append(member.value);
  }
  return line;
}

std::string items_of(std::string_view text) {
  REQUIRE(parse_any_json(text, {}).ok());
  std::string line;
  for (const std::string_view item : json_items(text)) line.append(line.empty() ? "" : "|").append(item);
  return line;
}

}  // namespace

TEST_CASE("members are cut out of the text as they stand") {
  const struct {
    const char* why;
    const char* text;
    const char* members;
  } rows[] = {
      {"none", "{}", ""},
      {"none, with blanks", " {\n} ", ""},
      {"numbers", R"({"a":1.50,"b":-0,"c":1e2})", "a=1.50|b=-0|c=1e2"},
      {"blanks around", "{ \"a\" :\t[1, 2] ,\r\n\"b\": true }", "a=[1, 2]|b=true"},
      {"what looks like structure in strings", R"({"a":"}],\"{","b":"\\","c":{"d":"]"}})",
       R"(a="}],\"{"|b="\\"|c={"d":"]"})"},
      {"escaped names", R"({"\u0069d":1,"\"":2})", R"(id=1|"=2)"},
      {"nested", R"({"a":{"b":[{"c":[]}]},"d":[[],{}]})", R"(a={"b":[{"c":[]}]}|d=[[],{}])"},
      {"twice", R"({"a":1,"a":2})", "a=1|a=2"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.why);
    CHECK(members_of(row.text) == row.members);
  }
}

TEST_CASE("items are cut out of the text as they stand") {
  CHECK(items_of("[]") == "");
  CHECK(items_of(" [ ] ") == "");
  CHECK(items_of(R"([1,"a,b",[2,3],{"c":4},null])") == R"(1|"a,b"|[2,3]|{"c":4}|null)");
}

TEST_CASE("a name that is there twice is found, whatever lies between and however it is written") {
  CHECK(repeated_name(json_members(R"({"a":1,"b":2})")).empty());
  CHECK(repeated_name(json_members(R"({"a":1,"b":2,"\u0061":3})")) == "a");
}

TEST_CASE("numbers beyond a double's range are taken, and are none to calculate with") {
  const std::string text = R"({"a":1e400,"b":[-2E+999],"c":"1e400","d":7})";
  const auto parsed = parse_any_json(text, {});
  REQUIRE(parsed.ok());
  CHECK_FALSE(json_uint(*parsed, "a"));
  CHECK((*parsed)["b"][0].IsString());
  CHECK(json_string(*parsed, "c") == "1e400");
  CHECK(json_uint(*parsed, "d") == 7);
  CHECK(json_members(text)[0].value == "1e400");
  CHECK(parse_any_json(std::string(400, '9'), {}).ok());
  CHECK_FALSE(parse_any_json("1e400x", {}).ok());
  CHECK_FALSE(parse_any_json("01e400", {}).ok());
  CHECK_FALSE(parse_any_json("[1e400", {}).ok());
}
