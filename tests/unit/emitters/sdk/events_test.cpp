#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "common/event_json.h"
#include "common/event_schema.h"
#include "common/json.h"
#include "common/uuid.h"
#include "emitters/sdk/cell0d.h"
#include "emitters/sdk/coda.h"
#include "emitters/sdk/envelope_stamp.h"
#include "emitters/sdk/scope_timer.h"

using namespace cell0;
using namespace cell0::emit;

namespace {

// Keeps what it is given, stamped and checked as the real ones do.
class List final : public Sink {
 public:
  Result<void> emit(v1::Envelope envelope, OnPublished) override {
    if (auto complete = stamp_.complete(envelope); !complete) return complete;
    events.push_back(std::move(envelope));
    return {};
  }
  using Sink::emit;

  // "type source data" of the only event.
  std::string take() {
    REQUIRE(events.size() == 1);
    const v1::Envelope envelope = std::move(events.front());
    events.clear();
    std::string data;
    JsonWriter json(data);
    write_event_data(json, envelope);
    return std::string(type_of(envelope)) + " " + envelope.source() + " " + data;
  }

  ManualClock clock;
  SeededRandom random{1};
  std::vector<v1::Envelope> events;

 private:
  EnvelopeStamp stamp_{clock, random, "test.source"};
};

}  // namespace

TEST_CASE("cell0d's calls make its events, with their sources") {
  List list;
  REQUIRE(emit_chat_message(list, {.message = "Hello!", .sender = "user", .channel = "ops"}).ok());
  CHECK(list.take() == R"(chat_message chat.ops {"message":"Hello!","sender":"user","channel":"ops","metadata":{}})");
  REQUIRE(emit_model_activity(list, {.action = "loaded", .model_name = "qwen2.5-7b"}).ok());
  CHECK(list.take() == R"(model_activity cell0d.models {"action":"loaded","model_name":"qwen2.5-7b","details":{}})");
  REQUIRE(
      emit_mcic_event(list, {.event = "kernel_started", .kernel_id = "kernel_001", .payload_json = R"({"g":1})"}).ok());
  CHECK(list.take() ==
        R"(mcic_event mcic.kernel_001 {"event":"kernel_started","kernel_id":"kernel_001","payload":{"g":1}})");
  REQUIRE(emit_log(list, {.level = "INFO", .message = "Something happened"}).ok());
  CHECK(list.take() ==
        R"(log_stream log.root {"level":"INFO","message":"Something happened","logger":"root","metadata":{}})");
  REQUIRE(emit_system_status(list, {.status = "running", .details_json = R"({"a":1})", .uptime_s = 2.5}).ok());
  CHECK(list.take() == R"(system_status cell0d.system {"status":"running","details":{"a":1},"uptime":2.5})");
  REQUIRE(emit_heartbeat(list, {.client_id = "server", .sequence = 3}).ok());
  CHECK(list.take() == R"(heartbeat cell0d.heartbeat {"client_id":"server","sequence":3})");
  REQUIRE(emit_client_connect(list, "c1", "/cell0d").ok());
  CHECK(list.take() == R"(client_connect websocket.server {"client_id":"c1","path":"/cell0d"})");
  REQUIRE(emit_client_disconnect(list, "c1", "gone").ok());
  CHECK(list.take() == R"(client_disconnect websocket.server {"client_id":"c1","reason":"gone"})");
}

TEST_CASE("a call with a wrong value is refused at once, and the error names the field") {
  List list;
  const struct {
    Result<void> result;
    std::string names;
  } rows[] = {
      {emit_model_activity(list, {.action = "exploded", .model_name = "m"}), "model_activity.action"},
      {emit_mcic_event(list, {.event = "e", .kernel_id = "k", .payload_json = "{"}), "payload"},
      {list.emit_json("llm_result", "s", R"({"text":"x"})"), "llm_result.duration_ms"},
      {list.emit_json("llm_result", "s", R"({"text":1})"), "llm_result.text"},
      {list.emit_json("my_type", "s", "nonsense"), "data"},
      {list.emit_json("my type", "s", "{}"), "type"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.names);
    REQUIRE_FALSE(row.result.ok());
    CHECK(row.result.error().text.find(row.names) != std::string::npos);
  }
  CHECK(list.events.empty());
}

