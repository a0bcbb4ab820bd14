// Services on the broker's loop: what is answered when, what becomes of wills and of fenced events.
#include "broker/control/service_desk.h"

#include <doctest/doctest.h>

#include <map>

#include "broker/control/publish_desk.h"
#include "tests/unit/broker/events.h"
#include "tests/unit/broker/slow_sequencer.h"

namespace cell0::broker {
namespace {

constexpr Seq kStart{7000};

struct Fixture {
  explicit Fixture(bool warm = false) : services(io, limits, kStart, warm, intake, answers, clock, random, log) {
    sequencer.on_committed([](Drafts&) {});
    intake.on_failed([this](Drafts& failed, Drafts& gathered, const Error& error) {
      services.not_committed(failed.notes);
      publishing.not_committed(failed, gathered, error);
    });
    intake.on_settled([this](Drafts& drafts, const Result<void>& result) {
      publishing.settled(drafts);
      services.settled(drafts, result);
    });
    publishing.fences([this](std::string_view service, std::uint64_t epoch) {
      if (services.services().holds(service, epoch)) return PublishDesk::FenceVerdict::kHolds;
      return services.services().may_return(epoch) ? PublishDesk::FenceVerdict::kNotYet
                                                   : PublishDesk::FenceVerdict::kOver;
    });
  }

  static v1::WorkerRequest hello(const std::string& will = "") {
    v1::WorkerRequest request;
    request.set_service("s");
    request.set_worker("w");
    request.set_incarnation(std::string(16, 'i'));
    request.set_capacity(10);
    if (!will.empty()) {
      request.add_keys()->set_key("k");
      request.mutable_keys(0)->set_will(will);
    }
    return request;
  }
  // Its epoch.
  std::uint64_t join(const v1::WorkerRequest& request) {
    REQUIRE(services.take_worker("worker", ++last_id, request));
    return by_id.at(last_id).worker().epoch();
  }
  void leave(std::uint64_t epoch) {
    v1::WorkerRequest request = hello();
    request.set_epoch(epoch);
    request.set_leaving(true);
    join(request);
  }
  std::vector<int> publish(std::uint64_t first_n, std::size_t events, std::uint64_t epoch) {
    v1::PublishRequest request;
    request.set_emitter_id("w");
    request.set_incarnation(1);
    request.set_first_n(first_n);
    request.mutable_fence()->set_service("s");
    request.mutable_fence()->set_epoch(epoch);
    for (std::size_t i = 0; i < events; ++i) request.add_envelopes(chat_event().SerializeAsString());
    REQUIRE(publishing.take("worker", ++last_id, request.SerializeAsString()));
    intake.commit();
    if (sequencer.busy()) sequencer.succeed();
    std::vector<int> statuses;
    for (const auto& outcome : by_id.at(last_id).publish().outcomes()) statuses.push_back(outcome.status());
    return statuses;
  }

