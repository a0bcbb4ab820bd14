// Revoked tokens: which are refused, found and forgotten.
#include "broker/revocations.h"

#include <doctest/doctest.h>

namespace cell0::broker {
namespace {

const WallTime kNow{std::chrono::seconds(1'770'000'000)};

v1::Revocation revocation(const std::string& id, std::chrono::seconds lifetime) {
  v1::Revocation made;
  made.set_token_id(id);
  made.set_expires_us(to_unix_us(kNow + lifetime));
  return made;
}

TEST_CASE("a revocation without a right id, or of what has expired, is refused") {
  const Revocations revocations({});
  CHECK(revocations.check(revocation("", std::chrono::hours(1)), 0, kNow).error().code == ErrorCode::kInvalid);
  CHECK(revocations.check(revocation(std::string(129, 'x'), std::chrono::hours(1)), 0, kNow).error().code ==
        ErrorCode::kInvalid);
  CHECK(revocations.check(revocation("a", std::chrono::seconds(0)), 0, kNow).error().code == ErrorCode::kInvalid);
  CHECK(revocations.check(revocation(std::string(128, 'x'), std::chrono::seconds(1)), 0, kNow).ok());
}

TEST_CASE("more than the bound, with those on their way, are refused: none is forgotten before it expires") {
  RevocationLimits limits;
  limits.tokens_max = 3;
  Revocations revocations(limits);
  revocations.add("a", kNow + std::chrono::hours(1));
  const auto next = revocation("b", std::chrono::hours(1));
  CHECK(revocations.check(next, 1, kNow).ok());
  CHECK(revocations.check(next, 2, kNow).error().code == ErrorCode::kFull);
}

TEST_CASE("a snapshot comes in pages, in the order of the ids") {
  RevocationLimits limits;
  limits.page_max = 2;
  Revocations revocations(limits);
  for (const char* id : {"c", "a", "b"}) revocations.add(id, kNow + std::chrono::hours(1));
  const auto first = revocations.page("");
  REQUIRE(first.revocations_size() == 2);
  CHECK(first.revocations(0).token_id() == "a");
  CHECK(first.revocations(1).token_id() == "b");
  CHECK(first.more());
  const auto second = revocations.page("b");
  REQUIRE(second.revocations_size() == 1);
  CHECK(second.revocations(0).token_id() == "c");
  CHECK(second.revocations(0).expires_us() == to_unix_us(kNow + std::chrono::hours(1)));
  CHECK_FALSE(second.more());
  CHECK(revocations.page("c").revocations().empty());
}

TEST_CASE("what has expired is forgotten") {
  Revocations revocations({});
  revocations.add("a", kNow + std::chrono::hours(1));
  revocations.add("b", kNow + std::chrono::hours(2));
  revocations.expire(kNow + std::chrono::hours(1));
  CHECK_FALSE(revocations.contains("a"));
  CHECK(revocations.contains("b"));
}

}  // namespace
}  // namespace cell0::broker
