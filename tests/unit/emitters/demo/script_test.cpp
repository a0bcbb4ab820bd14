#include "emitters/demo/script.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "common/config/emit_config.h"
#include "common/event_check.h"
#include "common/event_json.h"
#include "common/event_schema.h"
#include "common/json.h"
#include "common/topic.h"

using namespace cell0;
using namespace cell0::emit;

namespace {

Plan plan(std::uint64_t seed, double rate = EmitDemoConfig{}.rate) {
  SeededRandom random(seed);
  const Round round = make_round(seed, random);
  return plan_round(round, random, rate);
}

// Where the first event of that type stands whose data holds `text`.
std::size_t position(const Plan& plan, std::string_view type, std::string_view text = "") {
  for (std::size_t i = 0; i < plan.cues.size(); ++i) {
    if (plan.cues[i].type == type && plan.cues[i].data.find(text) != std::string::npos) return i;
  }
  FAIL("no " << type << " with \"" << text << "\"");
  return 0;
}

// Types that emitters do not publish: the broker makes them, of what gateways tell it.
const std::set<std::string_view> kOfTheBroker = {"presence_changed", "token_revoked"};

}  // namespace

TEST_CASE("every event of the scene is valid, whatever chance fills in") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const Cue& cue : plan(seed).cues) {
      CAPTURE(cue.type);
      CAPTURE(cue.data);
      CHECK((cue.data + cue.topic + cue.session).find('$') == std::string::npos);
      const auto parsed = parse_json(cue.data);
      REQUIRE(parsed.ok());
      v1::Envelope envelope;
      envelope.set_id(std::string(16, 'x'));
      envelope.set_source(std::string(cue.source));
      envelope.set_time_us(1);
      if (!cue.topic.empty()) envelope.set_topic(cue.topic);
      if (!cue.session.empty()) envelope.set_session_id(cue.session);
      REQUIRE(read_event_data(cue.type, *parsed, envelope).ok());
      const auto checked = check_event(envelope, EventLimits{});
      CHECK_MESSAGE(checked.ok(), (checked.ok() ? "" : checked.error().text));
      CHECK(check_topic(topic_of(envelope, cue.type)).ok());
      CHECK_FALSE(envelope.has_extra());  // no member that the type does not have
    }
  }
}

TEST_CASE("every event type that emitters publish comes at least once within a minute at the default rate") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Plan round = plan(seed);
    CHECK(round.length < std::chrono::seconds(60));
    std::set<std::string_view> shown;
    for (const Cue& cue : round.cues) shown.insert(cue.type);
    for (const EventType& type : event_types()) {
      CAPTURE(type.name);
      CHECK(shown.contains(type.name) != kOfTheBroker.contains(type.name));
    }
    CHECK(shown.contains("demo_weather"));  // one that only its users know
  }
}

TEST_CASE("the scene has every spell, and one that fails") {
  const Plan round = plan(1);
  for (const char* spell : {"summon", "invoke", "banish", "reveal", "parse", "voice", "route"}) {
    position(round, "spell", "\"spell_name\":\"" + std::string(spell) + "\"");
  }
  position(round, "spell", "\"success\":false");
}

TEST_CASE("causes come before what they cause") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Plan round = plan(seed);
    CHECK(position(round, "conversation_start") < position(round, "stt_start"));
    CHECK(position(round, "stt_interim") < position(round, "stt_result"));
    CHECK(position(round, "stt_result") < position(round, "llm_start"));
    CHECK(position(round, "tool_call") < position(round, "tool_result"));
    CHECK(position(round, "llm_token") < position(round, "llm_result"));
    CHECK(position(round, "llm_result") < position(round, "tts_start"));
    CHECK(position(round, "tts_start") < position(round, "tts_result"));
    CHECK(position(round, "tts_result") < position(round, "conversation_end"));
    CHECK(position(round, "spell", "\"summon\"") < position(round, "spell", "\"spell_name\":\"invoke\""));
    CHECK(position(round, "spell", "\"spell_name\":\"invoke\"") <
          position(round, "spell", "\"spell_name\":\"banish\""));
    CHECK(position(round, "session_spawned") < position(round, "session_status_update"));
    CHECK(position(round, "stream_start") < position(round, "stream_chunk"));
    CHECK(position(round, "tool_call_start") < position(round, "tool_call_result"));
    CHECK(position(round, "stream_end") < position(round, "task_completed"));
    CHECK(position(round, "model_activity", "loading") < position(round, "model_activity", "\"loaded\""));
    CHECK(position(round, "mcic_event", "started") < position(round, "mcic_event", "finished"));
    CHECK(position(round, "client_connect") < position(round, "client_disconnect"));
  }
}

TEST_CASE("every event of an agent session is on the session's topic, with its id") {
  for (const Cue& cue : plan(3).cues) {
    if (cue.source != "neolith.demo") continue;
    CAPTURE(cue.type);
    CHECK(cue.topic == "sessions." + cue.session);
    CHECK(cue.data.find("\"" + cue.session + "\"") != std::string::npos);
  }
}

TEST_CASE("tokens and chunks add up to the answer") {
  SeededRandom random(5);
  const Round round = make_round(5, random);
  std::string tokens;
  std::string chunks;
  for (const Cue& cue : plan_round(round, random, 5).cues) {
    const auto data = parse_json(cue.data);
    REQUIRE(data.ok());
    if (cue.type == "llm_token") {
      tokens += json_string(*data, "token").value();
      CHECK(json_string(*data, "cumulative_text") == tokens);
    }
    if (cue.type == "stream_chunk" && cue.data.find("\"text\"") != std::string::npos) {
      chunks += json_string(*data, "chunk").value();
    }
  }
  CHECK(tokens == round.answer);
  CHECK(chunks == round.answer);
}

TEST_CASE("a round is in order, as long as its rate says, and the same for the same seed") {
  for (const double rate : {0.5, 5.0, 2000.0}) {
    const Plan a = plan(7, rate);
    const Plan b = plan(7, rate);
    REQUIRE(a.cues.size() == b.cues.size());
    CHECK(std::chrono::duration<double>(a.length).count() ==
          doctest::Approx(static_cast<double>(a.cues.size()) / rate));
    std::chrono::nanoseconds before{0};
    for (std::size_t i = 0; i < a.cues.size(); ++i) {
      CHECK(a.cues[i].at >= before);
      CHECK(a.cues[i].at <= a.length);
      CHECK(a.cues[i].at == b.cues[i].at);
      CHECK(a.cues[i].data == b.cues[i].data);
      before = a.cues[i].at;
    }
  }
  CHECK(plan(7).cues.front().at != plan(8).cues.back().at);
}

TEST_CASE("what fills in by chance is the same for the same seed, and unknown words stay") {
  SeededRandom a(7);
  SeededRandom b(7);
  CHECK(fill_in("$ms $share $percent", {}, a) == fill_in("$ms $share $percent", {}, b));
  Round round;
  round.n = 4;
  CHECK(fill_in("a $nothing $ $n", round, a) == "a $nothing $ 4");
}
