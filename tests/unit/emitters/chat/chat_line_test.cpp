#include "emitters/chat/chat_line.h"

#include <doctest/doctest.h>

using namespace cell0;
using cell0::emit::parse_chat_line;

TEST_CASE("a line of chat that is wrong is refused with the member's name") {
  const struct {
    const char* line;
    const char* names;
  } rows[] = {{"", "message"},
              {"{", "JSON"},
              {R"({"sender":"x"})", "message"},
              {R"({"message":1})", "message"},
              {R"({"message":"m","sender":2})", "sender"},
              {R"({"message":"m","sender":""})", "sender"},
              {R"({"message":"m","channel":""})", "channel"},
              {R"({"message":"m","metadata":[]})", "metadata"}};
  for (const auto& row : rows) {
    CAPTURE(row.line);
    const auto parsed = parse_chat_line(row.line, "someone", "general");
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().text.find(row.names) != std::string::npos);
  }
}

TEST_CASE("plain text is the message, JSON says the rest") {
  const auto plain = parse_chat_line("hello there", "someone", "general");
  REQUIRE(plain.ok());
  CHECK(plain->message == "hello there");
  CHECK(plain->sender == "someone");
  CHECK(plain->channel == "general");
  const auto json = parse_chat_line(
      R"({"message":"hi","sender":"ada","channel":"ops","metadata":{"a":[1]},"session_id":"s"})", "x", "y");
  REQUIRE(json.ok());
  CHECK(json->message == "hi");
  CHECK(json->sender == "ada");
  CHECK(json->channel == "ops");
  CHECK(json->metadata_json == R"({"a":[1]})");
  CHECK(json->session_id == "s");
}
