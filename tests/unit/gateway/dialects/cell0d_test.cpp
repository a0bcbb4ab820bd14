// The cell0d dialect, byte for byte.
#include "gateway/dialects/cell0d.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

const Cell0dDialect kDialect;
const WallTime kTime = from_unix_us(1'770'892'200'123'456);
constexpr char kId9[] = "00000000-0000-0000-0000-000000000009";

// What was decoded, in one line.
struct Describe {
  static std::string list(const std::vector<std::string>& names) {
    std::string text = "[";
    for (const std::string& name : names) text += (text.size() > 1 ? "," : "") + name;
    return text + "]";
  }
  std::string operator()(const SubscribeCommand& command) const {
    return "subscribe " + list(command.names) + (command.replace ? " replace" : "") +
           (command.min_priority ? " min_priority=" + std::to_string(*command.min_priority) : "") +
           (command.sources ? " sources=" + list(*command.sources) : "") +
           (command.consumer ? " consumer=" + *command.consumer : "") +
           (command.since ? " since " + std::to_string(*command.since) : "");
  }
  std::string operator()(const AcknowledgeCommand& command) const { return "ack " + std::to_string(command.seq); }
  std::string operator()(const UnsubscribeCommand& command) const { return "unsubscribe " + list(command.names); }
  std::string operator()(const PingCommand& command) const { return "ping " + command.sequence.value_or("none"); }
  std::string operator()(const HistoryCommand& command) const {
    return "history " + command.type.value_or("default") + " " + std::to_string(command.limit) +
           (command.since ? " since " + std::to_string(*command.since) : "") +
           (command.since_time ? " since " + to_iso8601(*command.since_time) : "");
  }
  std::string operator()(const StatsCommand&) const { return "stats"; }
  std::string operator()(const EchoCommand& command) const { return "echo " + command.message; }
  std::string operator()(const AuthenticateCommand& command) const { return "auth " + command.token; }
  std::string operator()(const InvalidCommand& command) const { return "invalid: " + command.text; }
  std::string operator()(const auto&) const { return "what this dialect has no message for"; }
};

// The one command of a message: this dialect has no batches, and answers in order.
Command decode(std::string_view text) {
  Decoded decoded = kDialect.decode(text);
  REQUIRE(decoded.requests.size() == 1);
  CHECK_FALSE(decoded.is_batch);
  return std::move(decoded.requests[0].command);
}

// The payload of the one text frame that was appended.
std::string payload(const std::string& frame) {
  REQUIRE(frame.size() >= 2);
  REQUIRE(static_cast<unsigned char>(frame[0]) == 0x81);
  std::size_t header = 2;
  std::size_t length = static_cast<unsigned char>(frame[1]);
  if (length == 126) {
    header = 4;
    length = static_cast<unsigned char>(frame[2]) * 256u + static_cast<unsigned char>(frame[3]);
  }
  REQUIRE(frame.size() == header + length);
  return frame.substr(header);
}

std::string encoded(const Reply& reply) {
  std::string out;
  kDialect.reply(out, {}, reply);
  return payload(out);
}

}  // namespace

