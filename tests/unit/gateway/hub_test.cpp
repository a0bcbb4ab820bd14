// The hub's live clients: encoded once, written once a turn; and what holds for every subscription.
#include "gateway/hub.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/hub_fixture.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

EventSpec of_type(const std::string& type) {
  EventSpec spec;
  spec.type = type;
  return spec;
}

}  // namespace

TEST_CASE("what is published reaches every live client at the next flush, encoded once") {
  HubFixture f;
  f.start();
  HubClient& one = f.subscribed();
  HubClient& two = f.subscribed();
  HubClient& three = f.subscribed();
  for (std::uint64_t seq = 1; seq <= 3; ++seq) f.publish(seq);
  CHECK(f.flush_asked == 1);  // once until it was called
  CHECK(one.text() == "");
  f.flush();
  for (HubClient* client : {&one, &two, &three}) f.expect(*client, "e1 e2 e3");
  CHECK(f.renderer.events_rendered == 3);
  CHECK(f.hub.stats().deliveries == 9);
  CHECK(f.hub.stats().flushes == 1);
  CHECK(f.hub.stats().live == 3);
  CHECK(f.hub.stats().sets == 1);
}

TEST_CASE("clients of different filters get what theirs admits, and an event is still encoded once") {
  HubFixture f;
  f.start();
  HubClient& all = f.subscribed();
  HubClient& red = f.subscribed(filter_of({"red"}));
  HubClient& urgent = f.subscribed(filter_of({}, 3));
  EventSpec hurried = of_type("blue");
  hurried.priority = 2;
  f.publish(1, of_type("red"));
  f.publish(2, of_type("blue"));
  f.publish(3, hurried);
  f.flush();
  f.expect(all, "e1 e2 e3");
  f.expect(red, "e1");
  f.expect(urgent, "e3");
  CHECK(f.renderer.events_rendered == 3);
}

TEST_CASE("a new client gets what is published after it came, also before the flush of what was before") {
  HubFixture f;
  f.start();
  HubClient& early = f.subscribed();
  f.publish(1);
  HubClient& late = f.connect();  // may turn the loop, and so flush
  f.publish(2);
  REQUIRE(f.hub.subscribe(*late.user, f.renderer, {}).ok());
  f.publish(3);
  f.flush();
  f.expect(early, "e1 e2 e3");
  f.expect(late, "e3");
  CHECK(late.user->live());
}

TEST_CASE("a hole is told at its place, whatever the filter") {
  HubFixture f;
  f.start();
  HubClient& all = f.subscribed();
  HubClient& other = f.subscribed(filter_of({"other"}));
  f.publish(1);
  f.hub.publish(Event::hole(Seq{2}, Seq{7}, SkipReason::kGap));
  f.publish(8);
  f.flush();
  f.expect(all, "e1 s2-7/0/?/gap e8");
  f.expect(other, "s2-7/0/?/gap");
}

TEST_CASE("a turn that grows too large is written at once") {
  CoreLimits limits = HubFixture::small();
  limits.turn_bytes_max = 1000;
  HubFixture f(limits);
  f.start();
  HubClient& client = f.subscribed();
  f.publish(1, padded(600));
  CHECK(f.hub.stats().flushes == 0);
  f.publish(2, padded(600));
  CHECK(f.hub.stats().flushes == 1);
  f.expect(client, "e1 e2");
}

TEST_CASE("a client that joins its set between a publish and its flush misses nothing") {
  HubFixture f;
  f.start();
  f.in_request = [&](HubClient& client) {  // its socket is not idle before the request is done with
    REQUIRE(f.hub.subscribe(*client.user, f.renderer, {}).ok());
    f.publish(1);
  };
  HubClient& client = f.connect();
  f.publish_flushed(2);
  f.expect(client, "e1 e2");
  CHECK(client.user->live());
}

