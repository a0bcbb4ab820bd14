// event_schema, event_check, event_json, event_filter: one event's way through the schema.
#include <doctest/doctest.h>

#include "common/event_check.h"
#include "common/event_filter.h"
#include "common/event_json.h"
#include "common/event_schema.h"

using namespace cell0;

namespace {

v1::Envelope envelope_of(std::string_view type, std::string_view data) {
  v1::Envelope envelope;
  envelope.set_id(std::string(16, 'i'));
  envelope.set_source("test");
  envelope.set_time_us(1);
  const auto parsed = parse_json(data);
  REQUIRE(parsed.ok());
  const auto read = read_event_data(type, *parsed, envelope);
  REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.error().text));
  return envelope;
}

std::string data_of(const v1::Envelope& envelope, Absent absent = Absent::kLeftOut) {
  std::string text;
  JsonWriter out(text);
  write_event_data(out, envelope, absent);
  return text;
}

std::string problem_of(const v1::Envelope& envelope) {
  const auto checked = check_event(envelope, EventLimits{});
  return checked ? "" : checked.error().text;
}

}  // namespace

TEST_CASE("every typed event has a durability, a priority and a name that is its field's") {
  CHECK(event_types().size() == 58);
  for (const EventType& type : event_types()) {
    CAPTURE(type.name);
    CHECK(type.durability != v1::DURABILITY_UNSPECIFIED);
    CHECK(type.priority >= 1);
    CHECK(type.priority <= 10);
    CHECK(find_event_type(type.name) == &type);
  }
  CHECK(find_event_type("nobody_knows_it") == nullptr);
}

TEST_CASE("the audiences are those of the table in dialects.md") {
  struct Row {
    const char* type;
    bool cell0d, coda, arcane, stream;
  };
  const Row rows[] = {
      {"chat_message", true, false, false, true},   {"system_status", true, true, false, true},
      {"log_stream", true, false, false, true},     {"heartbeat", true, false, false, false},
      {"stt_result", true, true, false, true},      {"llm_token", false, true, false, false},
      {"system_metrics", true, true, false, true},  {"spell", true, false, true, true},
      {"stream_chunk", false, false, false, false}, {"of_a_user", true, false, false, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.type);
    const EventType& type = event_type_or_user(row.type);
    CHECK(type.reaches(v1::AUDIENCE_CELL0D) == row.cell0d);
    CHECK(type.reaches(v1::AUDIENCE_CODA) == row.coda);
    CHECK(type.reaches(v1::AUDIENCE_ARCANE) == row.arcane);
    CHECK(type.reaches(v1::AUDIENCE_STREAM) == row.stream);
  }
}

TEST_CASE("a log line's urgency follows its level unless the emitter says otherwise") {
  const auto priority = [](const char* level) {
    const auto envelope = envelope_of("log_stream", std::string(R"({"message":"m","level":")") + level + "\"}");
    return priority_of(envelope, *find_event_type("log_stream"));
  };
  CHECK(priority("ERROR") == 3);
  CHECK(priority("WARNING") == 5);
  CHECK(priority("INFO") == 7);
  auto envelope = envelope_of("log_stream", R"({"message":"m","level":"ERROR"})");
  envelope.set_priority(9);
  CHECK(priority_of(envelope, *find_event_type("log_stream")) == 9);
}

