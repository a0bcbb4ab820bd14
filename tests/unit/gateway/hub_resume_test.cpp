// Clients that come back: told what they will get, then given it out of history, ring and the live stream without seam.
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

std::string events(std::uint64_t from, std::uint64_t to) {
  std::string text;
  for (std::uint64_t seq = from; seq <= to; ++seq) text += (seq == from ? "e" : " e") + std::to_string(seq);
  return text;
}

// A hub whose ring holds only the newest few of 1..count.
struct ShortRing : HubFixture {
  static CoreLimits limits(std::size_t events_max) {
    CoreLimits limits = small();
    limits.ring_events_max = events_max;
    return limits;
  }
  explicit ShortRing(std::uint64_t count, std::size_t ring_events_max = 4) : HubFixture(limits(ring_events_max)) {
    start();
    for (std::uint64_t seq = 1; seq <= count; ++seq) publish(seq);
    flush();
  }
};

}  // namespace

TEST_CASE("a resume within the ring is told what comes, gets it, and goes on live") {
  HubFixture f;
  f.start();
  for (std::uint64_t seq = 1; seq <= 9; ++seq) f.publish(seq, of_type(seq % 2 == 0 ? "even" : "odd"));
  f.flush();
  HubClient& client = f.resumed(3, filter_of({"even"}));
  f.expect(client, "r1/4/8 e4 e6 e8");
  CHECK(client.user->live());
  f.publish_flushed(10, of_type("even"));
  f.expect(client, "r1/4/8 e4 e6 e8 e10");
  CHECK(f.history.questions.empty());
}

TEST_CASE("a resume counts what is published but not yet flushed, and gets it once") {
  HubFixture f;
  f.start();
  f.publish_flushed(1);
  HubClient& client = f.connect();
  f.publish(2);
  f.resume(client, 0);
  f.publish(3);
  f.flush();
  f.expect(client, "r1/1/2 e1 e2 e3");
}

TEST_CASE("a resume from the newest event has nothing to be told of") {
  HubFixture f;
  f.start(100);
  f.publish_flushed(101);
  HubClient& client = f.resumed(101);
  f.publish_flushed(102);
  f.expect(client, "r1/-/- e102");
}

TEST_CASE("a resume from the future is not recovered, and gets what comes next") {
  HubFixture f;
  f.start(100);
  f.publish_flushed(101);
  HubClient& client = f.resumed(kSeqMax.value);
  f.turn();
  CHECK(client.text() == "");  // whether it is the future, or this gateway lags, only the broker knows
  f.history.answer();
  f.publish_flushed(102);
  f.expect(client, "r0/-/- e102");
}

TEST_CASE("a resume a moment ahead of this gateway waits until the stream is there") {
  HubFixture f;
  f.start(100);
  f.publish_flushed(101);
  HubClient& client = f.resumed(103);
  f.publish_flushed(102);
  f.hub.on_tick();
  f.turn();
  CHECK(client.text() == "");
  f.publish_flushed(103);
  f.expect(client, "r1/-/-");
  f.publish_flushed(104);
  f.expect(client, "r1/-/- e104");
}

TEST_CASE("a resume that the broker has published waits for the stream, however long that takes") {
  HubFixture f;
  f.start(100);
  for (const std::uint64_t seq : {101, 102, 103}) f.history.store(delivered(seq));
  HubClient& client = f.resumed(102);
  for (int i = 0; i < 10; ++i) {
    if (!f.history.questions.empty()) f.history.answer();
    f.hub.on_tick();
    f.turn();
  }
  CHECK(client.text() == "");
  f.publish_flushed(101);
  f.publish_flushed(102);
  f.expect(client, "r1/-/-");
  f.publish_flushed(103);
  f.expect(client, "r1/-/- e103");
}

TEST_CASE("resumes from the future share a question, and one that cannot be answered is asked again") {
  HubFixture f;
  f.start(100);
  HubClient& client = f.resumed(5000);
  HubClient& gone = f.resumed(5000);
  HubClient& later = f.resumed(6000);
  CHECK(f.history.questions.size() == 1);
  f.hub.remove(*gone.user);
  f.history.fail();
  f.hub.on_tick();
  CHECK(f.history.questions.size() == 1);
  f.history.answer();
  f.hub.on_tick();
  while (!f.history.questions.empty()) f.history.answer();
  f.expect(client, "r0/-/-");
  f.expect(later, "r0/-/-");
  f.publish_flushed(101);
  f.expect(client, "r0/-/- e101");
}

