// Who may do what, and how guessing is slowed down.
#include "gateway/access.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

TEST_CASE("a scope admits its verb on its topics, and nothing else") {
  const Access access{"a1", {"subscribe:events.*", "publish:channels.general", "admin"}};
  CHECK(access.may("subscribe", "events.note"));
  CHECK_FALSE(access.may("subscribe", "events.note.more"));
  CHECK_FALSE(access.may("subscribe", "presence"));
  CHECK_FALSE(access.may("publish", "events.note"));
  CHECK(access.may("publish", "channels.general"));
  CHECK_FALSE(access.may("history", "events.note"));
  CHECK_FALSE(access.may("sub", "events.note"));
}

TEST_CASE("a star admits everything") {
  const Access access{"a1", {"*"}};
  CHECK(access.may("publish", "events.note"));
  CHECK(access.may_some("publish"));
  CHECK(access.may_some("anything"));
}

TEST_CASE("a scope whose glob is malformed admits nothing") {
  const Access access{"a1", {"publish:", "publish:ev*nts", "publish:>.x"}};
  CHECK_FALSE(access.may("publish", "events.note"));
  CHECK_FALSE(access.may("publish", ""));
}

TEST_CASE("may_some asks whether there is any topic at all") {
  const Access access{"a1", {"publish:events.x", "admin"}};
  CHECK(access.may_some("publish"));
  CHECK(access.may_some("admin"));
  CHECK_FALSE(access.may_some("subscribe"));
  CHECK_FALSE(access.may_some("pub"));
  CHECK_FALSE(access.may_some("publish:events"));
}

TEST_CASE("everyone may read, the admin token may do everything, another is refused") {
  const Authenticator auth("cell0_secret");
  CHECK(auth.anonymous()->entity_id == "anonymous");
  CHECK(auth.anonymous()->may("subscribe", "events.note"));
  CHECK(auth.anonymous()->may("history", "events.note"));
  CHECK_FALSE(auth.anonymous()->may_some("publish"));
  const auto admin = auth.verify("cell0_secret");
  REQUIRE(admin.ok());
  CHECK((*admin)->entity_id == "admin");
  CHECK((*admin)->may("publish", "events.note"));
  for (const char* wrong : {"", "cell0_secre", "cell0_secret ", "cell0_secreT"}) {
    const auto refused = auth.verify(wrong);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::kUnauthenticated);
  }
}

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
