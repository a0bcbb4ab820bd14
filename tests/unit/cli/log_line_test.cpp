#include "cli/log_line.h"

#include <doctest/doctest.h>

#include "cell0/v1/event.pb.h"

namespace cell0::cli {
namespace {

LogLine event() {
  v1::Envelope envelope;
  envelope.set_id("0123456789abcdef");
  envelope.set_source("chat.general");
  envelope.set_time_us(1'770'000'000'000'000);
  envelope.mutable_chat_message()->set_message("hi \"there\"\n");
  envelope.mutable_chat_message()->set_sender("me");
  envelope.mutable_origin()->set_emitter_id("e");  // which no member of the line shows
  return {Seq{1'812'480'000'000'000},  1'770'000'000'000'001, "chat_message", "channels.x", 4, true,
          envelope.SerializeAsString()};
}

TEST_CASE("what is exported is read back to the byte") {
  const auto line = text_of(event());
  REQUIRE(line);
  CHECK(line->find('\n') == std::string::npos);
  CHECK(line->find("\"data\":{\"message\":\"hi \\\"there\\\"\\n\"") != std::string::npos);
  const auto back = log_line_of(*line);
  REQUIRE(back);
  CHECK(back->seq == event().seq);
  CHECK(back->taken_us == event().taken_us);
  CHECK(back->type == "chat_message");
  CHECK(back->topic == "channels.x");
  CHECK(back->priority == 4);
  CHECK(back->relaxed);
  CHECK(back->envelope == event().envelope);
}

TEST_CASE("a line that is wrong is refused with the member") {
  const std::string good = text_of(event()).value();
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string line = good;
    const auto at = line.find(from);
    REQUIRE(at != std::string::npos);
    return line.replace(at, from.size(), to);
  };
  const struct {
    std::string line, names;
  } rows[] = {
      {"{", "JSON"},
      {"[]", "object"},
      {with("\"seq\":1812480000000000", "\"seq\":0"), "seq"},
      {with("\"seq\":1812480000000000", "\"seq\":9007199254740992"), "seq"},
      {with("\"taken_us\":", "\"taken\":"), "taken_us"},
      {with("\"priority\":4", "\"priority\":11"), "priority"},
      {with("\"durability\":\"relaxed\"", "\"durability\":\"ephemeral\""), "durability"},
      {with("\"type\":\"chat_message\"", "\"type\":\"spell\""), "type"},
      {with("\"envelope\":\"", "\"envelope\":\"!"), "envelope"},
      {with("\"topic\":\"channels.x\"", "\"topic\":\"\""), "topic"},
  };
  for (const auto& row : rows) {
    const auto refused = log_line_of(row.line);
    INFO(row.line);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text.find(row.names) != std::string::npos);
  }
}

}  // namespace
}  // namespace cell0::cli
