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

TEST_CASE("an opening goes on from what the beginning found") {
  OpeningWindow opening(filter_of({"note"}), 3);
  opening.start({event(10), event(11), event(12)});
  opening.push(event(13));
  CHECK(text_of(opening.events()) == "11 12 13");
}
