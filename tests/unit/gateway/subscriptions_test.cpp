// Several subscriptions over one connection.
#include "gateway/subscriptions.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/hub_fixture.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

EventFilter on_topic(const std::string& topic) {
  v1::Filter filter;
  filter.add_topics(topic);
  return EventFilter::create(filter).value();
}

// Takes so many blobs, then nothing until it is told.
struct FakeOutlet final : Outlet {
  bool idle() const override { return room > 0; }
  std::size_t write_blob(const BlobPtr& blob) override {
    CELL0_CHECK(room > 0);
    --room;
    taken += blob.view();
    return blob.size();
  }
  std::string lines() {
    std::string text;
    for (std::string_view rest = taken; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
      text.append(text.empty() ? "" : " ").append(rest.substr(0, rest.find(' ')));
    }
    taken.clear();
    return text;
  }

  std::size_t room = 1000;
  std::string taken;
};

EventSpec to(std::string topic) {
  EventSpec spec = padded(2000);  // more than a slice
  spec.topic = std::move(topic);
  return spec;
}

}  // namespace

TEST_CASE("further subscriptions come and go by their names") {
  HubFixture f;
  FakeOutlet outlet;
  Subscriptions all(f.hub, outlet);
  CHECK(all.find("a") == nullptr);
  Subscription& a = all.add("a");
  all.add("b");
  CHECK(all.find("a") == &a);
  all.drop("a");
  all.drop("a");
  CHECK(all.names() == std::vector<std::string>{"b"});
}

TEST_CASE("a full socket is shared out in turn: no subscription waits for another's end") {
  HubFixture f;
  f.start();
  FakeOutlet outlet;
  Subscriptions all(f.hub, outlet);
  const std::vector<std::string> topics = {"t.a", "t.b", "t.c"};
  REQUIRE(f.hub.subscribe(all.events(), f.renderer, on_topic("t.a")).ok());
  REQUIRE(f.hub.subscribe(all.add("b"), f.renderer, on_topic("t.b")).ok());
  REQUIRE(f.hub.subscribe(all.add("c"), f.renderer, on_topic("t.c")).ok());
  outlet.room = 0;
  std::uint64_t seq = 1;
  for (int round = 0; round < 4; ++round) {
    for (const std::string& topic : topics) f.publish(seq++, to(topic));
  }
  f.flush();
  CHECK(outlet.taken.empty());

  std::vector<std::string> order;
  for (int writable = 0; writable < 30 && order.size() < 12; ++writable) {
    outlet.room = 1;
    all.on_writable();
    std::istringstream lines(outlet.lines());
    for (std::string line; lines >> line;) order.push_back(line);
  }
  REQUIRE(order.size() == 12);
  // Whichever begins: after three writes each has had one.
  std::set<std::uint64_t> first;
  for (std::size_t i = 0; i < 3; ++i) first.insert((std::stoull(order[i].substr(1)) - 1) % 3);
  CHECK(first.size() == 3);
}

TEST_CASE("the lag is that of the one furthest behind") {
  HubFixture f;
  f.start();
  FakeOutlet outlet;
  Subscriptions all(f.hub, outlet);
  CHECK_FALSE(all.lag(f.clock.wall()).subscribed);
  REQUIRE(f.hub.subscribe(all.add("b"), f.renderer, on_topic("t.b")).ok());
  f.publish_flushed(1, to("t.b"));
  CHECK(all.lag(f.clock.wall()).live);
  outlet.room = 0;
  f.publish_flushed(2, to("t.b"));
  REQUIRE(f.hub.subscribe(all.events(), f.renderer, on_topic("t.a")).ok());
  const Lag lag = all.lag(f.clock.wall());
  CHECK_FALSE(lag.live);
  CHECK(lag.position == Seq{1});
}
