// What a gateway knows of revoked tokens: from snapshots, from events, and from its own clients.
#include "gateway/auth/revocations.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

struct Broker final : RevocationSource {
  void ask_revocations(const v1::RevocationsRequest& request, OnPage done) override {
    after.push_back(request.after());
    pages.push_back(std::move(done));
  }
  void tell_revoked(const v1::RevokeRequest&, OnRevoked done) override { answers.push_back(std::move(done)); }
  std::vector<std::string> after;
  std::vector<OnPage> pages;
  std::vector<OnRevoked> answers;
};

struct Fixture {
  ManualClock clock;
  Broker broker;
  Revocations revocations{broker, clock, std::chrono::seconds(10)};
  int news = 0;

  Fixture() {
    revocations.on_new([this] { ++news; });
  }
  v1::Revocation revocation(const std::string& id, std::chrono::seconds lifetime = std::chrono::hours(1)) {
    v1::Revocation made;
    made.set_token_id(id);
    made.set_expires_us(to_unix_us(clock.wall() + lifetime));
    return made;
  }
  v1::RevocationsAnswer page(std::vector<std::string> ids, bool more = false) {
    v1::RevocationsAnswer answer;
    for (const std::string& id : ids) *answer.add_revocations() = revocation(id);
    answer.set_more(more);
    return answer;
  }
  bool revoked(const std::string& id) {
    Access access;
    access.token_id = id;
    return revocations.revoked(access);
  }
};

}  // namespace

TEST_CASE("all are asked for when the link comes up, page by page") {
  Fixture f;
  CHECK_FALSE(f.revocations.known());
  f.revocations.on_link(true);
  REQUIRE(f.broker.after == std::vector<std::string>{""});
  f.broker.pages[0](f.page({"a", "b"}, true));
  CHECK(f.revoked("a"));
  CHECK_FALSE(f.revocations.current());
  REQUIRE(f.broker.after.back() == "b");
  f.broker.pages[1](f.page({"c"}));
  CHECK(f.revocations.current());
  CHECK(f.revoked("c"));
  CHECK_FALSE(f.revoked("d"));
  CHECK_FALSE(f.revoked(""));
}

TEST_CASE("a question that failed is asked again at the next tick, from the beginning") {
  Fixture f;
  f.revocations.on_link(true);
  f.broker.pages[0](f.page({"a"}, true));
  f.broker.pages[1](Error{ErrorCode::kTimeout, "no answer"});
  f.revocations.on_tick();
  REQUIRE(f.broker.after == std::vector<std::string>{"", "a", ""});
  f.revocations.on_tick();
  CHECK(f.broker.after.size() == 3);
  f.broker.pages[2](f.page({"a"}));
  CHECK(f.revocations.current());
}

TEST_CASE("an answer from before the link was down counts for nothing but what it says") {
  Fixture f;
  f.revocations.on_link(true);
  f.revocations.on_link(false);
  f.broker.pages[0](f.page({}));
  CHECK_FALSE(f.revocations.current());
  f.revocations.on_link(true);
  REQUIRE(f.broker.pages.size() == 2);
  f.broker.pages[1](f.page({}));
  CHECK(f.revocations.current());
}

TEST_CASE("they count as known for a while after the link went down") {
  Fixture f;
  f.revocations.on_link(true);
  f.broker.pages[0](f.page({}));
  f.clock.advance(std::chrono::hours(5));
  f.revocations.on_link(false);
  f.clock.advance(std::chrono::seconds(10));
  CHECK(f.revocations.known());
  f.clock.advance(std::chrono::milliseconds(1));
  CHECK_FALSE(f.revocations.known());
  f.revocations.on_link(true);
  CHECK_FALSE(f.revocations.known());
}

TEST_CASE("what may have been missed is asked for again") {
  Fixture f;
  f.revocations.on_missed();
  CHECK(f.broker.pages.empty());
  f.revocations.on_link(true);
  f.broker.pages[0](f.page({}));
  f.revocations.on_missed();
  CHECK_FALSE(f.revocations.current());
  CHECK(f.revocations.known());
  REQUIRE(f.broker.pages.size() == 2);
  f.broker.pages[1](f.page({"a"}));
  CHECK(f.revocations.current());
  CHECK(f.revoked("a"));
}

TEST_CASE("a new one is told once, a known or expired one not at all") {
  Fixture f;
  f.revocations.on_event(f.revocation("a"));
  CHECK(f.news == 1);
  CHECK(f.revoked("a"));
  f.revocations.on_event(f.revocation("a"));
  f.revocations.on_event(f.revocation("b", std::chrono::seconds(0)));
  CHECK(f.news == 1);
  CHECK_FALSE(f.revoked("b"));
}

TEST_CASE("a token derived from a revoked one is revoked") {
  Fixture f;
  f.revocations.on_event(f.revocation("a"));
  Access access;
  access.token_id = "c";
  access.derived_from = {"b", "a"};
  CHECK(f.revocations.revoked(access));
  access.derived_from = {"b"};
  CHECK_FALSE(f.revocations.revoked(access));
}

TEST_CASE("one that has expired is forgotten") {
  Fixture f;
  f.revocations.on_event(f.revocation("a", std::chrono::seconds(5)));
  f.clock.advance(std::chrono::seconds(4));
  f.revocations.on_tick();
  CHECK(f.revocations.size() == 1);
  f.clock.advance(std::chrono::seconds(1));
  f.revocations.on_tick();
  CHECK(f.revocations.size() == 0);
}

TEST_CASE("one of our own is in force after its client has the answer, whatever it is") {
  for (const bool answered : {true, false}) {
    Fixture f;
    std::vector<std::string> order;
    f.revocations.on_new([&] { order.emplace_back("new"); });
    f.revocations.revoke(f.revocation("a"), [&](const Result<v1::RevokeAnswer>& answer) {
      CHECK(answer.ok() == answered);
      order.emplace_back("done");
    });
    f.revocations.on_event(f.revocation("a"));  // may come first
    if (answered)
      f.broker.answers[0](v1::RevokeAnswer());
    else
      f.broker.answers[0](Error{ErrorCode::kUnavailable, "no broker"});
    CHECK(order == std::vector<std::string>{"done", "new"});
    CHECK(f.revoked("a"));
  }
}
