// Whom a token makes of a client, who may issue which, and when it ends.
#include "gateway/auth/authenticator.h"

#include <doctest/doctest.h>

#include "common/auth/jwt.h"

using namespace cell0;
using namespace cell0::gateway;

namespace {

const std::string kAdmin = "cell0_0123456789abcdef0123456789abcdef";
using Texts = std::vector<std::string>;

// Answers when it is told to.
struct Broker final : RevocationSource {
  void ask_revocations(const v1::RevocationsRequest&, OnPage done) override { asked.push_back(std::move(done)); }
  void tell_revoked(const v1::RevokeRequest& request, OnRevoked done) override {
    told.push_back(request.revocation());
    answers.push_back(std::move(done));
  }
  std::vector<OnPage> asked;
  std::vector<v1::Revocation> told;
  std::vector<OnRevoked> answers;
};

struct Fixture {
  ManualClock clock;
  SeededRandom random{1};
  UuidGenerator ids{clock, random};
  Broker broker;
  Revocations revocations{broker, clock, std::chrono::seconds(60)};
  AuthSettings settings = [] {
    AuthSettings made;
    made.admin_token = kAdmin;
    made.signing_key = {auth::Algorithm::kHs256, "cell0_key_0123456789abcdef0123456789abcdef"};
    made.verifier = auth::TokenVerifier::create({made.signing_key}).value();
    made.anonymous_scopes = auth::ScopeSet::parse(Texts{"subscribe:>", "history:>"}).value();
    made.token_max = std::chrono::hours(48);
    return made;
  }();
  Authenticator auth{settings, revocations, clock, ids};

  Fixture() {
    revocations.on_link(true);
    broker.asked.front()(v1::RevocationsAnswer());
  }
  AccessPtr admin() { return auth.verify(kAdmin).value(); }
  Issued issue(const Access& by, const std::string& entity, Texts scopes) {
    Grant grant;
    grant.entity_id = entity;
    grant.scopes = std::move(scopes);
    const auto issued = auth.issue(by, grant);
    REQUIRE_MESSAGE(issued.ok(), (issued.ok() ? "" : issued.error().text));
    return *issued;
  }
  AccessPtr access(const Issued& issued) { return auth.verify(issued.token).value(); }
};

void check_error(const char* why, const Result<Issued>& result, ErrorCode code, std::string_view word) {
  REQUIRE_MESSAGE(!result.ok(), why);
  CHECK_MESSAGE(result.error().code == code, why << ": " << result.error().text);
  CHECK_MESSAGE(result.error().text.find(word) != std::string::npos, why << ": " << result.error().text);
}

}  // namespace

TEST_CASE("without a token a client has the anonymous scopes") {
  Fixture f;
  CHECK(f.auth.anonymous()->anonymous);
  CHECK(f.auth.anonymous()->entity_id == "anonymous");
  CHECK(f.auth.anonymous()->may("subscribe", "events.note"));
  CHECK_FALSE(f.auth.anonymous()->may_some("publish"));
}

TEST_CASE("the admin token may do everything and never ends; another text is refused") {
  Fixture f;
  CHECK(f.admin()->entity_id == "admin");
  CHECK(f.admin()->may("publish", "events.note"));
  CHECK_FALSE(f.admin()->expires);
  for (const std::string wrong : {"", "cell0_", "cell0_0123456789abcdef0123456789abcdeF", "x"}) {
    const auto refused = f.auth.verify(wrong);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::kUnauthenticated);
  }
}

TEST_CASE("a token that was issued says whom and what") {
  Fixture f;
  Grant grant;
  grant.entity_id = "a1";
  grant.entity_type = "user";
  grant.scopes = Texts{"publish:channels.>"};
  grant.lifetime = std::chrono::hours(2);
  const auto issued = f.auth.issue(*f.admin(), grant);
  REQUIRE(issued.ok());
  const AccessPtr access = f.access(*issued);
  CHECK(access->entity_id == "a1");
  CHECK(access->entity_type == "user");
  CHECK(access->scopes.texts() == Texts{"publish:channels.>"});
  CHECK(access->expires == f.clock.wall() + std::chrono::hours(2));
  CHECK(access->token_id == issued->token_id);
  CHECK(access->derived_from.empty());
}

