// The coda dialect, byte for byte.
#include "gateway/dialects/coda.h"

#include <doctest/doctest.h>

#include "cell0/v1/event.pb.h"
#include "common/event_json.h"
#include "common/event_schema.h"
#include "gateway/dialects/coda_events.h"
#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

const CodaDialect kDialect;
const WallTime kTime = from_unix_us(1'770'892'200'123'456);

// What was decoded, in one line.
struct Describe {
  std::string operator()(const ChatCommand& command) const {
    return "chat " + command.message + " in " + command.session_id.value_or("a new session");
  }
  std::string operator()(const AudioStartCommand& command) const {
    return "audio " + command.session_id + " " + command.config;
  }
  std::string operator()(const AudioFrameCommand& command) const {
    return "frame of " + std::to_string(command.bytes.size());
  }
  std::string operator()(const AudioEndCommand& command) const { return "end " + command.session_id.value_or("it"); }
  std::string operator()(const AuthenticateCommand& command) const { return "auth " + command.token; }
  std::string operator()(const InvalidCommand& command) const { return "invalid: " + command.text; }
  std::string operator()(const auto&) const { return "what this dialect has no message for"; }
};

std::string described(const Decoded& decoded) {
  REQUIRE(decoded.requests.size() == 1);
  CHECK_FALSE(decoded.is_batch);
  return std::visit(Describe{}, decoded.requests[0].command);
}

// The payload of the one text frame that was appended; "" for none.
std::string payload(const std::string& frame) {
  if (frame.empty()) return "";
  REQUIRE(static_cast<unsigned char>(frame[0]) == 0x81);
  const std::size_t header = static_cast<unsigned char>(frame[1]) == 126 ? 4 : 2;
  return frame.substr(header);
}

std::string encoded(const Reply& reply) {
  std::string out;
  kDialect.reply(out, {}, reply);
  return payload(out);
}

// An event of that type as it comes from the broker.
EventPtr typed(const std::string& type, const std::string& data, const std::string& session = {}) {
  v1::Envelope envelope;
  envelope.set_id(std::string(16, '\1'));
  envelope.set_source("test");
  envelope.set_time_us(to_unix_us(kTime));
  if (!session.empty()) envelope.set_session_id(session);
  const auto parsed = parse_json(data);
  REQUIRE(parsed.ok());
  REQUIRE(read_event_data(type, *parsed, envelope).ok());
  v1::Delivered made = delivered(9);
  made.set_type(type);
  made.set_envelope(envelope.SerializeAsString());
  return Event::create(made).value();
}

std::string rendered(const EventPtr& event) {
  std::string out;
  kDialect.event(out, *event);
  return payload(out);
}

std::string types_of(const std::vector<std::string>& names, v1::Audience audience = v1::AUDIENCE_ANY,
                     const std::string& session = {}) {
  v1::Filter filter;
  for (const std::string& name : names) filter.add_types(name);
  filter.set_audience(audience);
  filter.set_session_id(session);
  const v1::Filter meant = kDialect.meant(filter);
  CHECK(meant.audience() == audience);
  std::string text;
  for (const std::string& name : meant.types()) text += (text.empty() ? "" : " ") + name;
  return text;
}

}  // namespace

