#include "gateway/http/router.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace cell0::gateway {
namespace {

TEST_CASE("every listener of the configuration has a bit and a name") {
  CHECK(listeners::names(listeners::kAll).size() == 7);
  for (const std::string_view name : listeners::names(listeners::kAll)) CHECK(listeners::of(name) != 0);
  CHECK(listeners::of("neolith") == listeners::kNeolith);
  CHECK(listeners::of("elsewhere") == 0);
}

TEST_CASE("a path matches its pattern segment by segment, and gives what stands in the places") {
  using Params = std::vector<std::string>;
  CHECK(match_path("/health", "/health") == Params{});
  CHECK(match_path("/daemon/{name}/state", "/daemon/claude/state") == Params{"claude"});
  CHECK(match_path("/{a}/{b}", "/x y/z") == Params{"x y", "z"});
  for (const char* other : {"/daemon//state", "/daemon/claude", "/daemon/claude/state/", "/daemon/claude/state/x", "/",
                            "/daemon/claude/State", "/daemon"}) {
    CAPTURE(other);
    CHECK_FALSE(match_path("/daemon/{name}/state", other));
  }
}

TEST_CASE("a need of a verb is met by a scope for some topic, a need of a scope only by that") {
  Access access;
  access.scopes = auth::ScopeSet::parse(std::vector<std::string>{"history:events.>", "presence:read"}).value();
  CHECK(Need::nothing().check(Access{}));
  CHECK(Need::some("history").check(access));
  CHECK(Need::scope("presence", "read").check(access));
  CHECK_FALSE(Need::scope("presence", "write").check(access));
  CHECK_FALSE(Need::some("publish").check(access));
}

}  // namespace
}  // namespace cell0::gateway
