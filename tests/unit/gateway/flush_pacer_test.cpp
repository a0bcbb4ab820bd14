// When to write what has gathered.
#include "gateway/flush_pacer.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;
using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST_CASE("without a flush before, and after a quick one, the next is at once") {
  FlushPacer pacer(milliseconds(10));
  const MonoTime start{std::chrono::hours(1)};
  CHECK(pacer.delay(start) == Duration::zero());
  pacer.flushed(start, start);
  CHECK(pacer.delay(start) == Duration::zero());
}

TEST_CASE("flushes take at most a third of the time") {
  FlushPacer pacer(milliseconds(10));
  const MonoTime start{std::chrono::hours(1)};
  pacer.flushed(start, start + microseconds(600));
  CHECK(pacer.pause() == microseconds(1200));
  CHECK(pacer.delay(start + microseconds(600)) == microseconds(1200));
  CHECK(pacer.delay(start + microseconds(1700)) == microseconds(100));
  CHECK(pacer.delay(start + microseconds(1800)) == Duration::zero());
}

TEST_CASE("no pause is longer than the bound") {
  FlushPacer pacer(milliseconds(10));
  const MonoTime start{std::chrono::hours(1)};
  pacer.flushed(start, start + std::chrono::seconds(1));
  CHECK(pacer.pause() == milliseconds(10));
  pacer.flushed(start, start + microseconds(1));
  CHECK(pacer.pause() == microseconds(2));
}
