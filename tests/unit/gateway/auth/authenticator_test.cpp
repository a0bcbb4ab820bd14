// Who a token makes of a client.
#include "gateway/auth/authenticator.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

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
