// What is left out for a client that is too far behind.
#include "gateway/lag.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

EventSpec of(std::uint32_t priority, v1::Durability durability = v1::DURABLE, const std::string& type = "note") {
  EventSpec spec;
  spec.type = type;
  spec.priority = priority;
  spec.durability = durability;
  return spec;
}

// Events 1, 2, … of these priorities, all of one size.
Ring ring_of(const std::vector<std::uint32_t>& priorities) {
  Ring ring(1000, 1u << 20);
  std::uint64_t seq = 0;
  for (const std::uint32_t priority : priorities) ring.push(event(++seq, of(priority)));
  return ring;
}

const std::size_t kOne = event(1, of(5))->bytes();

}  // namespace

TEST_CASE("nothing is left out up to the limit") {
  const Ring ring = ring_of({5, 5, 5, 5});
  CHECK_FALSE(shed(ring, Seq{0}, Seq{4}, EventFilter(), 4 * kOne));
  CHECK(shed(ring, Seq{0}, Seq{4}, EventFilter(), 4 * kOne - 1));
}

TEST_CASE("the lowest priorities go first, until half of the limit is left") {
  const Ring ring = ring_of({9, 7, 2, 9, 5, 2});
  const auto shedding = shed(ring, Seq{0}, Seq{6}, EventFilter(), 5 * kOne);  // room for two
  REQUIRE(shedding);
  CHECK(shedding->floor == 4);
  CHECK(shedding->count == 4);
}

TEST_CASE("if the most urgent are too many, nothing is left") {
  const Ring ring = ring_of({1, 1, 1, 1});
  const auto shedding = shed(ring, Seq{0}, Seq{4}, EventFilter(), 3 * kOne);
  REQUIRE(shedding);
  CHECK(shedding->floor == 0);
  CHECK(shedding->count == 4);
}

TEST_CASE("only what the filter admits within the range counts") {
  Ring ring(1000, 1u << 20);
  for (std::uint64_t seq = 1; seq <= 9; ++seq)
    ring.push(event(seq, of(5, v1::DURABLE, seq % 3 == 0 ? "mine" : "note")));
  CHECK_FALSE(shed(ring, Seq{0}, Seq{9}, filter_of({"mine"}), 3 * kOne));
  CHECK_FALSE(shed(ring, Seq{3}, Seq{9}, filter_of({"mine"}), 2 * kOne));
  const auto shedding = shed(ring, Seq{0}, Seq{6}, filter_of({"mine"}), kOne);
  REQUIRE(shedding);
  CHECK(shedding->count == 2);
}

TEST_CASE("ephemeral events are left out, but not counted") {
  Ring ring(1000, 1u << 20);
  ring.push(event(1, of(8, v1::EPHEMERAL)));
  ring.push(event(2, of(8, v1::RELAXED)));
  ring.push(event(3, of(2)));
  const auto shedding = shed(ring, Seq{0}, Seq{3}, EventFilter(), 2 * kOne);
  REQUIRE(shedding);
  CHECK(shedding->floor == 7);
  CHECK(shedding->count == 1);
}

TEST_CASE("a hole is never left out, nor does it count") {
  Ring ring(1000, 1u << 20);
  ring.push(event(1, of(5)));
  ring.push(Event::hole(Seq{2}, Seq{500}, SkipReason::kGap));
  CHECK_FALSE(shed(ring, Seq{0}, Seq{500}, EventFilter(), kOne));
}
