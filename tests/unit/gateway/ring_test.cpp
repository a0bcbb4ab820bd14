// The ring of the newest events: what it holds, what it drops, where a cursor goes on.
#include "gateway/ring.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

std::string content(const Ring& ring) {
  std::vector<EventPtr> events;
  for (std::size_t i = 0; i < ring.size(); ++i) events.push_back(ring.at(i));
  return text_of(events);
}

}  // namespace

TEST_CASE("an empty ring covers what comes after its base") {
  Ring ring(4, 1u << 20);
  CHECK(ring.newest() == Seq{0});
  ring.reset(Seq{100}, Seq{100});
  CHECK(ring.base() == Seq{100});
  CHECK(ring.newest() == Seq{100});
  CHECK(ring.covers(Seq{100}));
  CHECK(ring.covers(Seq{200}));
  CHECK_FALSE(ring.covers(Seq{99}));
  CHECK(ring.index_after(Seq{100}) == 0);
}

TEST_CASE("over its count the ring drops its oldest and moves its base behind them") {
  Ring ring(3, 1u << 20);
  ring.reset(Seq{9}, Seq{9});
  for (std::uint64_t seq = 10; seq <= 14; ++seq) ring.push(event(seq));
  CHECK(content(ring) == "12 13 14");
  CHECK(ring.base() == Seq{11});
  CHECK(ring.covers(Seq{11}));
  CHECK_FALSE(ring.covers(Seq{10}));
}

TEST_CASE("over its bytes the ring drops its oldest, but keeps one however large") {
  const std::size_t one = event(1, padded(1000))->bytes();
  Ring ring(100, 3 * one);
  for (std::uint64_t seq = 1; seq <= 4; ++seq) ring.push(event(seq, padded(1000)));
  CHECK(content(ring) == "2 3 4");
  CHECK(ring.bytes() == 3 * one);
  ring.push(event(5, padded(100'000)));
  CHECK(content(ring) == "5");
  CHECK(ring.base() == Seq{4});
  CHECK(ring.bytes() == event(5, padded(100'000))->bytes());
}

TEST_CASE("the place after a seq is found between numbers that were skipped") {
  Ring ring(10, 1u << 20);
  for (const std::uint64_t seq : {10, 20, 30}) ring.push(event(seq));
  CHECK(ring.index_after(Seq{0}) == 0);
  CHECK(ring.index_after(Seq{9}) == 0);
  CHECK(ring.index_after(Seq{10}) == 1);
  CHECK(ring.index_after(Seq{25}) == 2);
  CHECK(ring.index_after(Seq{30}) == 3);
  CHECK(ring.index_after(Seq{99}) == 3);
}

TEST_CASE("a hole counts as the newest up to its last seq") {
  Ring ring(10, 1u << 20);
  ring.push(event(10));
  ring.push(Event::hole(Seq{11}, Seq{15}, SkipReason::kGap));
  CHECK(ring.newest() == Seq{15});
  CHECK(ring.index_after(Seq{12}) == 1);  // who stands within the hole is still told of it
  CHECK(content(ring) == "10 lost(11-15 gap)");
}

TEST_CASE("a reset ring is empty") {
  Ring ring(10, 1u << 20);
  ring.push(event(10));
  ring.reset(Seq{50}, Seq{50});
  CHECK(ring.size() == 0);
  CHECK(ring.bytes() == 0);
  ring.push(event(51));
  CHECK(content(ring) == "51");
}

TEST_CASE("a ring begins with what was before, whose last numbers nobody may have any more") {
  Ring ring(10, 1u << 20);
  ring.reset(Seq{20}, Seq{35}, {event(10), event(20), event(30)});
  CHECK(ring.base() == Seq{20});
  CHECK(ring.newest() == Seq{35});
  CHECK(ring.index_after(Seq{20}) == 2);
  ring.push(event(36));
  CHECK(content(ring) == "10 20 30 36");
}

TEST_CASE("what was before the base can be dropped without moving it") {
  Ring ring(3, 1u << 20);
  ring.reset(Seq{20}, Seq{30}, {event(10), event(20), event(30)});
  ring.push(event(31));
  CHECK(ring.base() == Seq{20});
  ring.push(event(32));
  CHECK(ring.base() == Seq{20});
  ring.push(event(33));
  CHECK(content(ring) == "31 32 33");
  CHECK(ring.base() == Seq{30});
}
