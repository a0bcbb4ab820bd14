// The chain of batches: in order, held over gaps, repaired, or told as lost.
#include "gateway/chain_reader.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

// A reader and what it gave, with its own time.
struct Chain {
  explicit Chain(const ChainLimits& limits = {}) : reader(limits) {}

  static Chain started(std::uint64_t last, const ChainLimits& limits = {}) {
    Chain chain(limits);
    chain.start(last);
    return chain;
  }
  void start(std::uint64_t last) { reader.start_at(Seq{last}, now, out); }
  void take(v1::Batch batch) { reader.on_batch(std::move(batch), now, out); }
  void answer(const v1::HistoryPage& page) { answer(*reader.missing(), page); }
  void answer(const Missing& asked, const v1::HistoryPage& page) { reader.on_page(asked, page, now, out); }
  void pass(Duration time) {
    now += time;
    reader.on_tick(now, out);
  }
  std::string missing() const {
    const auto gap = reader.missing();
    return gap ? std::to_string(gap->since.value) + "-" + std::to_string(gap->through.value) : "";
  }
  std::string text() const { return text_of(out); }

  ChainReader reader;
  MonoTime now{std::chrono::hours(1)};
  std::vector<EventPtr> out;
};

}  // namespace

TEST_CASE("batches that follow one another are delivered at once, in order") {
  Chain chain = Chain::started(10);
  chain.take(batch(10, {11, 12}));
  CHECK(chain.text() == "11 12");
  chain.take(batch(12, {}));  // a heartbeat
  chain.take(batch(12, {13}));
  CHECK(chain.text() == "11 12 13");
  CHECK(chain.reader.last() == Seq{13});
  CHECK(chain.missing() == "");
  CHECK(chain.reader.gaps() == 0);
}

TEST_CASE("numbers may be skipped within a batch and between batches") {
  Chain chain = Chain::started(10);
  v1::Batch sparse = batch(10, {12, 15});
  sparse.set_last_seq(20);
  chain.take(sparse);
  chain.take(batch(20, {30}));
  CHECK(chain.text() == "12 15 30");
  CHECK(chain.reader.gaps() == 0);
}

TEST_CASE("after a gap everything is held until one page repairs it") {
  Chain chain = Chain::started(10);
  chain.take(batch(12, {13}));
  chain.take(batch(13, {14, 15}));
  CHECK(chain.text() == "");
  CHECK(chain.missing() == "10-12");
  CHECK(chain.reader.gaps() == 1);
  CHECK(chain.reader.held_bytes() > 0);
  chain.answer(page({11, 12}, 12, true));
  CHECK(chain.text() == "11 12 13 14 15");
  CHECK(chain.missing() == "");
  CHECK(chain.reader.held_bytes() == 0);
}

TEST_CASE("several pages repair a gap; what they hold is delivered as it comes") {
  Chain chain = Chain::started(10);
  chain.take(batch(20, {21}));
  chain.answer(page({11, 13}, 13, false));
  CHECK(chain.text() == "11 13");
  CHECK(chain.missing() == "13-20");
  chain.answer(page({}, 17, false));
  CHECK(chain.missing() == "17-20");
  chain.answer(page({19}, 19, true));
  CHECK(chain.text() == "11 13 19 21");
}

TEST_CASE("a heartbeat shows that the tail was lost") {
  Chain chain = Chain::started(10);
  chain.take(batch(12, {}));
  CHECK(chain.missing() == "10-12");
  chain.answer(page({11, 12}, 12, true));
  CHECK(chain.text() == "11 12");
}

TEST_CASE("what a page holds beyond the gap is left to the batches that were held") {
  Chain chain = Chain::started(10);
  chain.take(batch(11, {12}));
  chain.answer(page({11, 12, 13}, 13, true));
  CHECK(chain.text() == "11 12");
  CHECK(chain.reader.last() == Seq{12});
}

TEST_CASE("a second gap behind the first is asked for when the first is repaired") {
  Chain chain = Chain::started(10);
  chain.take(batch(11, {12}));
  chain.take(batch(14, {15}));
  CHECK(chain.missing() == "10-11");
  chain.answer(page({11}, 11, true));
  CHECK(chain.text() == "11 12");
  CHECK(chain.missing() == "12-14");
  chain.answer(page({13, 14}, 14, true));
  CHECK(chain.text() == "11 12 13 14 15");
}

TEST_CASE("duplicate and overlapping batches give every event once") {
  Chain chain = Chain::started(10);
  chain.take(batch(10, {11, 12}));
  chain.take(batch(10, {11, 12}));
  chain.take(batch(11, {12, 13}));
  chain.take(batch(5, {6, 7}));
  CHECK(chain.text() == "11 12 13");
  CHECK(chain.reader.last() == Seq{13});
}

