// What the acknowledged path answers when commits fail.
#include <doctest/doctest.h>

#include <map>

#include "broker/control/publish_desk.h"
#include "tests/unit/broker/events.h"
#include "tests/unit/broker/slow_sequencer.h"

namespace cell0::broker {
namespace {

using Status = v1::PublishOutcome;

struct Fixture {
  explicit Fixture(Limits with = {}) : limits(with) {
    sequencer.on_committed([](Drafts&) {});
    intake.on_failed(
        [this](Drafts& failed, Drafts& gathered, const Error& error) { desk.not_committed(failed, gathered, error); });
    intake.on_settled([this](Drafts& drafts, const Result<void>&) { desk.settled(drafts); });
  }

  static v1::Envelope beat() {
    v1::Envelope envelope = chat_event();
    envelope.mutable_heartbeat()->set_client_id("server");
    envelope.mutable_heartbeat()->set_sequence(1);
    return envelope;
  }
  // Publishes, and commits unless a commit runs; the request's id.
  std::uint64_t publish(const std::string& emitter, std::uint64_t first_n, const std::vector<v1::Envelope>& events,
                        const std::string& key = "") {
    v1::PublishRequest request;
    request.set_emitter_id(emitter);
    request.set_incarnation(1);
    request.set_first_n(first_n);
    for (const v1::Envelope& event : events) request.add_envelopes(event.SerializeAsString());
    if (!key.empty()) {
      request.add_keys()->set_entity("entity");
      request.mutable_keys(0)->set_key(key);
    }
    REQUIRE(desk.take("peer", ++last_id, request.SerializeAsString()));
    intake.commit();
    return last_id;
  }
  std::vector<int> statuses(std::uint64_t id) {
    std::vector<int> found;
    for (const auto& outcome : answers_by_id[id].outcomes()) found.push_back(outcome.status());
    return found;
  }