TEST_CASE("a message becomes a command, or says what is wrong with it") {
  struct Row {
    const char* why;
    std::string input;
    const char* expected;
  };
  const std::string unknown = "invalid: Unknown message type: ";
  const char* const not_data = "invalid: data: not an object {\"message\", \"session_id\"?}";
  const Row rows[] = {
      {"not JSON", "hello", "invalid: Invalid JSON format"},
      {"nothing", "", "invalid: Invalid JSON format"},
      {"bytes behind it", R"({"type":"auth"} x)", "invalid: Invalid JSON format"},
      {"a NUL", std::string("{}\0", 3), "invalid: Invalid JSON format"},
      {"no UTF-8", "{\"type\":\"\xFF\"}", "invalid: Invalid JSON format"},
      {"deep", std::string(1000, '[') + std::string(1000, ']'), "invalid: Invalid JSON format"},
      {"an array", "[]", "invalid: Message must be a JSON object"},
      {"an unknown type", R"({"type":"dance"})", "invalid: Unknown message type: dance"},
      {"a chat without data", R"({"type":"chat_message"})", not_data},
      {"flat chat", R"({"type":"chat_message","message":"m"})", not_data},
      {"data that is a text", R"({"type":"chat_message","data":"m"})", not_data},
      {"no message", R"({"type":"chat_message","data":{}})", "invalid: data.message: not a string"},
      {"a message that is none", R"({"type":"chat_message","data":{"message":7}})",
       "invalid: data.message: not a string"},
      {"a session that is none", R"({"type":"chat_message","data":{"message":"m","session_id":7}})",
       "invalid: data.session_id: not a string, or null for a new session"},
      {"audio without a session", R"({"type":"audio_session_start"})", "invalid: session_id: not a string"},
      {"a config that is none", R"({"type":"audio_session_start","session_id":"s","config":[]})",
       "invalid: config: not an object"},
      {"the end of something", R"({"type":"audio_session_end","session_id":{}})", "invalid: session_id: not a string"},
      {"no token", R"({"type":"auth"})", "invalid: token: not a string"},

      {"chat", R"({"type":"chat_message","data":{"message":"hi","session_id":"s1"}})", "chat hi in s1"},
      {"chat of null", R"({"type":"chat_message","data":{"message":"hi","session_id":null}})",
       "chat hi in a new session"},
      {"chat of none", R"({"type":"chat_message","data":{"message":""},"x":1})", "chat  in a new session"},
      {"audio", R"({"type":"audio_session_start","session_id":"a","config":{"rate": 16000}})",
       R"(audio a {"rate":16000})"},
      {"audio without config", R"({"type":"audio_session_start","session_id":"a","config":null})", "audio a "},
      {"its end", R"({"type":"audio_session_end"})", "end it"},
      {"the end of one", R"({"type":"audio_session_end","session_id":"a"})", "end a"},
      {"auth", R"({"type":"auth","token":"cell0_x"})", "auth cell0_x"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(described(kDialect.decode(row.input)) == row.expected);
  }
  CHECK(described(kDialect.decode(R"({"type":7})")).find(unknown) == 0);
  CHECK(described(kDialect.decode("{\"type\":\"" + std::string(5000, 'x') + "\"}")) == unknown + std::string(100, 'x'));
}

TEST_CASE("a binary frame is audio, whatever it holds") {
  CHECK(described(kDialect.decode_binary(std::string("\0\xFF", 2))) == "frame of 2");
  CHECK(described(kDialect.decode_binary(R"({"type":"dance"})")) == "frame of 16");
  CHECK(described(kDialect.decode_binary("")) == "frame of 0");
}

TEST_CASE("replies look as the dialect says") {
  CHECK(encoded(WelcomeReply{"c1", kTime}) == "");
  CHECK(encoded(SuccessReply{}) == "");
  ErrorReply error{"Invalid JSON format", Fault::kParse};
  error.time = kTime;
  CHECK(encoded(error) == R"({"type":"error","message":"Invalid JSON format","timestamp":1770892200.123456})");
  CHECK(encoded(AuthenticatedReply{"ann", "user", {"publish:>"}, "sess_1"}) ==
        R"({"type":"auth_ok","entity_id":"ann","scopes":["publish:>"]})");
  CHECK(encoded(AudioStartedReply{"a", "c1", kTime}) ==
        R"({"type":"audio_session_started","session_id":"a","client_id":"c1","timestamp":1770892200.123456})");
  CHECK(
      encoded(AudioEndedReply{"a", "c1", 7, kTime}) ==
      R"({"type":"audio_session_ended","session_id":"a","client_id":"c1","chunks_processed":7,"timestamp":1770892200.123456})");
  CHECK(encoded(AudioFailedReply{"Voice processing not available", kTime}) ==
        R"({"type":"audio_error","error":"Voice processing not available","timestamp":1770892200.123456})");
  CHECK(
      encoded(HistoryReply{{typed("conversation_start", R"({"conversation_id":"k"})")}, true}) ==
      R"({"type":"replay","events":[{"version":"1.0","seq":9,"timestamp":1770892200.123456,"type":"conversation_start","session_id":null,"conversation_id":"k"}]})");
}

TEST_CASE("an event is flat, in the schema's order, absent optional fields null") {
  struct Row {
    const char *why, *type, *data, *expected;
  };
  const Row rows[] = {
      {"all there, out of order", "stt_result", R"({"language":"en","duration_ms":1500,"text":"Hi","confidence":0.95})",
       R"("type":"stt_result","session_id":"s1","text":"Hi","confidence":0.95,"duration_ms":1500,"language":"en"})"},
      {"one absent", "stt_result", R"({"text":"Hi","confidence":0.95,"duration_ms":1500})",
       R"("type":"stt_result","session_id":"s1","text":"Hi","confidence":0.95,"duration_ms":1500,"language":null})"},
      {"absent in the middle", "system_metrics", R"({"memory_mb":1,"cpu_percent":2,"uptime_seconds":3})",
       R"("type":"system_metrics","session_id":"s1","memory_mb":1,"cpu_percent":2,"gpu_vram_mb":null,"uptime_seconds":3})"},
      {"defaults and empty lists", "component_status", R"({"component_type":"stt","state":"ready"})",
       R"("type":"component_status","session_id":"s1","component_type":"stt","state":"ready","initialization_order":null,"dependencies":[]})"},
      {"further members behind", "stt_start", R"({"mode":"file","mood":{"a":[1]},"seq":1,"version":2})",
       R"("type":"stt_start","session_id":"s1","mode":"file","mood":{"a":[1]}})"},
      {"an absent one, and a further member", "llm_error", R"({"x":"details","error":"e"})",
       R"("type":"llm_error","session_id":"s1","error":"e","details":null,"x":"details"})"},
      {"JSON stays as it was", "tool_result",
       R"({"tool_name":"t","call_id":"c","result":[9007199254740993,"\u00e4"],"duration_ms":1})",
       R"("type":"tool_result","session_id":"s1","tool_name":"t","call_id":"c","result":[9007199254740993,"ä"],"duration_ms":1})"},
      {"coda's system_status", "component_summary",
       R"({"total_components":1,"ready_components":1,"failed_components":0,"integration_health":1})",
       R"("type":"system_status","session_id":"s1","total_components":1,"ready_components":1,"failed_components":0,"integration_health":1,"components":{}})"},
      {"cell0d's", "system_status", R"({"status":"running","uptime":2.5})",
       R"("type":"system_info","session_id":"s1","data":{"status":"running","details":{},"uptime":2.5}})"},
      {"a reply", "chat_response", R"({"response":{"content":"Hi"},"session_id":"lie","more":1})",
       R"("type":"chat_response","session_id":"s1","data":{"response":{"content":"Hi"},"more":1,"session_id":"s1"}})"},
      {"neolith's camel case", "stream_start", R"({"sessionId":"x"})",
       R"("type":"stream_start","session_id":"s1","sessionId":"x","taskId":null})"},
      {"a field like one of every event's", "heartbeat", R"({"client_id":"c","sequence":1,"timestamp":"t"})",
       R"("type":"heartbeat","session_id":"s1","data":{"client_id":"c","sequence":1,"timestamp":"t"}})"},
      {"the same without it", "heartbeat", R"({"client_id":"c","sequence":1})",
       R"("type":"heartbeat","session_id":"s1","data":{"client_id":"c","sequence":1}})"},
      {"a type of users", "my.type", R"({"b":1, "a":{"x":[ ]}})",
       R"("type":"my.type","session_id":"s1","b":1,"a":{"x":[]}})"},
      {"nothing in it", "my.type", "{}", R"("type":"my.type","session_id":"s1"})"},
      {"which collides", "my.type", R"({"a":1,"session_id":"mine"})",
       R"("type":"my.type","session_id":"s1","data":{"a":1,"session_id":"mine"}})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(rendered(typed(row.type, row.data, "s1")) ==
          std::string(R"({"version":"1.0","seq":9,"timestamp":1770892200.123456,)") + row.expected);
  }
  CHECK(rendered(typed("stt_start", R"({"mode":"file"})")) ==
        R"({"version":"1.0","seq":9,"timestamp":1770892200.123456,"type":"stt_start","session_id":null,"mode":"file"})");
}

TEST_CASE("every type of event is one JSON object in which no name stands twice") {
  for (const EventType& type : event_types()) {
    CAPTURE(type.name);
    // What the broker would refuse for want of fields is rendered, too: with nulls.
    const auto event = typed(type.name, R"({"version":1,"timestamp":"2","seq":3})");
    const std::string text = rendered(event);
    const auto parsed = parse_json(text);
    REQUIRE(parsed.ok());
    for (const auto& member : parsed->GetObject()) {
      const auto name = json_text(member.name);
      CHECK(&*parsed->FindMember(member.name) == &member);
      CAPTURE(name);
    }
  }
}

TEST_CASE("a time is seconds since 1970, with every microsecond") {
  for (const std::int64_t us : {1'704'067'200'123'000, 1'770'892'200'000'001, 1'770'892'200'999'999, 4'000'000'000'000'001}) {
    std::string text;
    JsonWriter(text).number(coda_seconds(from_unix_us(us)));
    const std::string whole = std::to_string(us);
    std::string expected = whole.substr(0, 10) + "." + whole.substr(10);
    while (expected.back() == '0') expected.pop_back();
    CHECK(text == expected);
  }
}

TEST_CASE("names of types mean in a filter what coda's clients call so") {
  CHECK(types_of({"system_status"}) == "component_summary");
  CHECK(types_of({"component_summary"}) == "component_summary");
  CHECK(types_of({"system_info"}) == "system_info system_status");
  CHECK(types_of({"stt_*", "my.type"}) == "stt_* my.type");
  CHECK(types_of({"system_*"}) == "system_* system_status component_summary");
  CHECK(types_of({"system_st*"}) == "system_st* component_summary");
  CHECK(types_of({}) == "");
}

TEST_CASE("the default for one session has its replies; a list of types has what it names") {
  CHECK(types_of({}, v1::AUDIENCE_CODA) == "");
  CHECK(types_of({}, v1::AUDIENCE_CODA, "s1") == "chat_response");
  CHECK(types_of({"stt_start"}, v1::AUDIENCE_ANY, "s1") == "stt_start");
}

TEST_CASE("the two notices look as the dialect says") {
  std::string out;
  kDialect.resumed(out, {true, Seq{5}, Seq{9}});
  CHECK(payload(out) == R"({"type":"events_resumed","recovered":true,"first_seq":5,"last_seq":9})");
  out.clear();
  kDialect.skipped(out, {Seq{5}, Seq{9}, 4, 3, SkipReason::kSlow});
  CHECK(payload(out) ==
        R"({"type":"events_skipped","from_seq":5,"to_seq":9,"priority_above":4,"count":3,"reason":"slow"})");
}

TEST_CASE("a client of coda is pinged after 20 s, and closed 10 s later") {
  CHECK(kDialect.name() == "coda");
  CHECK(kDialect.audience() == v1::AUDIENCE_CODA);
  CHECK(kDialect.keep_alive().ping_after == std::chrono::seconds(20));
  CHECK(kDialect.keep_alive().close_after == std::chrono::seconds(30));
  CHECK(kDialect.keep_alive().message_ping_every == std::chrono::seconds(0));
}