TEST_CASE("data goes in and comes out again") {
  struct Row {
    const char *why, *type, *in, *out;
  };
  const Row rows[] = {
      {"fields in the message's order, defaults filled in", "chat_message", R"({"sender":"a","message":"hi"})",
       R"({"message":"hi","sender":"a","channel":"general","metadata":{}})"},
      {"integers stay exact", "chat_message", R"({"message":"m","sender":"s","metadata":{"n":9007199254740993}})",
       R"({"message":"m","sender":"s","channel":"general","metadata":{"n":9007199254740993}})"},
      {"what the message does not know is kept", "chat_message", R"({"message":"m","sender":"s","mood":{"x":[1]}})",
       R"({"message":"m","sender":"s","channel":"general","metadata":{},"mood":{"x":[1]}})"},
      {"null is absence", "stt_result", R"({"text":"t","confidence":1,"duration_ms":2.5,"language":null})",
       R"({"text":"t","confidence":1,"duration_ms":2.5})"},
      {"neolith's names are camel case", "task_failed", R"({"sessionId":"s","taskId":"t","error":"e"})",
       R"({"sessionId":"s","taskId":"t","error":"e"})"},
      {"nested messages", "stream_chunk", R"({"sessionId":"s","chunk":"c","metadata":{"type":"text","index":0}})",
       R"({"sessionId":"s","chunk":"c","metadata":{"type":"text","index":0}})"},
      {"arrays", "memory_retrieve", R"({"query":"q","results_count":2,"relevance_scores":[0.5,1]})",
       R"({"query":"q","results_count":2,"relevance_scores":[0.5,1]})"},
      {"a tool may answer null", "tool_result", R"({"tool_name":"t","call_id":"c","result":null,"duration_ms":1})",
       R"({"tool_name":"t","call_id":"c","result":null,"duration_ms":1})"},
      {"a type of users keeps its bytes' order", "my.type", R"({"b":1,"a":2})", R"({"b":1,"a":2})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto envelope = envelope_of(row.type, row.in);
    CHECK(problem_of(envelope) == "");
    CHECK(data_of(envelope) == row.out);
    CHECK(type_of(envelope) == row.type);
  }
  CHECK(data_of(envelope_of("stt_result", R"({"text":"t","confidence":1,"duration_ms":2})"), Absent::kNull) ==
        R"({"text":"t","confidence":1,"duration_ms":2,"language":null})");
}

TEST_CASE("what is wrong with an event is named") {
  struct Row {
    const char *type, *data, *problem;
  };
  const Row rows[] = {
      {"chat_message", R"({"sender":"s"})", "chat_message.message: missing"},
      {"llm_result", R"({"text":"t","duration_ms":1,"tokens_per_second":2})", "llm_result.token_count: missing"},
      {"tts_status", R"({"status":"dancing"})",
       R"(tts_status.status: "dancing" is not one of idle processing playing)"},
      {"session_spawned", R"({"session":{"id":"a"}})", "session_spawned.session.status: missing"},
      {"1abc", "{}", "type: not a name (1-128 of A-Z a-z 0-9 _ . -, beginning with a letter)"},
  };
  for (const Row& row : rows) CHECK(problem_of(envelope_of(row.type, row.data)) == row.problem);

  struct Mistype {
    const char *type, *data, *problem;
  };
  const Mistype mistypes[] = {
      {"log_stream", R"({"level":7})", "log_stream.level: 7 is not a string"},
      {"llm_result", R"({"token_count":1.5})", "llm_result.token_count: 1.5 is not an integer"},
      {"tts_result", R"({"success":"yes"})", "tts_result.success: \"yes\" is not true or false"},
      {"component_status", R"({"dependencies":[1]})", "component_status.dependencies: [1] is not an array"},
      {"spell", "[]", "data: not an object"},
  };
  for (const Mistype& row : mistypes) {
    v1::Envelope envelope;
    const auto data = parse_json(row.data);
    const auto read = read_event_data(row.type, *data, envelope);
    REQUIRE(!read.ok());
    CHECK(read.error().text == row.problem);
  }
}

TEST_CASE("a malformed envelope is refused with the field's name") {
  const auto spoilt = [](auto&& spoil) {
    auto envelope = envelope_of("chat_message", R"({"message":"m","sender":"s"})");
    spoil(envelope);
    return problem_of(envelope);
  };
  CHECK(spoilt([](auto& e) { e.clear_id(); }) == "id: missing");
  CHECK(spoilt([](auto& e) { e.set_id("short"); }) == "id: 5 bytes, a UUID has 16");
  CHECK(spoilt([](auto& e) { e.clear_source(); }) == "source: missing");
  CHECK(spoilt([](auto& e) { e.set_source("a\nb"); }) == "source: has control characters");
  CHECK(spoilt([](auto& e) { e.set_time_us(0); }) == "time_us: missing (microseconds since 1970 UTC)");
  CHECK(spoilt([](auto& e) { e.set_time_us(kTimeUsMax); }).empty());
  CHECK(spoilt([](auto& e) { e.set_time_us(kTimeUsMax + 1); }) ==
        "time_us: after the year 9999 (microseconds since 1970 UTC)");
  CHECK(spoilt([](auto& e) { e.set_priority(11); }) == "priority: 11 is not 1-10");
  CHECK(spoilt([](auto& e) { e.set_session_id(""); }).substr(0, 11) == "session_id:");
  CHECK(spoilt([](auto& e) { e.set_topic("a..b"); }).substr(0, 6) == "topic:");
  CHECK(spoilt([](auto& e) { e.set_type("spell"); }) == "type: \"spell\", but the payload is chat_message");
  CHECK(spoilt([](auto& e) { e.clear_payload(); }) == "payload: missing (a typed one, or json with a type)");
  CHECK(spoilt([](auto& e) { e.set_json("{}"); }) == "type: missing (an event with json data needs one)");
  CHECK(spoilt([](auto& e) { e.set_json("{}"), e.set_type("chat_message"); }) ==
        "json: chat_message has a typed payload, use that field");
  CHECK(spoilt([](auto& e) { e.set_json("[1]"), e.set_type("mine"); }) == "json: not a JSON object");
  CHECK(spoilt([](auto& e) { e.mutable_chat_message()->mutable_metadata()->set_text("{"); }).substr(0, 22) ==
        "chat_message.metadata:");
  CHECK(spoilt([](auto& e) { e.mutable_extra()->set_text(R"({"message":1})"); }) ==
        "extra.message: chat_message has a field of that name");
}

TEST_CASE("a filter admits by audience or type, and by everything else that it names") {
  v1::Filter proto;
  proto.set_audience(v1::AUDIENCE_CELL0D);
  proto.add_types("llm_*");
  proto.set_min_priority(8);
  const auto filter = EventFilter::create(proto);
  REQUIRE(filter.ok());
  CHECK(filter->admits({"chat_message", "events.chat_message", "s", "", 4}));
  CHECK(filter->admits({"llm_token", "events.llm_token", "s", "", 8}));
  CHECK(!filter->admits({"stt_interim", "events.stt_interim", "s", "", 8}));
  CHECK(!filter->admits({"heartbeat", "events.heartbeat", "s", "", 9}));

  v1::Filter narrow;
  narrow.add_topics("sessions.*");
  narrow.add_sources("orc*");
  narrow.set_session_id("s1");
  const auto session = EventFilter::create(narrow);
  REQUIRE(session.ok());
  CHECK(session->admits({"stream_chunk", "sessions.s1", "orc1", "s1", 6}));
  CHECK(!session->admits({"stream_chunk", "sessions.s1", "orc1", "s2", 6}));
  CHECK(!session->admits({"stream_chunk", "sessions.s1", "other", "s1", 6}));
  CHECK(!session->admits({"stream_chunk", "sessions.s1.x", "orc1", "s1", 6}));
  CHECK(EventFilter{}.admits({"anything", "a.b", "s", "", 10}));
}

TEST_CASE("what may not be seen is not admitted, whatever else is asked for") {
  v1::Filter proto;
  proto.add_topics("channels.>");
  proto.add_allowed_topics("channels.open");
  proto.add_allowed_topics("events.>");
  const auto filter = EventFilter::create(proto);
  REQUIRE(filter.ok());
  CHECK(filter->admits({"channel_message", "channels.open", "s", "", 4}));
  CHECK(!filter->admits({"channel_message", "channels.secret", "s", "", 4}));
  CHECK(!filter->admits({"chat_message", "events.chat_message", "s", "", 4}));
}

TEST_CASE("equal filters have one canonical text") {
  v1::Filter a, b;
  a.add_types("x"), a.add_types("y"), a.add_types("x");
  b.add_types("y"), b.add_types("x");
  CHECK(EventFilter::create(a)->canonical() == EventFilter::create(b)->canonical());
  b.set_min_priority(4);
  CHECK(EventFilter::create(a)->canonical() != EventFilter::create(b)->canonical());
}

TEST_CASE("a filter that cannot be meant is refused") {
  v1::Filter star, deep, many;
  star.add_types("a*b");
  deep.set_min_priority(11);
  for (int i = 0; i < 300; ++i) many.add_types("t" + std::to_string(i));
  CHECK(EventFilter::create(star).error().text == "types: \"a*b\": a * stands at the end only");
  CHECK(EventFilter::create(deep).error().text == "min_priority: 11 is not 1-10");
  CHECK(EventFilter::create(many).error().code == ErrorCode::kTooLarge);
}