  Limits limits;
  RuleTable rules = RuleTable::create({}).value();
  Topics topics{rules, 10};
  ManualClock clock;
  Counters counters;
  Log log{{"test"}, [](std::string_view) {}};
  SlowSequencer sequencer;
  Intake intake{limits, rules, topics, sequencer, clock};
  std::map<std::uint64_t, v1::PublishAnswer> answers_by_id;
  Answers answers{[this](std::string_view, std::string_view encoded) {
                    v1::Response response;
                    REQUIRE(response.ParseFromArray(encoded.data(), static_cast<int>(encoded.size())));
                    answers_by_id[response.id()] = response.publish();
                    return true;
                  },
                  counters};
  PublishDesk desk{limits, intake, answers, counters, clock, log};
  std::uint64_t last_id = 0;
};

TEST_CASE("what gathers behind a failed commit is taken back with it, of that emitter only") {
  Fixture f;
  const auto first = f.publish("a", 1, {chat_event(), chat_event()});
  const auto behind = f.publish("a", 3, {chat_event()});
  const auto other = f.publish("b", 1, {chat_event()});
  f.sequencer.fail(ErrorCode::kFull);
  CHECK(f.statuses(first) == std::vector<int>{Status::UNAVAILABLE, Status::UNAVAILABLE});
  CHECK(f.answers_by_id[first].expected_n() == 1);
  CHECK(f.answers_by_id[first].outcomes(0).error() == "the disk is full");
  CHECK(f.sequencer.drafts().size() == 1);
  CHECK(f.sequencer.drafts().notes.origins.at(0).last_n == 0);  // of a
  f.sequencer.succeed();
  CHECK(f.statuses(behind) == std::vector<int>{Status::UNAVAILABLE});
  CHECK(f.answers_by_id[behind].expected_n() == 1);
  CHECK(f.statuses(other) == std::vector<int>{Status::ACCEPTED});
  CHECK(f.answers_by_id[other].outcomes(0).seq() == 100);
  const auto again = f.publish("a", 1, {chat_event(), chat_event(), chat_event()});
  f.sequencer.succeed();
  CHECK(f.statuses(again) == std::vector<int>{Status::ACCEPTED, Status::ACCEPTED, Status::ACCEPTED});
  CHECK(f.answers_by_id[again].outcomes(2).seq() == 103);
}

TEST_CASE("of an emitter that was forgotten meanwhile everything comes again") {
  Limits limits;
  limits.origins_max = 1;
  Fixture f(limits);
  const auto first = f.publish("a", 1, {chat_event(), chat_event()}, "key");
  const auto behind = f.publish("a", 3, {chat_event()});
  const auto other = f.publish("b", 1, {chat_event()});  // in the place of a
  f.sequencer.fail(ErrorCode::kFull);
  CHECK(f.statuses(first) == std::vector<int>{Status::UNAVAILABLE, Status::UNAVAILABLE});
  CHECK(f.answers_by_id[first].expected_n() == 1);
  REQUIRE(f.sequencer.drafts().notes.origins.size() == 1);  // of b
  CHECK(f.sequencer.drafts().notes.origins.front().emitter_id == "b");
  f.sequencer.succeed();
  CHECK(f.statuses(behind) == std::vector<int>{Status::UNAVAILABLE});
  CHECK(f.statuses(other) == std::vector<int>{Status::ACCEPTED});
  const auto again = f.publish("a", 1, {chat_event()}, "key");
  f.sequencer.succeed();
  CHECK(f.statuses(again) == std::vector<int>{Status::ACCEPTED});
}

TEST_CASE("a repetition of what is in flight is no duplicate of it once that has failed") {
  Fixture f;
  f.publish("a", 1, {chat_event()});
  const auto again = f.publish("a", 1, {chat_event()});
  f.sequencer.fail(ErrorCode::kFull);
  CHECK(f.statuses(again) == std::vector<int>{Status::UNAVAILABLE});
}

TEST_CASE("ephemeral events before the first one that would be stored go out, those behind it come again") {
  Fixture f;
  const auto id = f.publish("a", 1, {Fixture::beat(), chat_event(), Fixture::beat()});
  const auto only = f.publish("b", 1, {Fixture::beat()});
  f.sequencer.fail(ErrorCode::kFull);
  CHECK(f.sequencer.drafts().size() == 1);
  f.sequencer.succeed();
  CHECK(f.statuses(id) == std::vector<int>{Status::ACCEPTED, Status::UNAVAILABLE, Status::UNAVAILABLE});
  CHECK(f.answers_by_id[id].outcomes(0).seq() == 100);
  CHECK(f.answers_by_id[id].expected_n() == 2);
  f.sequencer.succeed();
  CHECK(f.statuses(only) == std::vector<int>{Status::ACCEPTED});
}

TEST_CASE("ephemeral events that nobody could number come again") {
  Fixture f;
  const auto id = f.publish("a", 1, {Fixture::beat()});
  f.sequencer.fail(ErrorCode::kFull);
  CHECK(f.statuses(id) == std::vector<int>{Status::UNAVAILABLE});
  CHECK(f.answers_by_id[id].expected_n() == 1);
  CHECK_FALSE(f.sequencer.busy());
}

TEST_CASE("a key whose event failed is free again, and who was called its duplicate is not") {
  Fixture f;
  const auto first = f.publish("a", 1, {chat_event()}, "key");
  const auto second = f.publish("b", 1, {chat_event()}, "key");
  const auto behind = f.publish("b", 2, {chat_event()});
  f.sequencer.fail(ErrorCode::kFull);
  if (f.sequencer.busy()) f.sequencer.succeed();
  CHECK(f.statuses(first) == std::vector<int>{Status::UNAVAILABLE});
  CHECK(f.statuses(second) == std::vector<int>{Status::UNAVAILABLE});
  CHECK(f.statuses(behind) == std::vector<int>{Status::UNAVAILABLE});
  CHECK(f.answers_by_id[behind].expected_n() == 1);
  const auto again = f.publish("b", 1, {chat_event()}, "key");
  f.sequencer.succeed();
  CHECK(f.statuses(again) == std::vector<int>{Status::ACCEPTED});
}

TEST_CASE("requests that only wait for more are committed before another is refused") {
  Fixture f;
  f.limits.publishes_max = 1;
  v1::PublishRequest request;
  request.set_emitter_id("e");
  request.set_incarnation(1);
  request.set_first_n(1);
  request.add_envelopes(chat_event().SerializeAsString());
  REQUIRE(f.desk.take("peer", 1, request.SerializeAsString()));
  CHECK_FALSE(f.sequencer.busy());
  request.set_first_n(2);
  const auto refused = f.desk.take("peer", 2, request.SerializeAsString());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kUnavailable);
  REQUIRE(f.sequencer.under_way() == 1);
  f.sequencer.succeed();
  CHECK(f.desk.take("peer", 3, request.SerializeAsString()));
}

}  // namespace
}  // namespace cell0::broker
