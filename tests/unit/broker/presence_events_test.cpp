// Changes of presence become events: a bounded number a turn, and none is lost when the intake is full.
#include "broker/presence_events.h"

#include <doctest/doctest.h>

#include "common/presence_entry.h"
#include "tests/unit/broker/slow_sequencer.h"

namespace cell0::broker {
namespace {

struct Bench {
  Bench() {
    sequencer.on_committed([this](Drafts& drafts) { published.push_back(drafts.size()); });
    intake.on_settled([this](Drafts&, const Result<void>&) { events.publish(); });
  }
  // A gateway announces entities with these numbers.
  void announce(std::size_t from, std::size_t to) {
    v1::PresenceRequest request;
    request.set_incarnation(std::string(16, 'A'));
    request.set_counter(++counter);
    request.set_all(counter == 1);
    for (std::size_t n = from; n < to; ++n) {
      v1::PresenceEntity& entity = *request.add_entities();
      entity.set_entity_id(std::to_string(n));
      entity.set_entity_type("agent");
      entity.set_status("online");
      entity.set_connections(1);
      entity.set_updated_us(1);
    }
    CHECK(*presence.announce(request, clock.mono(), clock.wall()) == v1::PresenceAnswer::TAKEN);
  }
  void finish_commits() {
    while (sequencer.busy()) sequencer.succeed();
  }

  SlowSequencer sequencer;
  Limits limits;
  RuleTable rules = RuleTable::create({}).value();
  Topics topics{rules, 10};
  ManualClock clock;
  SeededRandom random{1};
  Counters counters;
  Intake intake{limits, rules, topics, sequencer, clock};
  Presence presence{{}, clock.mono(), false};
  PresenceEvents events{presence, intake, counters, clock, random};
  std::vector<std::size_t> published;
  std::uint64_t counter = 0;
};

TEST_CASE("many changes go out in several turns, so that what others publish comes between") {
  Bench bench;
  bench.announce(0, 2 * PresenceEvents::kPerTurnMax + 10);
  bench.events.publish();
  bench.intake.commit();
  bench.finish_commits();
  CHECK(bench.published == std::vector<std::size_t>{PresenceEvents::kPerTurnMax, PresenceEvents::kPerTurnMax, 10});
  CHECK(bench.counters.presence_changes == 2 * PresenceEvents::kPerTurnMax + 10);
  CHECK(bench.presence.next_change() == nullptr);
}

TEST_CASE("what the intake cannot take now goes later, as it is then") {
  Bench bench;
  bench.limits.gathered_events_max = 3;
  bench.announce(0, 5);
  bench.events.publish();
  CHECK(bench.counters.presence_changes == 3);
  v1::PresenceRequest gone;
  gone.set_incarnation(std::string(16, 'A'));
  gone.set_counter(++bench.counter);
  gone.add_gone("4");
  CHECK(bench.presence.announce(gone, bench.clock.mono(), bench.clock.wall()).ok());
  CHECK(bench.presence.figures().changes == 2);
  bench.intake.commit();
  bench.finish_commits();
  CHECK(bench.published == std::vector<std::size_t>{3, 2});
  CHECK(bench.presence.figures().offline == 1);
  CHECK(bench.presence.next_change() == nullptr);
}

TEST_CASE("a change that makes no valid event is counted and does not stop the others") {
  Bench bench;
  bench.limits.event.event_bytes_max = 1;
  bench.announce(0, 2);
  bench.events.publish();
  CHECK(bench.counters.presence_unpublished == 2);
  CHECK(bench.presence.next_change() == nullptr);
}

}  // namespace
}  // namespace cell0::broker
