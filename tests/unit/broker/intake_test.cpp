#include "broker/intake.h"

#include <doctest/doctest.h>

#include "broker/delivered.h"
#include "tests/unit/broker/events.h"
#include "tests/unit/broker/slow_sequencer.h"

namespace cell0::broker {
namespace {

struct Fixture {
  explicit Fixture(Sequencer& sequencer) : intake(limits, rules, topics, sequencer, clock) {
    sequencer.on_committed([this](Drafts& drafts) { order.push_back("published " + std::to_string(drafts.size())); });
    intake.on_settled([this](Drafts& drafts, const Result<void>& result) {
      std::string what = drafts.empty() ? "" : " at " + std::to_string(drafts.first().value);
      if (!result) what += ", " + result.error().text;
      order.push_back("settled" + what);
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

TEST_CASE("under load turns that follow closely share a commit; full batches wait for nothing") {
  constexpr int kBusy = Intake::kBusyEvents;
  constexpr int kLoaded = Intake::kLoadedEvents;
  using std::chrono::microseconds;
  SlowSequencer sequencer;
  Fixture f(sequencer);
  f.limits.batch_events_max = kLoaded;
  f.limits.commit_interval_max = microseconds(800);
  std::vector<Duration> waits;
  f.intake.on_wait([&](Duration time) { waits.push_back(time); });
  const auto end_turn_with = [&](int events) {
    f.take(events);
    f.intake.end_turn();
  };
  const auto commits = [&](int events) {
    CHECK(sequencer.under_way() == static_cast<std::size_t>(events));
    sequencer.succeed();
  };

  for (int i = 0; i < 3; ++i) {  // one after the other's answer
    end_turn_with(kBusy - 1);
    commits(kBusy - 1);
  }
  end_turn_with(kLoaded / 4);
  commits(kLoaded / 4);
  CHECK(waits.empty());

  f.clock.advance(microseconds(50));
  end_turn_with(1);
  end_turn_with(kLoaded);
  f.intake.end_turn();  // a turn that took nothing
  CHECK(sequencer.under_way() == 0);
  CHECK(waits == std::vector<Duration>{microseconds(150)});  // a quarter of the interval, as of the events
  f.intake.waited();                                         // after that time
  commits(kLoaded + 1);

  constexpr int kFull = Intake::kFullBatches * kLoaded;
  end_turn_with(kFull - 1);
  REQUIRE(waits.size() == 2);
  CHECK(waits[1] == microseconds(800));
  CHECK(sequencer.under_way() == 0);
  end_turn_with(1);
  commits(kFull);
  f.take(1);
  f.intake.waited();  // for what is committed
  CHECK(sequencer.under_way() == 0);
  f.intake.commit();
  commits(1);

  f.clock.advance(microseconds(800));
  f.intake.end_turn();  // without events: no commit
  end_turn_with(1);
  commits(1);
  CHECK(waits.size() == 2);
}

TEST_CASE("what gathers under load is committed before the next would be refused") {
  SlowSequencer sequencer;
  Fixture f(sequencer);
  f.limits.gathered_events_max = 40;
  int waits = 0;
  f.intake.on_wait([&](Duration) { ++waits; });
  f.take(Intake::kBusyEvents);
  f.intake.end_turn();
  sequencer.succeed();
  f.take(19);
  f.intake.end_turn();
  CHECK(waits == 1);
  CHECK(sequencer.under_way() == 0);
  f.take(1);  // half of what may gather
  f.intake.end_turn();
  CHECK(sequencer.under_way() == 20);
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
  CHECK(f.order == std::vector<std::string>{"settled, the disk is full", "published 1", "settled at 100"});
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

TEST_CASE("of a commit that failed the ephemeral events go out, and those that gather stay unless taken out") {
  SlowSequencer sequencer;
  Fixture f(sequencer);
  v1::Envelope heartbeat = chat_event();
  heartbeat.mutable_heartbeat()->set_client_id("server");
  heartbeat.mutable_heartbeat()->set_sequence(1);
  f.take(2);
  REQUIRE(f.intake.take(heartbeat.SerializeAsString()));
  f.intake.commit();
  f.take(3);
  std::vector<std::uint64_t> seqs;
  f.intake.on_failed([&](Drafts& failed, Drafts& gathered, const Error& error) {
    CHECK(error.text == "the disk is full");
    CHECK(failed.durability_of(0) == v1::DURABLE);
    CHECK(failed.durability_of(2) == v1::EPHEMERAL);
    gathered.remove_if([](std::size_t index, v1::Durability) { return index == 1; });
  });
  f.intake.on_settled([&](Drafts& drafts, const Result<void>&) {
    for (std::size_t i = 0; i < drafts.added(); ++i) seqs.push_back(drafts.seq_of(i).value);
  });
  sequencer.fail(ErrorCode::kFull);
  CHECK(sequencer.under_way() == 1);
  sequencer.succeed();
  CHECK(sequencer.under_way() == 2);
  sequencer.succeed();
  CHECK(seqs == std::vector<std::uint64_t>{0, 0, 100, 101, 0, 102});
  CHECK(f.intake.idle());
}

TEST_CASE("ephemeral events that cannot have seqs either are dropped, and the next ones tried") {
  SlowSequencer sequencer;
  Fixture f(sequencer);
  v1::Envelope heartbeat = chat_event();
  heartbeat.mutable_heartbeat()->set_client_id("server");
  heartbeat.mutable_heartbeat()->set_sequence(1);
  REQUIRE(f.intake.take(heartbeat.SerializeAsString()));
  f.take(1);
  f.intake.commit();
  f.take(1);
  std::vector<std::uint64_t> seqs;
  f.intake.on_settled([&](Drafts& drafts, const Result<void>&) {
    for (std::size_t i = 0; i < drafts.added(); ++i) seqs.push_back(drafts.seq_of(i).value);
  });
  sequencer.fail(ErrorCode::kFull);
  sequencer.fail(ErrorCode::kUnavailable);
  CHECK(seqs == std::vector<std::uint64_t>{0, 0});
  sequencer.succeed();
  CHECK(seqs == std::vector<std::uint64_t>{0, 0, 100});
  CHECK(f.intake.idle());
}

TEST_CASE("an event is stamped with its type's defaults, or what it says itself") {
  SlowSequencer sequencer;
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
  f.intake.on_settled([](Drafts& drafts, const Result<void>&) {
    const EventBlock& block = drafts.blocks()[0];
    const DeliveredView first = view_of(block.delivered(block.events()[0]));
    CHECK(first.type == "my.type");
    CHECK(first.topic == "channels.x");
    CHECK(first.priority == 1);
    CHECK(first.durability == v1::DURABLE);
    const DeliveredView second = view_of(block.delivered(block.events()[1]));
    CHECK(second.topic == "events.log_stream");
    CHECK(second.priority == 5);
    CHECK(second.durability == v1::RELAXED);
  });
  f.intake.commit();
  sequencer.succeed();
}

}  // namespace
}  // namespace cell0::broker
