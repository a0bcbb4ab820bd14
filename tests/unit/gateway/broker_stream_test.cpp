// What a gateway is told of the broker's stream, and when.
#include "gateway/broker_stream.h"

#include <doctest/doctest.h>

#include <optional>

#include "common/control_topics.h"
#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

struct Broker final : HistorySource {
  void ask(const v1::HistoryRequest& request, OnPage done) override {
    requests.push_back(request);
    asked.push_back(std::move(done));
  }
  std::vector<v1::HistoryRequest> requests;
  std::vector<OnPage> asked;
};

struct Observer final : LinkObserver {
  std::vector<v1::HistoryRequest> wanted() const override { return wants; }
  void on_beginning(Beginning beginning) override { began = std::move(beginning); }
  void on_event(EventPtr event) override { events.push_back(event->seq().value); }
  void on_revoked(const v1::Delivered& event) override { revoked.push_back(event.seq()); }
  void on_link_state(bool) override {}
  std::vector<v1::HistoryRequest> wants;
  std::optional<Beginning> began;
  std::vector<std::uint64_t> events, revoked;
};

}  // namespace

TEST_CASE("a revocation is told on receipt, ahead of a gap that is being repaired, and when it is repaired") {
  ManualClock clock;
  Broker broker;
  Observer observer;
  Log log({"test"}, [](std::string_view) {});
  BrokerStream stream("fanout", broker, CoreLimits(), clock, log, observer);
  stream.on_control(true);
  stream.on_batch(batch(0, {1}).SerializeAsString());  // a new system: nothing was before
  REQUIRE(observer.events == std::vector<std::uint64_t>{1});

  v1::Batch later = batch(3, {4, 5});
  later.mutable_events(1)->set_topic(std::string(kRevokedTopic));
  stream.on_batch(later.SerializeAsString());
  CHECK(observer.events.size() == 1);
  CHECK(observer.revoked == std::vector<std::uint64_t>{5});

  v1::Batch missed = batch(1, {2, 3});
  v1::HistoryPage page;
  *page.mutable_events() = missed.events();
  page.mutable_events(0)->set_topic(std::string(kRevokedTopic));
  page.set_scanned_through(3);
  page.set_end(true);
  REQUIRE(broker.asked.size() == 1);
  broker.asked[0](page);
  CHECK(observer.revoked == std::vector<std::uint64_t>{5, 2});
  CHECK(observer.events == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("what the observer wants of the past is asked beside the ring, and there before the stream begins") {
  ManualClock clock;
  Broker broker;
  Observer observer;
  v1::HistoryRequest& spells = observer.wants.emplace_back();
  spells.mutable_filter()->add_types("spell");
  spells.set_limit(5);
  spells.set_newest(true);
  Log log({"test"}, [](std::string_view) {});
  BrokerStream stream("fanout", broker, CoreLimits(), clock, log, observer);
  stream.on_control(true);
  stream.on_batch(batch(9, {10}).SerializeAsString());
  REQUIRE(broker.requests.size() == 2);
  CHECK(broker.requests[0].filter().types().empty());
  CHECK(broker.requests[1].filter().types(0) == "spell");
  CHECK(broker.requests[1].limit() == 5);
  CHECK(broker.requests[1].through() == 9);

  const auto page_of = [](std::vector<std::uint64_t> seqs) {
    v1::HistoryPage page;
    *page.mutable_events() = batch(0, seqs).events();
    page.set_scanned_through(9);
    page.set_end(true);
    return page;
  };
  broker.asked[0](page_of({7, 8, 9}));
  CHECK_FALSE(observer.began);
  broker.asked[1](page_of({3, 5}));
  REQUIRE(observer.began);
  CHECK(observer.began->ring.size() == 3);
  REQUIRE(observer.began->openings.size() == 1);
  CHECK(observer.began->openings[0].size() == 2);
  CHECK(observer.began->openings[0][1]->seq() == Seq{5});
  CHECK(observer.events == std::vector<std::uint64_t>{10});
}