TEST_CASE("nobody can grant what he does not hold") {
  Fixture f;
  const AccessPtr own = f.access(f.issue(*f.admin(), "a1", {"publish:channels.>", "presence:read"}));
  const auto grant = [&](std::string entity, std::optional<Texts> scopes, std::optional<std::chrono::seconds> lifetime,
                         std::string type = "agent") {
    return f.auth.issue(*own, Grant{std::move(entity), std::move(type), std::move(scopes), lifetime});
  };
  check_error("anonymous", f.auth.issue(*f.auth.anonymous(), Grant{"anonymous", "agent", {}, {}}),
              ErrorCode::kUnauthenticated, "token");
  check_error("another scope", grant("a1", Texts{"publish:events.>"}, {}), ErrorCode::kForbidden, "publish:events.>");
  check_error("a wider one", grant("a1", Texts{"publish:>"}, {}), ErrorCode::kForbidden, "publish:>");
  check_error("all", grant("a1", Texts{"*"}, {}), ErrorCode::kForbidden, "*");
  check_error("no scope", grant("a1", Texts{"nonsense"}, {}), ErrorCode::kInvalid, "nonsense");
  check_error("another entity", grant("a2", Texts{}, {}), ErrorCode::kForbidden, "admin");
  check_error("no entity", grant("", Texts{}, {}), ErrorCode::kInvalid, "entity_id");
  check_error("a control character", grant("a\n1", Texts{}, {}), ErrorCode::kInvalid, "entity_id");
  check_error("no type", grant("a1", Texts{}, {}, "god"), ErrorCode::kInvalid, "entity_type");
  check_error("no time", grant("a1", Texts{}, std::chrono::seconds(0)), ErrorCode::kInvalid, "expires_in_hours");
  check_error("too long", grant("a1", Texts{}, std::chrono::hours(49)), ErrorCode::kInvalid, "48");
  check_error("longer than its own", grant("a1", Texts{}, std::chrono::hours(25)), ErrorCode::kForbidden, "expires");
  CHECK(f.access(*grant("a1", Texts{"publish:channels.a"}, std::chrono::hours(1)))->scopes.texts() ==
        Texts{"publish:channels.a"});
  CHECK(f.access(*grant("a1", {}, {}))->scopes.texts() == own->scopes.texts());
  CHECK(f.access(*grant("a1", {}, {}))->derived_from == Texts{own->token_id});
}

TEST_CASE("who has the scope admin issues for others, but no scopes beyond his own") {
  Fixture f;
  const AccessPtr own = f.access(f.issue(*f.admin(), "a1", {"admin", "publish:>"}));
  CHECK(f.access(f.issue(*own, "a2", {"publish:events.>"}))->entity_id == "a2");
  check_error("beyond", f.auth.issue(*own, Grant{"a2", "agent", Texts{"subscribe:>"}, {}}), ErrorCode::kForbidden,
              "subscribe:>");
}

TEST_CASE("a token ends at its exp, on who is connected, too") {
  Fixture f;
  const Issued issued = f.issue(*f.admin(), "a1", {"publish:>"});
  const AccessPtr access = f.access(issued);
  f.clock.advance(std::chrono::hours(24) - std::chrono::seconds(1));
  CHECK(f.auth.check(*access).ok());
  f.clock.advance(std::chrono::seconds(1));
  REQUIRE_FALSE(f.auth.check(*access).ok());
  CHECK(f.auth.check(*access).error().text.find("expired") != std::string::npos);
  CHECK(f.auth.verify(issued.token).error().code == ErrorCode::kUnauthenticated);
  CHECK_FALSE(f.auth.issue(*access, Grant{"a1", "agent", {}, {}}).ok());
}

