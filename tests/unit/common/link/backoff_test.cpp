#include "common/link/backoff.h"

#include <doctest/doctest.h>

using namespace cell0;
using std::chrono::milliseconds;

TEST_CASE("the wait doubles up to its maximum, never less than half of a step") {
  SeededRandom random(3);
  link::Backoff backoff(milliseconds(100), milliseconds(500));
  for (const auto step : {100, 200, 400, 500, 500, 500}) {
    const Duration wait = backoff.next(random);
    CHECK(wait >= milliseconds(step) / 2);
    CHECK(wait <= milliseconds(step));
  }
  backoff.reset();
  CHECK(backoff.next(random) <= milliseconds(100));
}