TEST_CASE("a resume beyond the ring goes through pages into the ring while events keep coming") {
  ShortRing f(40, 12);
  f.history.page_events_max = 7;
  HubClient& client = f.resumed(10);
  CHECK(client.text() == "");
  std::uint64_t next = 41;
  while (!client.user->live()) {
    f.publish(next++);
    f.turn();
    if (!f.history.questions.empty()) f.history.answer();
    REQUIRE(next < 200);
  }
  const std::string begin = "r1/11/" + std::to_string(41);  // one came before the first page
  f.expect(client, begin + " " + events(11, next - 1));
  f.publish_flushed(next);
  f.expect(client, begin + " " + events(11, next));
}

TEST_CASE("a resume whose last event has left the ring asks for it") {
  ShortRing f(10);
  for (std::uint64_t seq = 11; seq <= 20; ++seq) f.publish_flushed(seq, of_type("other"));
  f.history.page_events_max = 3;
  HubClient& client = f.resumed(2, filter_of({"note"}));
  f.history.answer();
  CHECK(f.history.newest_asked == 1);
  CHECK(client.text() == "");
  f.history.answer();
  while (!f.history.questions.empty()) f.history.answer();
  f.expect(client, "r1/3/10 " + events(3, 10));
  CHECK(client.user->live());
}

TEST_CASE("a resume of which history and ring have nothing is recovered with nothing") {
  ShortRing f(10);
  HubClient& client = f.resumed(2, filter_of({"other"}));
  f.history.answer();
  f.expect(client, "r1/-/-");
  CHECK(client.user->live());
  CHECK(f.history.newest_asked == 0);
}

TEST_CASE("a resume over a hole is not recovered, and told of the hole at its place") {
  HubFixture f;
  f.start();
  f.publish(1);
  f.hub.publish(Event::hole(Seq{2}, Seq{4}, SkipReason::kGap));
  f.publish(5);
  f.flush();
  f.expect(f.resumed(0), "r0/1/5 e1 s2-4/0/?/gap e5");
  f.expect(f.resumed(3), "r0/5/5 s2-4/0/?/gap e5");
  f.expect(f.resumed(4), "r1/5/5 e5");
}

TEST_CASE("a resume of what history has trimmed is not recovered, and is not told twice") {
  ShortRing f(20);
  f.history.trim(8);
  HubClient& client = f.resumed(5);
  f.history.answer();
  f.expect(client, "r0/9/20 " + events(9, 20));
}

TEST_CASE("a resume of which history has trimmed only what came before is recovered") {
  ShortRing f(20);
  f.history.trim(8);
  HubClient& client = f.resumed(8);
  f.history.answer();
  f.expect(client, "r1/9/20 " + events(9, 20));
}

TEST_CASE("what is trimmed after it was promised is told as not retained") {
  ShortRing f(20);
  f.history.page_events_max = 3;
  HubClient& client = f.resumed(5);
  f.history.answer();
  REQUIRE(f.history.questions.size() == 1);
  f.history.trim(12);
  f.history.answer();
  while (!f.history.questions.empty()) f.history.answer();
  f.expect(client, "r1/6/20 " + events(6, 8) + " s9-12/0/?/not_retained " + events(13, 20));
}

TEST_CASE("a log that is trimmed into the ring's range costs nobody what the ring has") {
  ShortRing f(20);
  f.history.page_events_max = 3;
  HubClient& client = f.resumed(5);
  f.history.answer();
  f.history.trim(19);
  f.history.answer();
  f.expect(client, "r1/6/20 " + events(6, 8) + " s9-16/0/?/not_retained " + events(17, 20));
}

TEST_CASE("history that fails is asked again at the next tick") {
  ShortRing f(20);
  HubClient& client = f.resumed(5);
  f.history.fail();
  CHECK(f.history.questions.empty());
  f.hub.on_tick();
  REQUIRE(f.history.questions.size() == 1);
  f.hub.on_tick();  // one is under way
  CHECK(f.history.questions.size() == 1);
  f.history.fail();
  CHECK(client.text() == "");
  f.hub.on_tick();
  f.history.answer();
  f.expect(client, "r1/6/20 " + events(6, 20));
}

TEST_CASE("the question for the last event is asked again too") {
  ShortRing f(10);
  for (std::uint64_t seq = 11; seq <= 20; ++seq) f.publish_flushed(seq, of_type("other"));
  f.history.page_events_max = 3;
  HubClient& client = f.resumed(2, filter_of({"note"}));
  f.history.answer();
  f.history.fail();
  f.hub.on_tick();
  CHECK(f.history.newest_asked == 2);
  while (!f.history.questions.empty()) f.history.answer();
  f.expect(client, "r1/3/10 " + events(3, 10));
}

