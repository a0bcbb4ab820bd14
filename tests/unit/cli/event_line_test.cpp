#include "cli/event_line.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::cli;

TEST_CASE("a line that is no event is refused with the member's name") {
  const struct {
    const char* line;
    const char* names;
  } rows[] = {{"", "JSON"},
              {"[]", "not a JSON object"},
              {"{}", "type"},
              {R"({"type":1,"data":{}})", "type"},
              {R"({"type":"x"})", "data"},
              {R"({"type":"x","data":{},"source":1})", "source"},
              {R"({"type":"x","data":{},"priority":0})", "priority"},
              {R"({"type":"x","data":{},"priority":"5"})", "priority"},
              {R"({"type":"log_stream","data":{"level":7}})", "log_stream.level"}};
  for (const auto& row : rows) {
    CAPTURE(row.line);
    const auto envelope = envelope_of_line(row.line, {});
    REQUIRE_FALSE(envelope.ok());
    CHECK(envelope.error().text.find(row.names) != std::string::npos);
  }
}

TEST_CASE("with a type the line is the data, its bytes kept where only users know the type") {
  PubOptions options;
  options.type = "my_type";
  options.priority = 3;
  options.topic = "channels.x";
  options.session = "s";
  const auto envelope = envelope_of_line(R"({"b":1.0,  "type":"data too"})", options);
  REQUIRE(envelope.ok());
  CHECK(envelope->type() == "my_type");
  CHECK(envelope->json() == R"({"b":1.0,  "type":"data too"})");
  CHECK(envelope->source() == "cell0.cli");
  CHECK(envelope->priority() == 3);
  CHECK(envelope->topic() == "channels.x");
  CHECK(envelope->session_id() == "s");
}

TEST_CASE("without a type the line says everything, over the options") {
  PubOptions options;
  options.source = "fallback";
  const auto envelope = envelope_of_line(
      R"({"type":"chat_message","data":{"message":"m","sender":"s"},"priority":2,"topic":null,"session_id":"x"})",
      options);
  REQUIRE(envelope.ok());
  CHECK(envelope->chat_message().message() == "m");
  CHECK(envelope->source() == "fallback");
  CHECK(envelope->priority() == 2);
  CHECK(envelope->topic().empty());
  CHECK(envelope->session_id() == "x");
}