  asio::io_context io;
  Limits limits;
  RuleTable rules = RuleTable::create({}).value();
  Topics topics{rules, 10};
  ManualClock clock;
  SeededRandom random{1};
  Counters counters;
  Log log{{"test"}, [](std::string_view) {}};
  SlowSequencer sequencer;
  Intake intake{limits, rules, topics, sequencer, clock};
  std::map<std::uint64_t, v1::Response> by_id;
  Answers answers{[this](std::string_view, std::string_view encoded) {
                    v1::Response response;
                    REQUIRE(response.ParseFromArray(encoded.data(), static_cast<int>(encoded.size())));
                    by_id[response.id()] = response;
                    return true;
                  },
                  counters};
  PublishDesk publishing{limits, intake, answers, counters, clock, log};
  ServiceDesk services;
  std::uint64_t last_id = 0;
};

using Outcome = v1::PublishOutcome;

TEST_CASE("events under a worker's epoch are taken; under one that is over they are fenced, and use their numbers") {
  Fixture f;
  const std::uint64_t epoch = f.join(Fixture::hello());
  CHECK(f.publish(1, 2, epoch) == std::vector<int>{Outcome::ACCEPTED, Outcome::ACCEPTED});
  f.leave(epoch);
  CHECK(f.publish(3, 2, epoch) == std::vector<int>{Outcome::FENCED, Outcome::FENCED});
  CHECK(f.by_id.at(f.last_id).publish().expected_n() == 5);
  CHECK(f.by_id.at(f.last_id).publish().outcomes(0).error().find("fence: ") == 0);
  CHECK(f.counters.fenced == 2);
  CHECK(f.publish(1, 1, epoch) == std::vector<int>{Outcome::DUPLICATE});  // it was taken when it counted
  CHECK(f.publish(4, 1, epoch) == std::vector<int>{Outcome::REJECTED});
  const std::uint64_t anew = f.join(Fixture::hello());
  CHECK(f.publish(5, 1, anew) == std::vector<int>{Outcome::ACCEPTED});
}

TEST_CASE("events of the run before come again later, while their worker may register") {
  Fixture f(true);
  CHECK(f.publish(1, 2, kStart.value - 1) == std::vector<int>{Outcome::UNAVAILABLE, Outcome::UNEXPECTED});
  CHECK(f.by_id.at(f.last_id).publish().expected_n() == 1);
  CHECK(f.publish(1, 2, f.join(Fixture::hello())) == std::vector<int>{Outcome::ACCEPTED, Outcome::ACCEPTED});
}

TEST_CASE("a will is checked when it comes, and published with a new id when its worker is gone") {
  Fixture f;
  const auto refused = f.services.take_worker("worker", 1, Fixture::hello("no event"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().text.find("keys: the will of \"k\"") == 0);
  v1::Envelope reserved = chat_event();
  reserved.set_topic("control.revoked");
  CHECK_FALSE(f.services.take_worker("worker", 1, Fixture::hello(reserved.SerializeAsString())).ok());

  const std::uint64_t epoch = f.join(Fixture::hello(chat_event("gone").SerializeAsString()));
  f.leave(epoch);
  f.intake.commit();
  REQUIRE(f.sequencer.under_way() == 1);
  const EventBlock& block = f.sequencer.drafts().blocks()[0];
  v1::Envelope event;
  const auto view = block.delivered(block.events()[0]);
  v1::Delivered delivered;
  REQUIRE(delivered.ParseFromArray(view.data(), static_cast<int>(view.size())));
  REQUIRE(event.ParseFromString(delivered.envelope()));
  CHECK(event.chat_message().message() == "gone");
  CHECK(event.id() != chat_event().id());
  CHECK(event.time_us() == to_unix_us(f.clock.wall()));
}

TEST_CASE("wills that the intake cannot take now go later") {
  Fixture f;
  f.limits.gathered_events_max = 1;
  v1::WorkerRequest request = Fixture::hello(chat_event("one").SerializeAsString());
  request.add_keys()->set_key("k2");
  request.mutable_keys(1)->set_will(chat_event("two").SerializeAsString());
  f.leave(f.join(request));
  f.intake.commit();
  CHECK(f.sequencer.under_way() == 1);
  f.services.tick();
  f.sequencer.succeed();  // the next commit begins with what gathered meanwhile
  REQUIRE(f.sequencer.busy());
  CHECK(f.sequencer.under_way() == 1);
}

TEST_CASE("a state is answered once it is committed") {
  Fixture f;
  const std::uint64_t epoch = f.join(Fixture::hello());
  v1::ServiceStateRequest request;
  request.set_service("s");
  request.set_epoch(epoch);
  request.set_state("kept");
  auto taken = f.services.take_state("worker", 50, request);
  REQUIRE(taken.ok());
  CHECK_FALSE(taken->has_value());
  f.intake.commit();
  CHECK(f.by_id.count(50) == 0);
  REQUIRE(f.sequencer.drafts().notes.services.size() == 1);

  SUBCASE("it is") {
    f.sequencer.succeed();
    CHECK(f.by_id.at(50).has_service_state());
    CHECK(f.services.services().list().services(0).state_bytes() == 4);
  }
  SUBCASE("it cannot be") {
    f.sequencer.fail(ErrorCode::kFull);
    CHECK(f.by_id.at(50).failure().code() == v1::Failure::UNAVAILABLE);
    CHECK(f.services.services().list().services(0).state_bytes() == 0);
  }
  SUBCASE("its epoch is over") {
    f.leave(epoch);
    taken = f.services.take_state("worker", 51, request);
    REQUIRE(taken.ok());
    REQUIRE(taken->has_value());
    CHECK((*taken)->fenced());
  }
}

}  // namespace
}  // namespace cell0::broker
