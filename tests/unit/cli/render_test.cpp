#include "cli/render.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::cli;

namespace {

v1::Delivered delivered() {
  v1::Delivered event;
  event.set_seq(42);
  event.set_topic("events.chat_message");
  event.set_type("chat_message");
  event.set_priority(4);
  return event;
}

v1::Envelope envelope() {
  v1::Envelope made;
  made.set_id(std::string("\x01\x91\xe7\xa0\x5c\x1e\x7f\x32\x9d\x6a\x1b\x2c\x3d\x4e\x5f\x60", 16));
  made.set_source("chat.general");
  made.set_time_us(1770892200123456);
  made.mutable_chat_message()->set_message("hi");
  made.mutable_chat_message()->set_sender("ada");
  return made;
}

}  // namespace

TEST_CASE("an event as a JSON line") {
  CHECK(json_line(delivered(), envelope()) ==
        R"({"type":"chat_message","data":{"message":"hi","sender":"ada","channel":"general","metadata":{}},)"
        R"("source":"chat.general","timestamp":"2026-02-12T10:30:00.123456Z","seq":42,"topic":"events.chat_message",)"
        R"("priority":4,"id":"0191e7a0-5c1e-7f32-9d6a-1b2c3d4e5f60"})");
  v1::Envelope in_session = envelope();
  in_session.set_session_id("s1");
  CHECK(json_line(delivered(), in_session).ends_with(R"("session_id":"s1"})"));
}

TEST_CASE("an event for people") {
  const std::string line = pretty_line(delivered(), envelope(), false);
  CHECK(line.starts_with("10:30:00.123  4   chat_message"));
  CHECK(line.ends_with(R"({"message":"hi","sender":"ada","channel":"general","metadata":{}})"));
  CHECK(pretty_line(delivered(), envelope(), true).find("\x1b[") != std::string::npos);
}
