#include "common/clock.h"

#include <doctest/doctest.h>

using cell0::from_unix_us;
using cell0::to_iso8601;

TEST_CASE("a time is written in UTC with microseconds and a Z") {
  CHECK(to_iso8601(from_unix_us(1'770'892'200'123'456)) == "2026-02-12T10:30:00.123456Z");
  CHECK(to_iso8601(from_unix_us(0)) == "1970-01-01T00:00:00.000000Z");
  CHECK(to_iso8601(from_unix_us(1'709'164'800'000'007)) == "2024-02-29T00:00:00.000007Z");
}

TEST_CASE("a time before 1970 has its own day, not the next") {
  CHECK(to_iso8601(from_unix_us(-1)) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("a manual clock moves only when told") {
  cell0::ManualClock clock;
  const auto mono = clock.mono();
  const auto wall = clock.wall();
  clock.advance(std::chrono::milliseconds(1500));
  CHECK(clock.mono() - mono == std::chrono::milliseconds(1500));
  CHECK(clock.wall() - wall == std::chrono::milliseconds(1500));
}
