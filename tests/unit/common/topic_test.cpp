#include "common/topic.h"

#include <doctest/doctest.h>

using namespace cell0;

TEST_CASE("a name from outside becomes one harmless part, and comes back") {
  struct Row {
    std::string_view name, part;
  };
  const Row rows[] = {
      {"general", "general"},
      {"a.b", "a%2Eb"},
      {"*", "%2A"},
      {">", "%3E"},
      {"50%", "50%25"},
      {"caf\xC3\xA9", "caf%C3%A9"},
      {"two words", "two%20words"},
      {"A-Z_9", "A-Z_9"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto part = topic_part(row.name);
    REQUIRE(part.ok());
    CHECK(*part == row.part);
    CHECK(topic_part_name(*part) == row.name);
    CHECK(check_topic("channels." + *part).ok());
  }
}

TEST_CASE("names that cannot be a part are refused") {
  CHECK(topic_part("").error().code == ErrorCode::kInvalid);
  CHECK(topic_part("a\nb").error().code == ErrorCode::kInvalid);
  CHECK(topic_part(std::string_view("a\0b", 3)).error().code == ErrorCode::kInvalid);
  CHECK(topic_part("\x7F").error().code == ErrorCode::kInvalid);
  CHECK(topic_part(std::string(256, 'a')).error().code == ErrorCode::kTooLarge);
  CHECK(topic_part(std::string(86, '.')).error().code == ErrorCode::kTooLarge);  // 258 once escaped
}

TEST_CASE("only dotted, escaped, bounded topics are topics") {
  struct Row {
    const char* why;
    std::string topic;
    bool expected;
  };
  const Row rows[] = {
      {"empty", "", false},
      {"an empty part", "a..b", false},
      {"a leading dot", ".a", false},
      {"a trailing dot", "a.", false},
      {"a wildcard", "a.*", false},
      {"a space", "a b", false},
      {"a control character", "a\x01", false},
      {"UTF-8 that was not escaped", "caf\xC3\xA9", false},
      {"half an escape", "a%2", false},
      {"a lower-case escape", "a%2e", false},
      {"over the limit", std::string(256, 'a'), false},
      {"at the limit", std::string(255, 'a'), true},
      {"one part", "presence", true},
      {"parts and escapes", "channels.a%2Eb.C-d_9", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(check_topic(row.topic).ok() == row.expected);
  }
}

TEST_CASE("the error of a topic names it, with control characters made visible") {
  CHECK(check_topic("a\nb").error().text.starts_with("topic: \"a\\x0ab\" must have"));
  CHECK(check_topic("abcd", 3).error().text == "topic: 4 bytes are more than 3");
}

TEST_CASE("a rule's prefix counts whole parts") {
  CHECK(topic_under("events.spell", ""));
  CHECK(topic_under("events.spell", "events"));
  CHECK(topic_under("events", "events"));
  CHECK(!topic_under("eventsource.x", "events"));
  CHECK(!topic_under("events", "events.spell"));
}

TEST_CASE("a topic glob matches part by part") {
  struct Row {
    std::string_view glob, topic;
    bool expected;
  };
  const Row rows[] = {
      {"a.b", "a.b", true},    {"a.b", "a.c", false},  {"a.b", "a", false},      {"a.b", "a.b.c", false},
      {"*", "a", true},        {"*", "a.b", false},    {"a.*", "a.b", true},     {"a.*", "a", false},
      {"a.*", "a.b.c", false}, {"*.b", "a.b", true},   {"a.*.c", "a.b.c", true}, {"a.*.c", "a.b.d", false},
      {">", "a", true},        {">", "a.b.c", true},   {"a.>", "a.b", true},     {"a.>", "a.b.c", true},
      {"a.>", "a", false},     {"a.>", "ab.c", false}, {"*.>", "a.b", true},     {"*.>", "a", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.glob);
    CAPTURE(row.topic);
    const auto glob = TopicGlob::parse(row.glob);
    REQUIRE(glob.ok());
    CHECK(glob->matches(row.topic) == row.expected);
  }
}

TEST_CASE("a malformed topic glob is refused") {
  for (const std::string_view text : {"", "a.", "a..b", ">.a", "a*", "a.b>", "**", "a b"}) {
    CAPTURE(text);
    CHECK(!TopicGlob::parse(text).ok());
  }
}

TEST_CASE("a type glob is a name or a prefix") {
  CHECK(TypeGlob::parse("spell")->matches("spell"));
  CHECK(!TypeGlob::parse("spell")->matches("spells"));
  CHECK(TypeGlob::parse("llm_*")->matches("llm_token"));
  CHECK(TypeGlob::parse("llm_*")->matches("llm_"));
  CHECK(!TypeGlob::parse("llm_*")->matches("llm"));
  CHECK(TypeGlob::parse("*")->matches("anything"));
  CHECK(TypeGlob::parse("spell")->exact());
  CHECK(!TypeGlob::parse("llm_*")->exact());
}

TEST_CASE("a malformed type glob is refused") {
  for (const std::string& text : {std::string(), std::string("a*b"), std::string("*a"), std::string("**"),
                                  std::string("a\nb"), std::string(129, 'a')}) {
    CAPTURE(text);
    CHECK(!TypeGlob::parse(text).ok());
  }
}
