#include "emitters/runtime/rate_bound.h"

#include <doctest/doctest.h>

using namespace cell0;
using cell0::emit::RateBound;

TEST_CASE("a burst, then the rate, and what is over is counted") {
  RateBound bound(10, 5);
  MonoTime now{std::chrono::hours(1)};
  int admitted = 0;
  for (int i = 0; i < 20; ++i) admitted += bound.admit(now) ? 1 : 0;
  CHECK(admitted == 5);
  CHECK(bound.take_refused() == 15);
  CHECK(bound.take_refused() == 0);
  for (int i = 0; i < 100; ++i) {
    now += std::chrono::milliseconds(10);
    admitted += bound.admit(now) ? 1 : 0;
  }
  CHECK(admitted >= 5 + 9);
  CHECK(admitted <= 5 + 10);
  now += std::chrono::hours(1);  // no more than the burst is saved up
  admitted = 0;
  for (int i = 0; i < 20; ++i) admitted += bound.admit(now) ? 1 : 0;
  CHECK(admitted == 5);
}