TEST_CASE("a message becomes a command, or says what is wrong with it") {
  struct Row {
    const char* why;
    const char* input;
    const char* expected;
  };
  const Row rows[] = {
      {"not JSON", "hello", "invalid: Invalid JSON"},
      {"nothing", "", "invalid: Invalid JSON"},
      {"bytes behind it", R"({"type":"ping"} x)", "invalid: Invalid JSON"},
      {"not closed", R"({"type":"ping")", "invalid: Invalid JSON"},
      {"an array", R"(["ping"])", "invalid: Message must be a JSON object"},
      {"a number", "7", "invalid: Message must be a JSON object"},
      {"no type", R"({"sequence":1})",
       "invalid: Unknown message type: none (a message has a \"type\", which is a string)"},
      {"a type that is no string", R"({"type":1})",
       "invalid: Unknown message type: none (a message has a \"type\", which is a string)"},
      {"an unknown type", R"({"type":"dance"})", "invalid: Unknown message type: dance"},
      {"names that are no list", R"({"type":"subscribe","event_types":7})",
       "invalid: event_types: not a list of names"},
      {"a name that is no string", R"({"type":"subscribe","event_types":["a",7]})",
       "invalid: event_types: not a list of names"},
      {"the same for unsubscribe", R"({"type":"unsubscribe","event_types":{}})",
       "invalid: event_types: not a list of names"},
      {"replace that is no flag", R"({"type":"subscribe","replace":1})", "invalid: replace: not true or false"},
      {"a priority out of range", R"({"type":"subscribe","min_priority":0})", "invalid: min_priority: not 1-10"},
      {"a priority out of range", R"({"type":"subscribe","min_priority":11})", "invalid: min_priority: not 1-10"},
      {"sources that are no list", R"({"type":"subscribe","sources":null})", "invalid: sources: not a list of names"},
      {"a negative limit", R"({"type":"get_history","limit":-1})", "invalid: limit: not an integer of 0 or more"},
      {"a limit that is no integer", R"({"type":"get_history","limit":"10"})",
       "invalid: limit: not an integer of 0 or more"},
      {"a type that is no name", R"({"type":"get_history","event_type":1})", "invalid: event_type: not a name"},
      {"a negative since", R"({"type":"get_history","since":-1})",
       "invalid: since: not a seq (an integer of 0 or more) and no time in a string"},
      {"a since that is no time", R"({"type":"get_history","since":"x"})",
       "invalid: since: \"x\" is not a time (2026-02-12T10:30:00Z, or @1770892200 in seconds since 1970)"},
      {"an ack that is no flag", R"({"type":"subscribe","ack":1})", "invalid: ack: not true or false"},
      {"an ack without a consumer", R"({"type":"subscribe","ack":true})",
       "invalid: consumer: not a name of 1-128 bytes without control characters"},
      {"an empty consumer", R"({"type":"subscribe","ack":true,"consumer":""})",
       "invalid: consumer: not a name of 1-128 bytes without control characters"},
      {"a consumer with a line in it", R"({"type":"subscribe","ack":true,"consumer":"a\nb"})",
       "invalid: consumer: not a name of 1-128 bytes without control characters"},
      {"a consumer's since", R"({"type":"subscribe","ack":true,"consumer":"c","since":"x"})",
       "invalid: since: not a seq (an integer of 0 or more)"},
      {"an ack of nothing", R"({"type":"ack"})", "invalid: seq: not a seq (an integer of 0 or more)"},
      {"a negative ack", R"({"type":"ack","seq":-1})", "invalid: seq: not a seq (an integer of 0 or more)"},
      {"no token", R"({"type":"auth"})", "invalid: token: not a string"},

      {"everything by default", R"({"type":"subscribe"})", "subscribe [all]"},
      {"a bare name", R"({"type":"subscribe","event_types":"a"})", "subscribe [a]"},
      {"no names at all", R"({"type":"subscribe","event_types":[]})", "subscribe []"},
      {"all its parts",
       R"({"type":"subscribe","event_types":["a","b_*"],"replace":true,"min_priority":4,"sources":["x"]})",
       "subscribe [a,b_*] replace min_priority=4 sources=[x]"},
      {"no sources any more", R"({"type":"subscribe","sources":[]})", "subscribe [all] sources=[]"},
      {"an unknown field", R"({"type":"subscribe","colour":"red"})", "subscribe [all]"},
      {"a consumer", R"({"type":"subscribe","event_types":["a"],"ack":true,"consumer":"mail"})",
       "subscribe [a] consumer=mail"},
      {"a consumer from somewhere", R"({"type":"subscribe","ack":true,"consumer":"mail","since":17})",
       "subscribe [all] consumer=mail since 17"},
      {"a name without ack", R"({"type":"subscribe","ack":false,"consumer":7})", "subscribe [all]"},
      {"ack", R"({"type":"ack","seq":17})", "ack 17"},
      {"unsubscribe from all", R"({"type":"unsubscribe"})", "unsubscribe [all]"},
      {"unsubscribe", R"({"type":"unsubscribe","event_types":["a"]})", "unsubscribe [a]"},
      {"ping", R"({"type":"ping"})", "ping none"},
      {"ping with null", R"({"type":"ping","sequence":null})", "ping none"},
      {"ping with a number", R"({"type":"ping","sequence":9007199254740993})", "ping 9007199254740993"},
      {"ping with anything", R"({"type":"ping","sequence":{"a":[1, "x"]}})", R"(ping {"a":[1,"x"]})"},
      {"history", R"({"type":"get_history"})", "history default 100"},
      {"history of all", R"({"type":"get_history","event_type":"all"})", "history default 100"},
      {"history of nulls", R"({"type":"get_history","event_type":null,"limit":null,"since":null})",
       "history default 100"},
      {"history of a type", R"({"type":"get_history","event_type":"llm_*","limit":5,"since":17})",
       "history llm_* 5 since 17"},
      {"history since a time", R"({"type":"get_history","since":"2026-02-12T11:30:00+01:00"})",
       "history default 100 since 2026-02-12T10:30:00.000000Z"},
      {"history of nothing", R"({"type":"get_history","limit":0})", "history default 0"},
      {"stats", R"({"type":"get_stats"})", "stats"},
      {"echo", R"({"type":"echo", "n":1.5, "list":[null]})", R"(echo {"type":"echo","n":1.5,"list":[null]})"},
      {"auth", R"({"type":"auth","token":"cell0_x"})", "auth cell0_x"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CAPTURE(row.input);
    CHECK(std::visit(Describe{}, decode(row.input)) == row.expected);
  }
}

TEST_CASE("an unknown type is quoted, but not all of it, and stays valid text") {
  const auto command = decode(R"({"type":")" + std::string(5000, 'x') + R"("})");
  CHECK(std::get<InvalidCommand>(command).text == "Unknown message type: " + std::string(100, 'x'));
  // Cut within a code point: what is left of it is replaced when it is written.
  std::string wide = "x";
  for (int i = 0; i < 60; ++i) wide += "\xc3\xa4";
  const auto cut = decode(R"({"type":")" + wide + R"("})");
  const std::string text = encoded(ErrorReply{std::get<InvalidCommand>(cut).text});
  CHECK(text.find("\xc3\"") == std::string::npos);
}

TEST_CASE("JSON nested too deeply is invalid") {
  const std::string deep = R"({"type":"echo","x":)" + std::string(1000, '[') + std::string(1000, ']') + "}";
  CHECK(std::visit(Describe{}, decode(deep)) == "invalid: Invalid JSON");
}

TEST_CASE("replies look as the dialect says") {
  CHECK(encoded(WelcomeReply{"c1", kTime}) ==
        R"({"type":"connection_established","client_id":"c1","timestamp":"2026-02-12T10:30:00.123456Z",)"
        R"("server_version":"cell0d-1.0.0"})");
  CHECK(encoded(SubscribedReply{{"all", "llm_*"}}) ==
        R"({"type":"subscription_updated","subscribed_events":["all","llm_*"]})");
  CHECK(encoded(SubscribedReply{}) == R"({"type":"subscription_updated","subscribed_events":[]})");
  CHECK(encoded(SubscribedReply{{"all"}, "mail", Seq{7}}) ==
        R"({"type":"subscription_updated","subscribed_events":["all"],"consumer":"mail","position":7})");
  CHECK(encoded(PongReply{R"({"a":1})", kTime, "c1"}) ==
        R"({"type":"pong","sequence":{"a":1},"timestamp":"2026-02-12T10:30:00.123456Z","client_id":"c1"})");
  CHECK(encoded(PingReply{3, kTime}) == R"({"type":"ping","timestamp":"2026-02-12T10:30:00.123456Z","sequence":3})");
  CHECK(encoded(StatsReply{9, 2, 100, 7, kTime, {"c1", "c2"}, "gw-a-0"}) ==
        R"({"type":"server_stats","stats":{"total_connections":9,"connected_clients":2,"messages_sent":100,)"
        R"("messages_received":7,"start_time":"2026-02-12T10:30:00.123456Z","client_ids":["c1","c2"],)"
        R"("gateway":"gw-a-0"}})");
  CHECK(encoded(EchoReply{R"({"type":"echo"})"}) == R"({"type":"echo","data":{"type":"echo"}})");
  CHECK(encoded(AuthenticatedReply{"admin", "user", {"*"}, "sess_1"}) ==
        R"({"type":"auth_ok","entity_id":"admin","scopes":["*"]})");
  CHECK(encoded(ErrorReply{"Invalid JSON"}) == R"({"type":"error","error":"Invalid JSON"})");
}

TEST_CASE("an event is rendered with everything a client of cell0d knows, and its seq") {
  EventSpec spec;
  spec.data = R"({"text":"hi"})";
  spec.priority = 3;
  spec.source = "my.source";
  std::string out;
  kDialect.event(out, *event(9, spec));
  const std::string object = std::string(R"({"id":")") + kId9 +
                             R"(","type":"note","timestamp":"2026-02-12T10:30:00.123456Z","source":"my.source",)"
                             R"("data":{"text":"hi"},"priority":3,"seq":9})";
  CHECK(payload(out) == R"({"type":"event","event":)" + object + "}");
  CHECK(encoded(HistoryReply{{event(9, spec)}, false}) ==
        R"({"type":"event_history","events":[)" + object + R"(],"count":1})");
  CHECK(encoded(HistoryReply{{event(9, spec)}, true}) ==
        R"({"type":"event_history","events":[)" + object + R"(],"count":1,"note":"Recent events before connection"})");
  CHECK(encoded(HistoryReply{{}, false}) == R"({"type":"event_history","events":[],"count":0})");
}

