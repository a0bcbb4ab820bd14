#include "broker/origins.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace cell0::broker {
namespace {

using Verdict = Origin::Verdict;
const MonoTime kStart{std::chrono::hours(1)};

TEST_CASE("only the next number is taken, and each once") {
  Origins origins({});
  Origin& origin = origins.open("e", 1, 0, kStart);
  CHECK(origin.judge(2) == Verdict::kUnexpected);
  CHECK(origin.expected() == 1);
  CHECK(origin.judge(1) == Verdict::kNext);
  origin.take();
  CHECK(origin.judge(1) == Verdict::kDuplicate);
  CHECK(origin.judge(2) == Verdict::kNext);
  CHECK(origin.judge(3) == Verdict::kUnexpected);
}

TEST_CASE("a rejected event consumes its number, and stays rejected") {
  Origins origins({});
  Origin& origin = origins.open("e", 1, 0, kStart);
  origin.reject();
  origin.take();
  CHECK(origin.expected() == 3);
  CHECK(origin.judge(1) == Verdict::kRejected);
  CHECK(origin.seq_of(1) == Seq{0});
  CHECK(origin.judge(2) == Verdict::kDuplicate);
}

TEST_CASE("a duplicate's seq is known while it is among the recent ones") {
  Origins origins({10, 3, std::chrono::hours(1)});
  Origin& origin = origins.open("e", 1, 0, kStart);
  for (std::uint64_t n = 1; n <= 5; ++n) {
    origin.take();
    CHECK(origin.seq_of(n) == Seq{0});  // until its commit
    origin.set_seq(n, Seq{100 + n});
  }
  CHECK(origin.seq_of(2) == Seq{0});
  CHECK(origin.seq_of(3) == Seq{103});
  CHECK(origin.seq_of(5) == Seq{105});
  CHECK(origin.seq_of(6) == Seq{0});
  CHECK(origin.judge(1) == Verdict::kDuplicate);
  origin.set_seq(1, Seq{9});  // too late: passed over
  CHECK(origin.seq_of(1) == Seq{0});
}

TEST_CASE("answered_through moves last up, also for an origin that is not known, never down") {
  Origins origins({});
  CHECK(origins.open("e", 1, 41, kStart).judge(42) == Verdict::kNext);
  CHECK(origins.open("e", 1, 41, kStart).judge(41) == Verdict::kDuplicate);
  origins.open("e", 1, 41, kStart).take();
  CHECK(origins.open("e", 1, 0, kStart).expected() == 43);
  CHECK(origins.open("e", 1, 50, kStart).expected() == 51);
  CHECK(origins.open("e", 1, 50, kStart).seq_of(42) == Seq{0});
  CHECK(origins.open("e", 1, 50, kStart).judge(42) == Verdict::kDuplicate);
}

TEST_CASE("another incarnation, or another emitter, is another origin") {
  Origins origins({});
  origins.open("e", 1, 0, kStart).take();
  CHECK(origins.open("e", 2, 0, kStart).expected() == 1);
  CHECK(origins.open("f", 1, 0, kStart).expected() == 1);
  CHECK(origins.size() == 3);
  REQUIRE(origins.find("e", 1) != nullptr);
  CHECK(origins.find("e", 1)->expected() == 2);
  CHECK(origins.find("g", 1) == nullptr);
}

TEST_CASE("what could not be committed is expected again") {
  Origins origins({});
  Origin& origin = origins.open("e", 1, 0, kStart);
  for (int i = 0; i < 5; ++i) origin.take();
  origin.set_seq(2, Seq{7});
  origin.give_back(3);
  CHECK(origin.expected() == 3);
  CHECK(origin.seq_of(2) == Seq{7});
  origin.give_back(4);  // it was given back already
  CHECK(origin.expected() == 3);
}

TEST_CASE("the recent ones are as many as they shall be, however many came, and after some were given back") {
  for (const std::size_t recent_max : {1, 15, 16, 17, 100, 1024}) {
    CAPTURE(recent_max);
    Origins origins({10, recent_max, std::chrono::hours(1)});
    Origin& origin = origins.open("e", 1, 5, kStart);
    const auto seqs_are_right = [&](std::uint64_t known_from) {
      for (std::uint64_t n = 1; n < origin.expected(); ++n) {
        const Seq right = n < known_from || n % 7 == 0 ? Seq{} : Seq{1000 + n};
        if (origin.seq_of(n) != right) FAIL("n ", n, " of ", origin.expected() - 1);
        const bool rejected = n >= known_from && n % 7 == 0;
        if (origin.judge(n) != (rejected ? Verdict::kRejected : Verdict::kDuplicate)) FAIL("verdict of n ", n);
      }
    };
    const auto take_to = [&](std::uint64_t last) {
      for (std::uint64_t n = origin.expected(); n <= last; ++n) {
        n % 7 == 0 ? origin.reject() : origin.take();
        if (n % 7 != 0) origin.set_seq(n, Seq{1000 + n});
      }
    };
    const auto oldest_of = [&](std::uint64_t last) { return std::max<std::uint64_t>(6, last + 1 - recent_max); };
    for (const std::uint64_t last : {20, 40, 75, 200, 1500, 4000}) {
      take_to(last);
      seqs_are_right(last < recent_max ? 6 : oldest_of(last));
    }
    origin.give_back(3990);  // eleven
    CHECK(origin.expected() == 3990);
    const std::size_t left = recent_max > 11 ? recent_max - 11 : 0;
    seqs_are_right(3990 - left);
    take_to(3995);
    seqs_are_right(3996 - std::min(recent_max, left + 6));
  }
}

TEST_CASE("idle origins are dropped, and over the limit the one idle longest") {
  Origins origins({2, 10, std::chrono::hours(2)});
  origins.open("a", 1, 0, kStart).take();
  origins.open("b", 1, 0, kStart + std::chrono::hours(1)).take();
  origins.open("a", 1, 0, kStart + std::chrono::hours(2));
  origins.open("c", 1, 0, kStart + std::chrono::hours(2));
  CHECK(origins.size() == 2);
  CHECK(origins.find("b", 1) == nullptr);
  CHECK(origins.find("a", 1) != nullptr);
  origins.drop_idle(kStart + std::chrono::hours(4));
  CHECK(origins.size() == 2);
  origins.drop_idle(kStart + std::chrono::hours(4) + std::chrono::seconds(1));
  CHECK(origins.size() == 0);
  // Forgotten, but answered_through says how far it was.
  CHECK(origins.open("a", 1, 1, kStart).judge(2) == Verdict::kNext);
}

}  // namespace
}  // namespace cell0::broker