TEST_CASE("bytes that are no UTF-8 are replaced, and a source is cut where a code point ends") {
  List list;
  REQUIRE(emit_log(list, {.level = "INFO",
                          .message = "a\xff"
                                     "b",
                          .logger = "x\ny"})
              .ok());
  CHECK(list.events[0].log_stream().message() ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(list.events[0].source() == "log.x_y");
  std::string long_name;
  for (int i = 0; i < 200; ++i) long_name += "ä";
  CHECK(source_name("log.", long_name).size() == 254);  // 4 + 125 * 2
}

TEST_CASE("emit_json keeps the bytes of a type that only its users know") {
  List list;
  REQUIRE(list.emit_json("my_type", "me", R"({"b":1.0, "a":12345678901234567890})").ok());
  CHECK(list.events[0].json() == R"({"b":1.0, "a":12345678901234567890})");
  CHECK(list.take() == R"(my_type me {"b":1.0, "a":12345678901234567890})");
}

TEST_CASE("what is not set is filled in: a UUIDv7, the time, the source") {
  List list;
  v1::Envelope envelope;
  envelope.set_type("x");
  envelope.set_json("{}");
  REQUIRE(list.emit(envelope).ok());
  CHECK(list.events[0].source() == "test.source");
  CHECK(list.events[0].time_us() == to_unix_us(list.clock.wall()));
  REQUIRE(uuid_from_raw(list.events[0].id()).ok());
  CHECK(to_string(*uuid_from_raw(list.events[0].id()))[14] == '7');
  envelope.set_source("mine");
  envelope.set_time_us(5);
  REQUIRE(list.emit(envelope).ok());
  CHECK(list.events[1].source() == "mine");
  CHECK(list.events[1].time_us() == 5);
  CHECK(list.events[1].id() != list.events[0].id());
}

TEST_CASE("every call of coda's makes an event that is valid, of its own type, in its session") {
  List list;
  coda::Source voice(list, "coda.voice", "session-1");
  const double scores[] = {0.5, 0.25};
  const std::string_view needs[] = {"audio"};
  const std::vector<std::pair<std::string, Result<void>>> calls = {
      {"system_info", voice.system_info("{}")},
      {"system_error", voice.system_error("warning", "m", R"({"a":1})")},
      {"system_metrics", voice.system_metrics(1, 2, 3, 4)},
      {"stt_start", voice.stt_start("continuous")},
      {"stt_interim", voice.stt_interim("t", 0.5)},
      {"stt_result", voice.stt_final_result("Hello world", 0.95, 1500, "en")},
      {"stt_error", voice.stt_error("e")},
      {"llm_start", voice.llm_start("p", "llama3")},
      {"llm_token", voice.llm_token("t", "tt")},
      {"llm_result", voice.llm_result("Hi there!", 800, 15, 18.75)},
      {"llm_error", voice.llm_error("e", "{}")},
      {"tts_start", voice.tts_start("t", "default", "elevenlabs")},
      {"tts_progress", voice.tts_progress(50, 100)},
      {"tts_result", voice.tts_result(600, 1200, true)},
      {"tts_error", voice.tts_error("e")},
      {"tts_status", voice.tts_status("idle")},
      {"memory_store", voice.memory_store("c", "episodic", 0.5, "m1")},
      {"memory_retrieve", voice.memory_retrieve("q", 2, scores)},
      {"tool_call", voice.tool_call("t", R"({"a":1})", "c1")},
      {"tool_result", voice.tool_result("t", "c1", "[1]", 5)},
      {"tool_error", voice.tool_error("t", "c1", "e")},
      {"conversation_start", voice.conversation_start("c")},
      {"conversation_turn", voice.conversation_turn("c", 1, "u", "a")},
      {"conversation_end", voice.conversation_end("c", 1, 2.5)},
      {"latency_trace", voice.track_operation("llm", "generate", 1200, R"({"tokens":45})")},
      {"component_timing", voice.component_timing("llm", "{}")},
      {"component_stats", voice.component_stats("llm", "{}")},
      {"component_status", voice.component_status({.component_type = "stt", .state = "ready", .dependencies = needs})},
      {"component_error", voice.component_error("stt", "e", 1, "failed")},
      {"component_health", voice.component_health("stt", "{}")},
      {"component_summary", voice.component_summary({.total = 2, .ready = 1, .failed = 1, .integration_health = 0.5})},
      {"integration_metrics", voice.integration_metrics({})},
      {"performance_alert", voice.performance_alert({.alert_id = "a", .component = "c", .metric_name = "m"})},
      {"performance_metrics", voice.performance_metrics("{}", "{}", 0)},
      {"chat_response", voice.chat_response("hi")},
  };
  REQUIRE(list.events.size() == calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    CAPTURE(calls[i].first);
    CHECK(calls[i].second.ok());
    CHECK(type_of(list.events[i]) == calls[i].first);
    CHECK(list.events[i].session_id() == "session-1");
    CHECK(list.events[i].source() == "coda.voice");
  }
}

TEST_CASE("time_operation says how long its scope took") {
  List list;
  coda::Source voice(list, "coda.voice");
  {
    ScopeTimer timing(voice, list.clock, "stt", "transcribe");
    timing.note(R"({"samples":16000})");
    list.clock.advance(std::chrono::milliseconds(1500));
  }
  CHECK(
      list.take() ==
      R"(latency_trace coda.voice {"component":"stt","operation":"transcribe","duration_ms":1500,"metadata":{"samples":16000}})");
  { const auto timing = time_operation(voice, "a", "b"); }
  CHECK(list.events.size() == 1);
}