TEST_CASE("an event of a session names it") {
  EventSpec spec;
  spec.session_id = "s1";
  std::string out;
  kDialect.event(out, *event(9, spec));
  CHECK(payload(out).find(R"("seq":9,"session_id":"s1"}})") != std::string::npos);
}

TEST_CASE("several events are several frames, one behind the other") {
  std::string one;
  kDialect.event(one, *event(1));
  std::string two;
  kDialect.event(two, *event(2));
  std::string both;
  kDialect.event(both, *event(1));
  kDialect.event(both, *event(2));
  CHECK(both == one + two);
}

TEST_CASE("the two notices look as the dialect says") {
  std::string out;
  kDialect.resumed(out, {true, Seq{5}, Seq{9}});
  CHECK(payload(out) == R"({"type":"events_resumed","recovered":true,"first_seq":5,"last_seq":9})");
  out.clear();
  kDialect.resumed(out, {false, std::nullopt, std::nullopt});
  CHECK(payload(out) == R"({"type":"events_resumed","recovered":false,"first_seq":null,"last_seq":null})");
  out.clear();
  kDialect.skipped(out, {Seq{5}, Seq{9}, 4, 3, SkipReason::kSlow});
  CHECK(payload(out) ==
        R"({"type":"events_skipped","from_seq":5,"to_seq":9,"priority_above":4,"count":3,"reason":"slow"})");
  out.clear();
  render(kDialect, out, *Event::hole(Seq{5}, Seq{9}, SkipReason::kNotRetained));
  CHECK(payload(out) ==
        R"({"type":"events_skipped","from_seq":5,"to_seq":9,"priority_above":0,"count":null,"reason":"not_retained"})");
}

TEST_CASE("a client of cell0d gets `all`, and a ping every 30 s") {
  CHECK(kDialect.name() == "cell0d");
  CHECK(kDialect.audience() == v1::AUDIENCE_CELL0D);
  CHECK(kDialect.default_name() == "all");
  CHECK(kDialect.keep_alive().message_ping_every == std::chrono::seconds(30));
}
