#include "cli/follower.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace cell0;
using namespace cell0::cli;

namespace {

v1::Delivered event(std::uint64_t seq) {
  v1::Delivered delivered;
  delivered.set_seq(seq);
  return delivered;
}

v1::Batch batch(std::uint64_t prev, std::initializer_list<std::uint64_t> seqs) {
  v1::Batch made;
  made.set_prev_seq(prev);
  made.set_last_seq(prev);
  for (const std::uint64_t seq : seqs) {
    *made.add_events() = event(seq);
    made.set_last_seq(seq);
  }
  return made;
}

v1::HistoryPage page(std::initializer_list<std::uint64_t> seqs, std::uint64_t scanned, bool end,
                     std::uint64_t trimmed = 0) {
  v1::HistoryPage made;
  for (const std::uint64_t seq : seqs) *made.add_events() = event(seq);
  made.set_scanned_through(scanned);
  made.set_end(end);
  made.set_trimmed_through(trimmed);
  return made;
}

struct Bench {
  explicit Bench(std::optional<std::uint64_t> since = {})
      : follower(since, {[this](const v1::Delivered& e) { told += std::to_string(e.seq()) + " "; },
                         [this](std::uint64_t from, std::uint64_t to) {
                           told += "missing:" + std::to_string(from) + "-" + std::to_string(to) + " ";
                         }}) {}
  std::string take() { return std::exchange(told, {}); }
  // "(since, through]", or "-".
  std::string question() {
    const auto asked = follower.take_question();
    return asked ? std::to_string(asked->since) + "-" + std::to_string(asked->through) : "-";
  }

  std::string told;
  Follower follower;
};

}  // namespace

TEST_CASE("batches of a whole chain are told in order, without a question") {
  Bench bench;
  CHECK_FALSE(bench.follower.began());
  bench.follower.on_batch(batch(10, {11, 12}));
  bench.follower.on_batch(batch(12, {}));
  bench.follower.on_batch(batch(12, {13}));
  CHECK(bench.take() == "11 12 13 ");
  CHECK(bench.question() == "-");
  CHECK(bench.follower.began());
}

TEST_CASE("a gap is asked for, once, while later batches wait") {
  Bench bench;
  bench.follower.on_batch(batch(10, {11}));
  bench.follower.on_batch(batch(14, {15}));
  CHECK(bench.question() == "11-14");
  CHECK(bench.question() == "-");
  bench.follower.on_batch(batch(15, {16}));
  CHECK(bench.take() == "11 ");
  bench.follower.on_page(page({12}, 12, false));
  CHECK(bench.question() == "12-14");
  bench.follower.on_page(page({13, 14}, 14, true));
  CHECK(bench.take() == "12 13 14 15 16 ");
  CHECK(bench.question() == "-");
}

TEST_CASE("since: first the history, then what comes, without a seam") {
  Bench bench(5);
  bench.follower.on_batch(batch(9, {10}));
  CHECK(bench.question() == "5-9");
  bench.follower.on_page(page({7, 9}, 9, true));
  CHECK(bench.take() == "7 9 10 ");
}

TEST_CASE("since in the middle of a batch: the rest of it") {
  Bench bench(11);
  bench.follower.on_batch(batch(10, {11, 12}));
  CHECK(bench.question() == "-");
  CHECK(bench.take() == "12 ");
}

TEST_CASE("what is trimmed is told, once, and the rest goes on") {
  Bench bench;
  bench.follower.on_batch(batch(10, {11}));
  bench.follower.on_batch(batch(100, {101}));
  CHECK(bench.question() == "11-100");
  bench.follower.on_page(page({60}, 80, false, 50));
  CHECK(bench.question() == "80-100");
  bench.follower.on_page(page({}, 100, true, 50));
  CHECK(bench.take() == "11 missing:12-50 60 101 ");
}

TEST_CASE("a question without an answer is a hole, and the next batch goes on") {
  Bench bench;
  bench.follower.on_batch(batch(10, {11}));
  bench.follower.on_batch(batch(14, {15}));
  CHECK(bench.question() == "11-14");
  bench.follower.on_failure();
  CHECK(bench.take() == "11 missing:12-14 15 ");
}

TEST_CASE("pages that do not move end the question") {
  Bench bench;
  bench.follower.on_batch(batch(10, {11}));
  bench.follower.on_batch(batch(14, {15}));
  CHECK(bench.question() == "11-14");
  bench.follower.on_page(page({}, 11, false));
  CHECK(bench.question() == "-");
  CHECK(bench.take() == "11 15 ");
}

TEST_CASE("more than may be held is let go and asked for later") {
  Bench bench;
  bench.follower.on_batch(batch(10, {11}));
  bench.follower.on_batch(batch(12, {13}));
  CHECK(bench.question() == "11-12");
  v1::Batch large = batch(13, {14});
  large.mutable_events(0)->set_envelope(std::string(Follower::kHeldBytesMax + 1, 'x'));
  bench.follower.on_batch(std::move(large));
  bench.follower.on_page(page({12}, 12, true));
  CHECK(bench.take() == "11 12 ");
  bench.follower.on_batch(batch(14, {15}));
  CHECK(bench.question() == "12-14");
}
