#include "broker/intake.h"

#include <doctest/doctest.h>

#include "broker/memory_sequencer.h"
#include "tests/unit/broker/events.h"

namespace cell0::broker {
namespace {

// A sequencer whose commits end when the test says so, as one on a disk will.
class SlowSequencer final : public Sequencer {
 public:
  void on_committed(OnCommitted handler) override { on_committed_ = std::move(handler); }
  void append(std::unique_ptr<Drafts> drafts, WallTime, Done done) override {
    REQUIRE_FALSE(busy());
    drafts_ = std::move(drafts);
    done_ = std::move(done);
  }
  bool busy() const override { return drafts_ != nullptr; }
  std::string trouble() const override { return ""; }
  Seq start() const override { return Seq{100}; }
  Seq head() const override { return next_.prev(); }

  std::size_t under_way() const { return drafts_ ? drafts_->size() : 0; }
  void succeed() {
    drafts_->number(next_);
    next_ = drafts_->last().next();
    on_committed_(*drafts_);
    Done done = std::move(done_);
    done(std::move(drafts_), {});
  }
  void fail(ErrorCode code) {
    Done done = std::move(done_);
    done(std::move(drafts_), Error{code, "the disk is full"});
  }

 private:
  OnCommitted on_committed_;
  std::unique_ptr<Drafts> drafts_;
  Done done_;
  Seq next_{100};
};

struct Fixture {
  explicit Fixture(Sequencer& sequencer) : intake(limits, rules, topics, sequencer, clock) {
    sequencer.on_committed([this](Drafts& drafts) { order.push_back("published " + std::to_string(drafts.size())); });
    intake.on_settled([this](Drafts& drafts, const Result<void>& result) {
      const std::string what = result ? "at " + std::to_string(drafts.first().value) : result.error().text;
      order.push_back("settled " + what);
    });
  }
  void take(int events) {
    for (int i = 0; i < events; ++i) REQUIRE(intake.take(chat_event().SerializeAsString()));
  }

  Limits limits;
  RuleTable rules = RuleTable::create({}).value();
  Topics topics{rules, 10};
  ManualClock clock;
  std::vector<std::string> order;
  Intake intake;
};

TEST_CASE("one commit is in flight: what comes meanwhile gathers, and is the next") {
  SlowSequencer sequencer;
  Fixture f(sequencer);
  f.take(2);
  const std::uint64_t first_turn = f.intake.unsettled_turn();
  f.intake.commit();
  CHECK(sequencer.under_way() == 2);
  CHECK(f.intake.unsettled_turn() == first_turn);
  f.take(3);
  f.intake.commit();
  f.take(1);
  f.intake.commit();
  CHECK(sequencer.under_way() == 2);
  CHECK(f.intake.queued() == 6);
  CHECK(f.intake.unsettled_turn() == first_turn + 1);
  sequencer.succeed();
  CHECK(sequencer.under_way() == 4);
  sequencer.succeed();
  CHECK(f.intake.queued() == 0);
  CHECK(f.intake.unsettled_turn() == 0);
  CHECK(f.order == std::vector<std::string>{"published 2", "settled at 100", "published 4", "settled at 102"});
  CHECK(f.topics.answer(0).topics(0).last_seq() == 105);
}

TEST_CASE("nothing gathered is nothing committed") {
  SlowSequencer sequencer;
  Fixture f(sequencer);
  f.intake.commit();
  CHECK_FALSE(sequencer.busy());
}

TEST_CASE("a commit that fails is settled with its reason, and the next goes on") {
  SlowSequencer sequencer;
  Fixture f(sequencer);
  f.take(2);
  f.intake.commit();
  f.take(1);
  sequencer.fail(ErrorCode::kFull);
  CHECK(sequencer.under_way() == 1);
  sequencer.succeed();
  CHECK(f.order == std::vector<std::string>{"settled the disk is full", "published 1", "settled at 100"});
}

TEST_CASE("without numbers nothing is taken; once there are some again it goes on") {
  FakeReserve reserve;
  SeqSource seqs = SeqSource::create(reserve, Seq{}, ManualClock().wall(), 4).value();
  RuleTable rules = RuleTable::create({}).value();
  Store store(rules, {100, 100'000}, seqs.start());
  MemorySequencer sequencer(seqs, store);
  Fixture f(sequencer);
  reserve.failing = true;
  f.take(4);
  f.intake.commit();
  CHECK(store.count() == 4);
  f.take(1);
  f.intake.commit();
  CHECK(store.count() == 4);
  CHECK(f.order.back() == "settled seq.reserve: the disk is full");
  CHECK(sequencer.trouble() == "seq.reserve: the disk is full");
  reserve.failing = false;
  f.take(1);
  f.intake.commit();
  CHECK(store.count() == 5);
  CHECK(sequencer.head() == Seq{seqs.start().value + 4});
  CHECK(sequencer.trouble().empty());
}

TEST_CASE("events beyond what may gather are refused until a commit") {
  SlowSequencer sequencer;
  Fixture f(sequencer);
  f.limits.gathered_events_max = 2;
  f.take(2);
  const auto refused = f.intake.take(chat_event().SerializeAsString());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kFull);
  f.intake.commit();
  f.take(2);
}

TEST_CASE("an event is stamped with its type's defaults, or what it says itself") {
  FakeReserve reserve;
  SeqSource seqs = SeqSource::create(reserve, Seq{}, ManualClock().wall(), 100).value();
  RuleTable rules = RuleTable::create({}).value();
  Store store(rules, {100, 100'000}, seqs.start());
  MemorySequencer sequencer(seqs, store);
  Fixture f(sequencer);
  v1::Envelope user = chat_event();
  user.set_type("my.type");
  user.set_json("{\"a\": 1}");
  user.set_topic("channels.x");
  user.set_priority(1);
  REQUIRE(f.intake.take(user.SerializeAsString()));
  REQUIRE(f.intake.envelope() != nullptr);
  REQUIRE(f.intake.take(log_event("WARN").SerializeAsString()));
  CHECK(f.intake.envelope() == nullptr);  // recognised without decoding
  f.intake.commit();
  auto cursor = store.log(0).first_after(Seq{0});
  v1::Delivered event;
  REQUIRE(event.ParseFromString(std::string(cursor.event().delivered)));
  CHECK(event.type() == "my.type");
  CHECK(event.topic() == "channels.x");
  CHECK(event.priority() == 1);
  CHECK(event.durability() == v1::DURABLE);
  cursor.forward();
  REQUIRE(event.ParseFromString(std::string(cursor.event().delivered)));
  CHECK(event.topic() == "events.log_stream");
  CHECK(event.priority() == 5);
  CHECK(event.durability() == v1::RELAXED);
}

}  // namespace
}  // namespace cell0::broker