TEST_CASE("a revoked token, and one derived from it, are good no more; others are") {
  Fixture f;
  const Issued parent = f.issue(*f.admin(), "a1", {"publish:>"});
  const AccessPtr parent_access = f.access(parent);
  const Issued child = f.issue(*parent_access, "a1", {"publish:events.>"});
  const Issued other = f.issue(*f.admin(), "a1", {"publish:>"});
  const AccessPtr child_access = f.access(child);
  std::optional<Result<bool>> done;
  f.auth.revoke(*f.admin(), parent.token, [&](Result<bool> known) { done = std::move(known); });
  REQUIRE(f.broker.told.size() == 1);
  CHECK(f.broker.told[0].token_id() == parent.token_id);
  CHECK(from_unix_us(f.broker.told[0].expires_us()) == parent.expires);
  CHECK_FALSE(done);
  f.broker.answers[0](v1::RevokeAnswer());
  REQUIRE(done);
  CHECK(done->value() == false);
  for (const AccessPtr& access : {parent_access, child_access}) {
    REQUIRE_FALSE(f.auth.check(*access).ok());
    CHECK(f.auth.check(*access).error().text.find("revoked") != std::string::npos);
  }
  CHECK(f.auth.verify(parent.token).error().code == ErrorCode::kUnauthenticated);
  CHECK(f.auth.verify(child.token).error().code == ErrorCode::kUnauthenticated);
  CHECK(f.auth.verify(other.token).ok());
  CHECK(f.auth.check(*f.admin()).ok());
}

TEST_CASE("what cannot be revoked is told why") {
  Fixture f;
  const Issued issued = f.issue(*f.admin(), "a1", {});
  const auto code_of = [&](const Access& by, const std::string& token) {
    std::optional<Result<bool>> done;
    f.auth.revoke(by, token, [&](Result<bool> result) { done = std::move(result); });
    REQUIRE(done);
    REQUIRE_FALSE(done->ok());
    return done->error().code;
  };
  CHECK(code_of(*f.auth.anonymous(), issued.token) == ErrorCode::kUnauthenticated);
  CHECK(code_of(*f.admin(), kAdmin) == ErrorCode::kForbidden);
  CHECK(code_of(*f.admin(), "nonsense") == ErrorCode::kInvalid);
  CHECK(code_of(*f.admin(), issued.token + "AAAA") == ErrorCode::kUnauthenticated);
  CHECK(f.broker.told.empty());
}

TEST_CASE("while it is not known which tokens are revoked none is taken, but the admin's") {
  Fixture f;
  const Issued issued = f.issue(*f.admin(), "a1", {});
  f.revocations.on_link(false);
  f.clock.advance(std::chrono::seconds(60));
  CHECK(f.auth.verify(issued.token).ok());
  f.clock.advance(std::chrono::milliseconds(1));
  REQUIRE_FALSE(f.auth.verify(issued.token).ok());
  CHECK(f.auth.verify(issued.token).error().code == ErrorCode::kUnavailable);
  CHECK(f.auth.verify(kAdmin).ok());
  f.revocations.on_link(true);
  CHECK_FALSE(f.auth.verify(issued.token).ok());
  f.broker.asked.back()(v1::RevocationsAnswer());
  CHECK(f.auth.verify(issued.token).ok());
}

TEST_CASE("a chain of tokens by which tokens were issued has an end") {
  Fixture f;
  AccessPtr access = f.access(f.issue(*f.admin(), "a1", {"presence:read"}));
  for (std::size_t i = 0; i < auth::kAncestorsMax; ++i) access = f.access(f.issue(*access, "a1", {"presence:read"}));
  CHECK(access->derived_from.size() == auth::kAncestorsMax);
  check_error("one more", f.auth.issue(*access, Grant{"a1", "agent", {}, {}}), ErrorCode::kForbidden, "derived");
}
