// The arcane dialect, byte for byte. What clients see of it on the wire besides: tests/conformance/arcane.
#include "gateway/dialects/arcane.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

const ArcaneDialect kDialect;
const ArcaneChannelDialect kChannels;

// The payload of the one text frame that was appended; "": nothing was.
std::string payload(const std::string& frame) {
  if (frame.empty()) return {};
  REQUIRE(static_cast<unsigned char>(frame[0]) == 0x81);
  const std::size_t length = static_cast<unsigned char>(frame[1]);
  return frame.substr(length == 126 ? 4 : 2);
}

EventSpec spell(std::string data) {
  EventSpec spec;
  spec.type = "spell";
  spec.data = std::move(data);
  return spec;
}

std::string shown(const EventSpec& spec, const Dialect& dialect = kDialect) {
  std::string frame;
  dialect.event(frame, *event(9, spec));
  return payload(frame);
}

std::string told(const Reply& reply, const Dialect& dialect = kDialect) {
  std::string frame;
  dialect.reply(frame, {}, reply);
  return payload(frame);
}

constexpr char kSync[] =
    R"({"mode":"fantasy","deadline_ms":200,"animation":"pulse","particles":"fade_to_idle","audio":"success",)"
    R"("invert":false})";
constexpr char kTime[] = "2026-02-12T10:30:00.123456Z";

}  // namespace

TEST_CASE("a spell is bare, in the order of ArcaneOS, with its sync and its seq") {
  CHECK(shown(spell(R"({"spell_name":"summon","daemon_name":"claude","success":true,"description":"✨",)"
                    R"("metadata":{"model":"m"}})")) ==
        std::string(R"({"spell_name":"summon","daemon_name":"claude","timestamp":")") + kTime +
            R"(","success":true,"description":"✨","metadata":{"model":"m","sync":)" + kSync + R"(},"seq":9})");
}

TEST_CASE("what a caster leaves out or gets wrong does not break the spell") {
  const std::string head = std::string(R"({"spell_name":"parse","daemon_name":null,"timestamp":")") + kTime + "\",";
  CHECK(shown(spell(R"({"spell_name":"parse","success":true})")) ==
        head + R"("success":true,"description":"","metadata":{"sync":)" + kSync + R"(},"seq":9})");
  CHECK(shown(spell(R"({"spell_name":"parse","success":true,"metadata":null})")) ==
        head + R"("success":true,"description":"","metadata":{"sync":)" + kSync + R"(},"seq":9})");
  CHECK(shown(spell(R"({"spell_name":"parse","success":true,"metadata":[1]})")) ==
        head + R"("success":true,"description":"","metadata":{"value":[1],"sync":)" + kSync + R"(},"seq":9})");
  // The envelope's time and the gateway's seq are what counts.
  CHECK(shown(spell(R"({"spell_name":"parse","success":true,"seq":1,"timestamp":"x","more":[2]})")) ==
        head + R"("success":true,"description":"","metadata":{"sync":)" + kSync + R"(},"more":[2],"seq":9})");
}

TEST_CASE("numbers and the order of members leave as they came") {
  const std::string text =
      shown(spell(R"({"spell_name":"invoke","success":true,"metadata":{"z":12345678901234567890,"a":1e400}})"));
  CHECK(text.find(R"("metadata":{"z":12345678901234567890,"a":1e400,"sync":)") != std::string::npos);
}

TEST_CASE("events of other types come whole") {
  EventSpec spec;
  spec.data = R"({"n":1})";
  CHECK(shown(spec) == std::string(R"({"type":"note","timestamp":")") + kTime +
                           R"(","source":"test","data":{"n":1},"priority":5,"seq":9})");
}

TEST_CASE("with a daemon's name only its spells are shown") {
  const ArcaneDialect claude("claude");
  CHECK_FALSE(shown(spell(R"({"spell_name":"summon","daemon_name":"claude","success":true})"), claude).empty());
  for (const char* other :
       {R"({"spell_name":"summon","daemon_name":"gemini","success":true})", R"({"spell_name":"reveal","success":true})",
        R"({"spell_name":"reveal","daemon_name":7,"success":true})"}) {
    CAPTURE(other);
    CHECK(shown(spell(other), claude).empty());
  }
  EventSpec note;
  note.data = R"({"daemon_name":"claude"})";
  CHECK(shown(note, claude).empty());
  CHECK(claude.manners().shows_some);
  CHECK_FALSE(kDialect.manners().shows_some);
}

TEST_CASE("a channel gives each message to the letter") {
  EventSpec message;
  message.type = "channel_message";
  message.topic = "channels.lab";
  message.data = R"({"channel":"lab","message":{ "b" : 1,"a":[ ] }})";
  CHECK(shown(message, kChannels) == R"({ "b" : 1,"a":[ ] })");
  message.data = R"({"channel":"lab"})";
  CHECK(shown(message, kChannels) == message.data);
  message.type = "note";
  message.data = R"({"message":1})";
  CHECK(shown(message, kChannels) == message.data);
}

TEST_CASE("the welcome, and what else a server says") {
  WelcomeReply welcome{"id", {}};
  welcome.clients = 3;
  CHECK(told(welcome) == R"({"type":"connection","message":"✨ Welcome to the ArcaneOS event stream! ✨",)"
                         R"("subscriber_count":3,"recent_events":[]})");
  welcome.channel = "lab";
  CHECK(told(welcome, kChannels) ==
        R"({"type":"connection","message":"✨ You have entered the channel lab ✨","channel":"lab","subscribers":3})");
  CHECK(told(AuthenticatedReply{"e", "agent", {"*"}, "s"}) == R"({"type":"auth_ok","entity_id":"e","scopes":["*"]})");
  CHECK(told(ErrorReply{"no"}) == R"({"type":"error","message":"no"})");
  std::string frame;
  kDialect.skipped(frame, {Seq{1}, Seq{5}, 0, 3, SkipReason::kSlow});
  CHECK(payload(frame) ==
        R"({"type":"events_skipped","from_seq":1,"to_seq":5,"priority_above":0,"count":3,"reason":"slow"})");
  frame.clear();
  kChannels.resumed(frame, {});
  CHECK(payload(frame) == R"({"type":"events_resumed","recovered":true,"first_seq":null,"last_seq":null})");
}