TEST_CASE("a client that leaves while it waits for history is never told") {
  ShortRing f(10);
  for (std::uint64_t seq = 11; seq <= 20; ++seq) f.publish_flushed(seq, of_type("other"));
  f.history.page_events_max = 3;
  HubClient& for_page = f.resumed(2);
  HubClient& for_newest = f.resumed(2, filter_of({"note"}));
  f.history.questions.front().request.Clear();
  f.hub.remove(*for_page.user);
  f.history.answer();
  f.history.answer();
  REQUIRE(f.history.newest_asked == 1);
  f.hub.remove(*for_newest.user);
  f.history.answer();
  f.turn();
  CHECK(for_page.text() == "");
  CHECK(for_newest.text() == "");
  CHECK(f.hub.stats().sets == 0);
}

TEST_CASE("several that resume with one filter share the pages") {
  ShortRing f(40);
  HubClient& one = f.resumed(10);
  HubClient& two = f.resumed(20);
  HubClient& three = f.resumed(15);
  f.history.answer();
  CHECK(f.history.questions.empty());
  f.expect(one, "r1/11/40 " + events(11, 40));
  f.expect(two, "r1/21/40 " + events(21, 40));
  f.expect(three, "r1/16/40 " + events(16, 40));
  CHECK(f.hub.history_requests() == 1);
}

TEST_CASE("a resume that waits goes by the subscription that it has when history answers") {
  ShortRing f(0);
  for (std::uint64_t seq = 1; seq <= 20; ++seq) f.publish(seq, of_type(seq % 2 == 0 ? "even" : "odd"));
  f.flush();
  HubClient& client = f.resumed(5, filter_of({"even"}));
  REQUIRE(f.hub.subscribe(*client.user, f.renderer, filter_of({"odd"})).ok());
  while (!f.history.questions.empty()) f.history.answer();
  f.expect(client, "r1/7/19 e7 e9 e11 e13 e15 e17 e19");
}

TEST_CASE("a resume whose first page was found under another subscription begins anew") {
  ShortRing f(0);
  for (std::uint64_t seq = 1; seq <= 10; ++seq) f.publish(seq, of_type(seq % 2 == 0 ? "even" : "odd"));
  for (std::uint64_t seq = 11; seq <= 20; ++seq) f.publish(seq, of_type("other"));
  f.flush();
  f.history.page_events_max = 1;
  HubClient& client = f.resumed(1, filter_of({"even"}));
  f.history.answer();  // 2 is the first; now it asks for the last
  REQUIRE(f.history.newest_asked == 1);
  REQUIRE(f.hub.subscribe(*client.user, f.renderer, filter_of({"odd"})).ok());
  while (!f.history.questions.empty()) f.history.answer();
  f.expect(client, "r1/3/9 e3 e5 e7 e9");
}

TEST_CASE("a resume before the stream begins waits for the beginning") {
  HubFixture f;
  HubClient& within = f.resumed(101);
  HubClient& before = f.resumed(50);
  f.turn();
  f.hub.on_tick();
  CHECK(within.text() == "");
  for (std::uint64_t seq = 60; seq <= 100; seq += 10) f.history.store(delivered(seq));
  f.start(100, {101, 102, 103});
  f.expect(within, "r1/102/103 e102 e103");
  f.history.answer();
  f.publish_flushed(104);
  f.expect(before, "r1/60/103 e60 e70 e80 e90 e100 e101 e102 e103 e104");
  f.expect(within, "r1/102/103 e102 e103 e104");
}

TEST_CASE("what was promised is kept for a client that is slow to take it") {
  CoreLimits limits = HubFixture::small();
  limits.lag_bytes_max = 20'000;
  limits.ring_events_max = 8;
  HubFixture f(limits);
  f.start();
  for (std::uint64_t seq = 1; seq <= 30; ++seq) f.publish(seq, padded(8000));
  f.flush();
  HubClient& client = f.connect(4096);
  f.history.page_events_max = 4;
  f.resume(client, 0);
  f.history.answer();
  f.run_until([&] { return !client.user->connection().idle() || !f.history.questions.empty(); });
  const auto answering = [&] {
    while (!f.history.questions.empty()) f.history.answer();
    return client.text() == "r1/1/30 " + events(1, 30);
  };
  f.run_until(answering);
  CHECK(client.text() == "r1/1/30 " + events(1, 30));
}
