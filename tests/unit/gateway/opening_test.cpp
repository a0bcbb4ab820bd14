// What a new client sees first.
#include "gateway/opening.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

TEST_CASE("the opening is the newest of what the filter admits, oldest first") {
  OpeningWindow opening(filter_of({"note"}), 3);
  CHECK(opening.events().empty());
  EventSpec other;
  other.type = "other";
  for (std::uint64_t seq = 1; seq <= 4; ++seq) opening.push(event(seq));
  opening.push(event(5, other));
  CHECK(text_of(opening.events()) == "2 3 4");
}

TEST_CASE("a hole is no part of an opening") {
  OpeningWindow opening(filter_of({"note"}), 3);
  opening.push(event(1));
  opening.push(Event::hole(Seq{2}, Seq{9}, SkipReason::kGap));
  CHECK(text_of(opening.events()) == "1");
}

TEST_CASE("a window of certain types shows no others, whatever the client's filter admits") {
  const OpeningWindow window(filter_of({"a", "b"}), 3);
  const auto types = [&window](const EventFilter& filter) {
    const auto narrowed = window.narrowed(filter);
    std::string text;
    if (narrowed) {
      CHECK(narrowed->proto().audience() == v1::AUDIENCE_ANY);
      for (const std::string& type : narrowed->proto().types()) text += type + ' ';
    }
    return text;
  };
  CHECK(types(filter_of({})) == "a b ");
  CHECK(types(filter_of({"b", "c"})) == "b ");
  CHECK(types(filter_of({"b*"})) == "b ");
  CHECK(types(filter_of({"c"})) == "");
  CHECK(types(filter_of({}, 4)) == "a b ");
  CHECK(window.narrowed(filter_of({}, 4))->proto().min_priority() == 4);

  v1::Filter everything;
  everything.set_audience(v1::AUDIENCE_CELL0D);
  const OpeningWindow any(EventFilter::create(everything).value(), 3);
  CHECK(any.narrowed(filter_of({"c"}))->canonical() == filter_of({"c"}).canonical());
}

TEST_CASE("what a narrower filter admits of a window of certain types") {
  OpeningWindow window(filter_of({"note", "other"}), 3);
  EventSpec other;
  other.type = "other";
  window.start({event(1, other), event(2), event(3, other)});
  CHECK(text_of(window.admitted(filter_of({"other"}))) == "1 3");
  CHECK(text_of(window.admitted(filter_of({"other", "note"}))) == "1 2 3");
}

TEST_CASE("coda's opening is of the types with a star, and its clients' default has all of it") {
  const Openings openings{CoreLimits()};
  const OpeningWindow* replay = openings.find(v1::AUDIENCE_CODA);
  REQUIRE(replay != nullptr);
  CHECK(replay->events_max() == 50);
  CHECK(replay->filter().may_admit_type("stt_result"));
  CHECK(replay->filter().may_admit_type("component_summary"));
  CHECK_FALSE(replay->filter().may_admit_type("system_status"));
  CHECK_FALSE(replay->filter().may_admit_type("stt_start"));
  v1::Filter unasked;
  unasked.set_audience(v1::AUDIENCE_CODA);
  const auto narrowed = replay->narrowed(EventFilter::create(unasked).value());
  REQUIRE(narrowed.has_value());
  CHECK(narrowed->canonical() == replay->filter().canonical());
  CHECK(openings.find(v1::AUDIENCE_STREAM) == nullptr);
}

TEST_CASE("an opening goes on from what the beginning found") {
  OpeningWindow opening(filter_of({"note"}), 3);
  opening.start({event(10), event(11), event(12)});
  opening.push(event(13));
  CHECK(text_of(opening.events()) == "11 12 13");
}