TEST_CASE("a subscription that changes while live holds from the last flush on, without gap or repetition") {
  HubFixture f;
  f.start();
  HubClient& client = f.subscribed(filter_of({"red"}));
  f.publish_flushed(1, of_type("red"));
  f.publish(2, of_type("red"));
  f.publish(3, of_type("blue"));
  REQUIRE(f.hub.subscribe(*client.user, f.renderer, filter_of({"blue"})).ok());
  f.publish(4, of_type("blue"));
  f.publish(5, of_type("red"));
  f.flush();
  f.expect(client, "e1 e3 e4");
  CHECK(f.hub.stats().sets == 1);
}

TEST_CASE("to subscribe again to the same changes nothing") {
  HubFixture f;
  f.start();
  HubClient& client = f.subscribed(filter_of({"red"}));
  f.publish(1, of_type("red"));
  REQUIRE(f.hub.subscribe(*client.user, f.renderer, filter_of({"red"})).ok());
  f.flush();
  f.expect(client, "e1");
}

TEST_CASE("the number of different subscriptions is bounded; a free one can be taken") {
  CoreLimits limits = HubFixture::small();
  limits.sets_max = 2;
  HubFixture f(limits);
  f.start();
  HubClient& red = f.subscribed(filter_of({"red"}));
  HubClient& blue = f.subscribed(filter_of({"blue"}));
  HubClient& third = f.connect();
  const auto refused = f.hub.subscribe(*third.user, f.renderer, filter_of({"green"}));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::kFull);
  CHECK(third.user->set() == nullptr);
  CHECK_FALSE(f.hub.resume(*third.user, f.renderer, filter_of({"green"}), Seq{0}, [](const Resumed&) {}).ok());
  CHECK(f.hub.subscribe(*third.user, f.renderer, filter_of({"red"})).ok());
  f.hub.remove(*blue.user);
  CHECK(f.hub.subscribe(*third.user, f.renderer, filter_of({"green"})).ok());
  f.publish_flushed(1, of_type("red"));
  f.publish_flushed(2, of_type("green"));
  f.expect(red, "e1");
  f.expect(third, "e2");
  CHECK(blue.text() == "");
}

namespace {

EventFilter on_topics(const std::vector<std::string>& topics) {
  v1::Filter filter;
  for (const std::string& topic : topics) filter.add_topics(topic);
  return EventFilter::create(filter).value();
}

EventSpec on_topic(std::string topic) {
  EventSpec spec;
  spec.topic = std::move(topic);
  return spec;
}

}  // namespace

TEST_CASE("subscriptions to exact topics get these topics and every hole, and have a bound of their own") {
  CoreLimits limits = HubFixture::small();
  limits.sets_max = 2;
  limits.topic_sets_max = 2;
  HubFixture f(limits);
  f.start();
  HubClient& all = f.subscribed();
  HubClient& glob = f.subscribed(on_topics({"channels.*"}));
  HubClient& one = f.subscribed(on_topics({"channels.a"}));
  HubClient& two = f.subscribed(on_topics({"channels.a", "channels.b"}));
  HubClient& more = f.connect();
  CHECK_FALSE(f.hub.subscribe(*more.user, f.renderer, on_topics({"channels.c"})).ok());
  CHECK_FALSE(f.hub.subscribe(*more.user, f.renderer, on_topics({"agents.>"})).ok());
  f.publish(1, on_topic("channels.a"));
  f.publish(2, on_topic("channels.b"));
  f.publish(3, on_topic("channels.c"));
  f.hub.publish(Event::hole(Seq{4}, Seq{5}, SkipReason::kGap));
  f.publish_flushed(6, on_topic("channels.a"));
  f.expect(all, "e1 e2 e3 s4-5/0/?/gap e6");
  f.expect(glob, "e1 e2 e3 s4-5/0/?/gap e6");
  f.expect(one, "e1 s4-5/0/?/gap e6");
  f.expect(two, "e1 e2 s4-5/0/?/gap e6");
}

TEST_CASE("a subscription to a topic that has gone, also in the middle of a turn, is looked for no more") {
  HubFixture f;
  f.start();
  HubClient& first = f.subscribed(on_topics({"channels.a"}));
  HubClient& second = f.subscribed(on_topics({"channels.a", "channels.b"}));
  f.publish(1, on_topic("channels.a"));
  f.hub.remove(*first.user);
  f.publish_flushed(2, on_topic("channels.a"));
  f.expect(second, "e1 e2");
  CHECK(f.hub.stats().sets == 1);
  REQUIRE(f.hub.subscribe(*first.user, f.renderer, on_topics({"channels.a"})).ok());
  f.publish_flushed(3, on_topic("channels.a"));
  f.expect(first, "e3");
}

