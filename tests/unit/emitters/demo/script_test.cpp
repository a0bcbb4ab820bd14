#include "emitters/demo/script.h"

#include <doctest/doctest.h>

#include <set>

#include "common/event_check.h"
#include "common/event_json.h"
#include "common/event_schema.h"
#include "common/json.h"
#include "common/topic.h"

using namespace cell0;
using namespace cell0::emit;

TEST_CASE("every step of the script is a valid event, whatever chance fills in") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom random(seed);
    const Round round = make_round(seed, random);
    for (const Step& step : script()) {
      CAPTURE(step.type);
      const std::string data = fill_in(step.data, round, random);
      CHECK(data.find('$') == std::string::npos);
      const auto parsed = parse_json(data);
      REQUIRE(parsed.ok());
      v1::Envelope envelope;
      envelope.set_id(std::string(16, 'x'));
      envelope.set_source(std::string(step.source));
      envelope.set_time_us(1);
      if (!step.topic.empty()) envelope.set_topic(fill_in(step.topic, round, random));
      REQUIRE(read_event_data(step.type, *parsed, envelope).ok());
      const auto checked = check_event(envelope, EventLimits{});
      CHECK_MESSAGE(checked.ok(), (checked.ok() ? "" : checked.error().text));
      CHECK(check_topic(topic_of(envelope, step.type)).ok());
      CHECK_FALSE(envelope.has_extra());  // no member that the type does not have
    }
  }
}

TEST_CASE("the script shows every type of cell0d, coda, arcane and neolith") {
  std::set<std::string_view> shown;
  for (const Step& step : script()) shown.insert(step.type);
  const std::set<std::string_view> of_channels = {"channel_message", "agent_message", "presence_changed",
                                                  "token_revoked"};
  for (const EventType& type : event_types()) {
    CAPTURE(type.name);
    CHECK((shown.contains(type.name) || of_channels.contains(type.name)));
  }
}

TEST_CASE("the same seed fills in the same, and unknown words stay") {
  for (int i = 0; i < 2; ++i) {
    SeededRandom a(7);
    SeededRandom b(7);
    CHECK(fill_in("$text $ms $share $percent", {}, a) == fill_in("$text $ms $share $percent", {}, b));
  }
  SeededRandom random(1);
  CHECK(fill_in("a $nothing $ $n", {.n = 4, .user = {}, .model = {}, .kernel = {}, .daemon = {}}, random) ==
        "a $nothing $ 4");
}
