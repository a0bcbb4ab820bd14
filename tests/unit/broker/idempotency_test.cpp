// Idempotency keys: known, not yet committed, reused, given back, forgotten in time and before it.
#include "broker/idempotency.h"

#include <doctest/doctest.h>

namespace cell0::broker {
namespace {

using Key = Idempotency::Key;
using Verdict = Idempotency::Verdict;

const WallTime kNow = from_unix_us(1'700'000'000'000'000);
constexpr auto kHour = std::chrono::hours(1);

TEST_CASE("a key is new, then not yet committed, then known as its event") {
  Idempotency keys({});
  const Key key{"admin", "k", 7};
  CHECK(keys.look(key, kNow).verdict == Verdict::kNew);
  keys.begin(key, kNow);
  CHECK(keys.look(key, kNow).verdict == Verdict::kUnseen);
  keys.settle(key, Seq{42});
  CHECK(keys.look(key, kNow).verdict == Verdict::kKnown);
  CHECK(keys.look(key, kNow).seq == Seq{42});
  CHECK(keys.size() == 1);
}

TEST_CASE("the same key for something else is refused, before and after the commit of the first") {
  Idempotency keys({});
  keys.begin({"admin", "k", 7}, kNow);
  CHECK(keys.look({"admin", "k", 8}, kNow).verdict == Verdict::kReused);
  CHECK(keys.look({"admin", "k", 8}, kNow).seq == Seq{});
  keys.settle({"admin", "k", 7}, Seq{42});
  CHECK(keys.look({"admin", "k", 8}, kNow).seq == Seq{42});
}

TEST_CASE("keys of different entities are different, however they are cut") {
  Idempotency keys({});
  keys.restore({"ab", "c", 1}, Seq{1}, kNow);
  CHECK(keys.look({"a", "bc", 1}, kNow).verdict == Verdict::kNew);
  CHECK(keys.look({"ab", "c", 1}, kNow).verdict == Verdict::kKnown);
}

TEST_CASE("a key whose event was not committed is free again") {
  Idempotency keys({});
  keys.begin({"e", "k", 1}, kNow);
  keys.give_back({"e", "k", 1});
  CHECK(keys.look({"e", "k", 2}, kNow).verdict == Verdict::kNew);
  keys.settle({"e", "k", 1}, Seq{5});  // too late: nothing happens
  CHECK(keys.size() == 0);
}

TEST_CASE("after its time a key is new, also if nobody has cleared it away yet") {
  Idempotency keys({});
  keys.restore({"e", "old", 1}, Seq{1}, kNow);
  keys.restore({"e", "young", 1}, Seq{2}, kNow + kHour);
  CHECK(keys.look({"e", "old", 1}, kNow + 23 * kHour).verdict == Verdict::kKnown);
  CHECK(keys.look({"e", "old", 1}, kNow + 24 * kHour).verdict == Verdict::kNew);
  keys.drop_aged(kNow + 24 * kHour);
  CHECK(keys.size() == 1);
  keys.drop_aged(kNow + 25 * kHour);
  CHECK(keys.size() == 0);
  CHECK(keys.forgotten() == 0);
}

TEST_CASE("over the bound the oldest goes, and is counted; what is not committed stays") {
  Idempotency keys({.keys_max = 2});
  keys.restore({"e", "1", 1}, Seq{1}, kNow);
  keys.restore({"e", "2", 1}, Seq{2}, kNow);
  keys.begin({"e", "3", 1}, kNow);
  CHECK(keys.look({"e", "1", 1}, kNow).verdict == Verdict::kNew);
  CHECK(keys.forgotten() == 1);
  keys.begin({"e", "4", 1}, kNow);
  keys.begin({"e", "5", 1}, kNow);
  CHECK(keys.size() == 3);
  CHECK(keys.look({"e", "3", 1}, kNow).verdict == Verdict::kUnseen);
}

TEST_CASE("what is restored twice is as it was last") {
  Idempotency keys({});
  keys.restore({"e", "k", 1}, Seq{1}, kNow);
  keys.restore({"e", "k", 2}, Seq{9}, kNow);
  CHECK(keys.look({"e", "k", 2}, kNow).seq == Seq{9});
  CHECK(keys.size() == 1);
}

}  // namespace
}  // namespace cell0::broker
