// How guessing is slowed down.
#include "gateway/auth/failure_throttle.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

TEST_CASE("an address with too many wrong tokens is refused until its window has passed") {
  FailureThrottle throttle;
  const MonoTime start{std::chrono::hours(1)};
  for (int i = 0; i < FailureThrottle::kFailuresMax; ++i) {
    CHECK_FALSE(throttle.refuses("10.0.0.1", start));
    throttle.failed("10.0.0.1", start + std::chrono::seconds(i));
  }
  CHECK(throttle.refuses("10.0.0.1", start + std::chrono::seconds(59)));
  CHECK_FALSE(throttle.refuses("10.0.0.2", start));
  CHECK_FALSE(throttle.refuses("10.0.0.1", start + std::chrono::seconds(60)));
  throttle.failed("10.0.0.1", start + std::chrono::seconds(60));  // a new window
  CHECK_FALSE(throttle.refuses("10.0.0.1", start + std::chrono::seconds(60)));
}

TEST_CASE("of too many addresses the one with the oldest window is forgotten") {
  FailureThrottle throttle;
  MonoTime now{std::chrono::hours(1)};
  const auto fail_often = [&](const std::string& address) {
    for (int i = 0; i < FailureThrottle::kFailuresMax; ++i) throttle.failed(address, now);
  };
  fail_often("first");
  now += std::chrono::milliseconds(1);
  fail_often("second");
  now += std::chrono::milliseconds(1);
  for (std::size_t i = 0; i + 1 < FailureThrottle::kAddressesMax; ++i) throttle.failed(std::to_string(i), now);
  CHECK_FALSE(throttle.refuses("first", now));
  CHECK(throttle.refuses("second", now));
}