TEST_CASE("a hold that lasts too long ends in a hole") {
  Chain chain = Chain::started(10, {std::chrono::seconds(10), 1u << 20});
  chain.take(batch(12, {13}));
  chain.pass(std::chrono::milliseconds(9'999));
  CHECK(chain.text() == "");
  chain.pass(std::chrono::milliseconds(1));
  CHECK(chain.text() == "lost(11-12 gap) 13");
  CHECK(chain.missing() == "");
}

TEST_CASE("the time of a hold begins anew for the gap behind it") {
  Chain chain = Chain::started(10, {std::chrono::seconds(10), 1u << 20});
  chain.take(batch(12, {13}));
  chain.take(batch(15, {16}));
  chain.pass(std::chrono::seconds(10));
  CHECK(chain.text() == "lost(11-12 gap) 13");
  chain.pass(std::chrono::seconds(9));
  CHECK(chain.missing() == "13-15");
  chain.pass(std::chrono::seconds(1));
  CHECK(chain.text() == "lost(11-12 gap) 13 lost(14-15 gap) 16");
}

TEST_CASE("a hold that grows too large ends in a hole") {
  Chain chain = Chain::started(10, {std::chrono::seconds(10), 600});
  chain.take(batch(12, {13}));
  std::uint64_t seq = 13;
  while (chain.out.empty()) {
    chain.take(batch(seq, {seq + 1}));
    REQUIRE(++seq < 100);
  }
  CHECK(chain.text().rfind("lost(11-12 gap) 13 14 ", 0) == 0);
  CHECK(chain.reader.held_bytes() == 0);
  CHECK(chain.reader.last() == Seq{seq});
}

TEST_CASE("the answer to a gap that has been given up does not close the next one") {
  Chain chain = Chain::started(10, {std::chrono::seconds(10), 1u << 20});
  chain.take(batch(12, {13}));
  const Missing asked = *chain.reader.missing();
  chain.pass(std::chrono::seconds(10));
  chain.take(batch(15, {16}));
  chain.answer(asked, page({11, 12}, 12, true));
  CHECK(chain.text() == "lost(11-12 gap) 13");
  CHECK(chain.missing() == "13-15");
  chain.answer(page({14, 15}, 15, true));
  CHECK(chain.text() == "lost(11-12 gap) 13 14 15 16");
}

TEST_CASE("a broker that restarted and lost its tail leaves a hole that is not retained") {
  Chain chain = Chain::started(10);
  chain.take(batch(999, {}));  // prev_seq = start - 1
  CHECK(chain.missing() == "10-999");
  chain.answer(page({}, 999, true, 999));
  CHECK(chain.text() == "lost(11-999 not_retained)");
  chain.take(batch(999, {1000}));
  CHECK(chain.text() == "lost(11-999 not_retained) 1000");
}

TEST_CASE("a broker that restarted with all its log leaves no hole") {
  Chain chain = Chain::started(10);
  chain.take(batch(999, {1000}));
  chain.answer(page({11}, 999, true, 10));
  CHECK(chain.text() == "11 1000");
}

TEST_CASE("what a trimmed log still has is delivered, with holes around it") {
  Chain chain = Chain::started(10);
  chain.take(batch(30, {31}));
  chain.answer(page({13, 14, 18}, 18, false, 20));
  CHECK(chain.text() == "lost(11-12 not_retained) 13 14 lost(15-17 not_retained) 18");
  CHECK(chain.missing() == "18-30");
  chain.answer(page({25}, 30, true, 20));
  CHECK(chain.text() == "lost(11-12 not_retained) 13 14 lost(15-17 not_retained) 18 lost(19-20 not_retained) 25 31");
}

TEST_CASE("a trim beyond the gap loses no more than the gap") {
  Chain chain = Chain::started(10);
  chain.take(batch(12, {13}));
  chain.answer(page({}, 12, true, 500));
  CHECK(chain.text() == "lost(11-12 not_retained) 13");
}

TEST_CASE("before the start batches are held, and the first says what to load") {
  Chain chain;
  CHECK_FALSE(chain.reader.first_prev());
  chain.take(batch(10, {11}));
  chain.take(batch(11, {12}));
  CHECK(chain.reader.first_prev() == Seq{10});
  CHECK(chain.missing() == "");
  CHECK(chain.text() == "");
  chain.start(10);
  CHECK(chain.text() == "11 12");
  CHECK(chain.reader.started());
  CHECK_FALSE(chain.reader.first_prev());
}

TEST_CASE("a gap among the batches of before the start is repaired after it") {
  Chain chain;
  chain.take(batch(10, {11}));
  chain.take(batch(13, {14}));
  chain.start(10);
  CHECK(chain.text() == "11");
  CHECK(chain.missing() == "11-13");
  chain.answer(page({12, 13}, 13, true));
  CHECK(chain.text() == "11 12 13 14");
}

TEST_CASE("batches that overflowed before the start are asked for after it") {
  Chain chain({std::chrono::seconds(10), 200});
  for (std::uint64_t seq = 10; seq < 20; ++seq) chain.take(batch(seq, {seq + 1}));
  const Seq first = *chain.reader.first_prev();
  CHECK(first > Seq{10});
  CHECK(chain.reader.held_bytes() <= 200);
  chain.start(10);
  CHECK(chain.missing() == "10-" + std::to_string(first.value));
  std::vector<std::uint64_t> lost;
  for (std::uint64_t seq = 11; seq <= first.value; ++seq) lost.push_back(seq);
  chain.answer(page(lost, first.value, true));
  CHECK(chain.text() == "11 12 13 14 15 16 17 18 19 20");
}

TEST_CASE("an envelope that cannot be decoded is a hole of one, and counted") {
  Chain chain = Chain::started(10);
  v1::Batch damaged = batch(10, {11, 12, 13});
  damaged.mutable_events(1)->set_envelope("\xff\xff");
  chain.take(damaged);
  CHECK(chain.text() == "11 lost(12-12 gap) 13");
  CHECK(chain.reader.undecodable() == 1);
}

TEST_CASE("a page when nothing is missing changes nothing") {
  Chain chain = Chain::started(10);
  chain.answer({Seq{5}, Seq{20}}, page({11}, 20, true, 15));
  CHECK(chain.text() == "");
  CHECK(chain.reader.last() == Seq{10});
}
