// How guessing is slowed down.
#include "gateway/auth/failure_throttle.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

constexpr MonoTime kStart{std::chrono::hours(1)};
constexpr int kFailures = 10;
const Duration kSecond = std::chrono::seconds(1);

void fail_often(FailureThrottle& throttle, const std::string& address, MonoTime now) {
  for (int i = 0; i < kFailures; ++i) {
    CHECK(throttle.admits(address, "wrong", now));
    throttle.failed(address, now);
  }
}

}  // namespace

TEST_CASE("after too many wrong tokens one a second is looked at until the window has passed") {
  FailureThrottle throttle(kFailures);
  fail_often(throttle, "10.0.0.1", kStart);
  CHECK_FALSE(throttle.admits("10.0.0.1", "wrong", kStart));
  CHECK(throttle.admits("10.0.0.2", "wrong", kStart));
  CHECK(throttle.admits("10.0.0.1", "wrong", kStart + kSecond));
  CHECK_FALSE(throttle.admits("10.0.0.1", "right, but who knows", kStart + kSecond));
  CHECK(throttle.admits("10.0.0.1", "wrong", kStart + 60 * kSecond));
  CHECK(throttle.admits("10.0.0.1", "wrong", kStart + 60 * kSecond));
}

TEST_CASE("of ten thousand guesses in a minute no more than seventy are looked at") {
  FailureThrottle throttle(kFailures);
  int looked_at = 0;
  for (int i = 0; i < 10'000; ++i) {
    const MonoTime now = kStart + i * std::chrono::milliseconds(6);
    if (!throttle.admits("10.0.0.1", std::to_string(i), now)) continue;
    ++looked_at;
    throttle.failed("10.0.0.1", now);
  }
  CHECK(looked_at <= 70);
  CHECK(throttle.failures() == 10'000);
}

TEST_CASE("a token that was good here before is always looked at") {
  FailureThrottle throttle(kFailures);
  throttle.succeeded("good");
  fail_often(throttle, "10.0.0.1", kStart);
  CHECK(throttle.admits("10.0.0.1", "good", kStart));
  CHECK_FALSE(throttle.admits("10.0.0.1", "good too", kStart));
}

TEST_CASE("of too many addresses the one with the oldest window is forgotten") {
  FailureThrottle throttle(kFailures);
  MonoTime now = kStart;
  fail_often(throttle, "first", now);
  now += std::chrono::milliseconds(1);
  fail_often(throttle, "second", now);
  now += std::chrono::milliseconds(1);
  for (std::size_t i = 0; i + 1 < FailureThrottle::kAddressesMax; ++i) throttle.failed(std::to_string(i), now);
  CHECK(throttle.admits("first", "wrong", now));
  CHECK_FALSE(throttle.admits("second", "wrong", now));
}
