// What an access admits, and what it leaves of a filter.
#include "gateway/auth/access.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

Access access_of(const std::vector<std::string>& scopes) {
  Access access;
  access.entity_id = "a1";
  access.scopes = auth::ScopeSet::parse(scopes).value();
  return access;
}

using Texts = std::vector<std::string>;

Texts allowed(const v1::Filter& filter) { return {filter.allowed_topics().begin(), filter.allowed_topics().end()}; }

}  // namespace

TEST_CASE("may_some asks whether there is any subject at all") {
  const Access access = access_of({"publish:events.x", "admin"});
  CHECK(access.may_some("publish"));
  CHECK(access.may_some("admin"));
  CHECK_FALSE(access.may_some("subscribe"));
  CHECK_FALSE(access.may_some("pub"));
  CHECK_FALSE(access.may_some("publish:events"));
}

TEST_CASE("who lacks a scope is told which, and whether a token would help") {
  Access access = access_of({"publish:events.x"});
  CHECK(access.check("publish", "events.x").ok());
  const auto refused = access.check("publish", "events.y");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::kForbidden);
  CHECK(refused.error().text.find("publish:events.y") != std::string::npos);
  access.anonymous = true;
  CHECK(access.check("publish", "events.y").error().code == ErrorCode::kUnauthenticated);
  CHECK(access.check_some("admin").error().code == ErrorCode::kUnauthenticated);
}

TEST_CASE("a filter is left as it is for who may see everything") {
  for (const char* scope : {"*", "subscribe:>"}) {
    v1::Filter filter;
    filter.add_types("note");
    REQUIRE(access_of({scope}).narrow(filter, "subscribe").ok());
    CHECK(filter.allowed_topics().empty());
  }
}

TEST_CASE("a filter gets the topics that may be seen") {
  v1::Filter filter;
  REQUIRE(access_of({"subscribe:events.>", "subscribe:channels.a", "history:>"}).narrow(filter, "subscribe").ok());
  CHECK(allowed(filter) == Texts{"events.>", "channels.a"});
}

TEST_CASE("a filter narrowed twice has what both admit") {
  const Access access = access_of({"subscribe:events.>", "subscribe:channels.a", "history:*.a", "history:x"});
  v1::Filter filter;
  REQUIRE(access.narrow(filter, "subscribe").ok());
  REQUIRE(access.narrow(filter, "history").ok());
  CHECK(allowed(filter) == Texts{"events.a", "channels.a"});
}

TEST_CASE("who may see nothing of what a filter asks for is refused") {
  const struct {
    const char* why;
    Texts scopes;
    Texts topics;
  } rows[] = {
      {"no scope of the verb", {"history:>", "publish:>"}, {}},
      {"a topic beyond the scopes", {"subscribe:events.>"}, {"channels.a"}},
      {"one of the topics is", {"subscribe:events.>"}, {"events.a", "channels.a"}},
  };
  for (const auto& row : rows) {
    v1::Filter filter;
    for (const std::string& topic : row.topics) filter.add_topics(topic);
    const auto refused = access_of(row.scopes).narrow(filter, "subscribe");
    REQUIRE_MESSAGE(!refused.ok(), row.why);
    CHECK_MESSAGE(refused.error().code == ErrorCode::kForbidden, row.why);
    CHECK_MESSAGE(filter.allowed_topics().empty(), row.why);
  }
}

TEST_CASE("scopes that have nothing in common leave nothing to resume") {
  const Access access = access_of({"subscribe:a.>", "history:b.>"});
  v1::Filter filter;
  REQUIRE(access.narrow(filter, "subscribe").ok());
  CHECK_FALSE(access.narrow(filter, "history").ok());
}