TEST_CASE("subscriptions to a session get its events and every hole, and share the bound of those to topics") {
  const auto of_session = [](const std::string& id) {
    v1::Filter filter;
    filter.set_session_id(id);
    return EventFilter::create(filter).value();
  };
  const auto in_session = [](std::string id) {
    EventSpec spec;
    spec.session_id = std::move(id);
    return spec;
  };
  CoreLimits limits = HubFixture::small();
  limits.sets_max = 1;
  limits.topic_sets_max = 2;
  HubFixture f(limits);
  f.start();
  HubClient& all = f.subscribed();
  HubClient& one = f.subscribed(of_session("s1"));
  HubClient& two = f.subscribed(of_session("s2"));
  HubClient& more = f.connect();
  CHECK_FALSE(f.hub.subscribe(*more.user, f.renderer, of_session("s3")).ok());
  f.publish(1, in_session("s1"));
  f.publish(2);
  f.hub.publish(Event::hole(Seq{3}, Seq{4}, SkipReason::kGap));
  f.publish_flushed(5, in_session("s2"));
  f.expect(all, "e1 e2 s3-4/0/?/gap e5");
  f.expect(one, "e1 s3-4/0/?/gap");
  f.expect(two, "s3-4/0/?/gap e5");
  f.hub.remove(*one.user);
  f.publish_flushed(6, in_session("s1"));
  f.expect(all, "e1 e2 s3-4/0/?/gap e5 e6");
  f.expect(one, "e1 s3-4/0/?/gap");
  CHECK(f.hub.stats().sets == 2);
}

TEST_CASE("a client that leaves takes nobody with it, also with events pending") {
  HubFixture f;
  f.start();
  HubClient& first = f.subscribed();
  HubClient& second = f.subscribed();
  HubClient& lonely = f.subscribed(filter_of({"note"}));
  f.publish(1);
  f.hub.remove(*first.user);
  f.hub.remove(*lonely.user);
  f.hub.remove(*lonely.user);  // twice is once
  f.flush();
  f.expect(second, "e1");
  CHECK(first.text() == "");
  CHECK(f.hub.stats().live == 1);
  CHECK(f.hub.stats().sets == 1);
}

TEST_CASE("the newest events that a filter admits come oldest first, out of a bounded search") {
  HubFixture f;
  f.start();
  f.publish(1, of_type("red"));
  f.publish(2, of_type("blue"));
  f.publish(3, of_type("red"));
  f.hub.publish(Event::hole(Seq{4}, Seq{5}, SkipReason::kGap));
  f.publish(6, of_type("red"));
  CHECK(text_of(f.hub.newest(filter_of({"red"}), 2, 100)) == "3 6");
  CHECK(text_of(f.hub.newest(filter_of({"red"}), 10, 100)) == "1 3 6");
  const auto not_third = [](const Event& event) { return event.seq() != Seq{3}; };
  CHECK(text_of(f.hub.newest(filter_of({"red"}), 2, 100, not_third)) == "1 6");
  CHECK(text_of(f.hub.newest(filter_of({"red"}), 10, 3)) == "3 6");
  CHECK(text_of(f.hub.newest(filter_of({"green"}), 10, 100)) == "");
  CHECK(f.hub.newest({}, 0, 100).empty());
}

TEST_CASE("a client that subscribes before the stream begins gets what comes after the beginning") {
  HubFixture f;
  f.in_request = [&](HubClient& client) { REQUIRE(f.hub.subscribe(*client.user, f.renderer, {}).ok()); };
  HubClient& busy = f.connect();
  f.in_request = nullptr;
  HubClient& idle = f.subscribed();
  f.start(100, {101, 102, 103});
  f.publish_flushed(104);
  f.expect(busy, "e104");
  f.expect(idle, "e104");
  CHECK(busy.user->live());
  CHECK(f.hub.stats().events == 1);
}
