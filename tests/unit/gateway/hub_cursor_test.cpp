// Clients that do not keep up: cursors of their own, which cost the others nothing and are told what they miss.
#include <doctest/doctest.h>

#include "tests/unit/gateway/hub_fixture.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

EventSpec large(std::uint32_t priority = 5) {
  EventSpec spec = padded(8000);
  spec.priority = priority;
  return spec;
}

std::string events(std::uint64_t from, std::uint64_t to) {
  std::string text;
  for (std::uint64_t seq = from; seq <= to; ++seq) text += (seq == from ? "e" : " e") + std::to_string(seq);
  return text;
}

}  // namespace

TEST_CASE("a client that stops reading gets everything once, in order, when it reads again") {
  HubFixture f;
  f.start();
  HubClient& quick = f.subscribed();
  std::uint64_t next = 1;
  HubClient& slow = f.stalled(next, large());
  const std::size_t held = slow.user->connection().pending_bytes();
  for (int i = 0; i < 20; ++i) f.publish_flushed(next++, large());
  CHECK(slow.user->connection().pending_bytes() == held);  // at most the blob that is half sent
  CHECK(held < 2 * 8100);
  CHECK_FALSE(slow.user->live());
  CHECK(f.hub.stats().demotions >= 1);
  f.expect(quick, events(1, next - 1));
  f.expect(slow, events(1, next - 1));
  f.run_until([&] { return slow.user->live(); });
  f.publish_flushed(next);
  f.expect(slow, events(1, next));
}

TEST_CASE("how far a client is behind: events, the age of the oldest, and what was left out for it") {
  HubFixture f;
  f.start();
  HubClient& quick = f.subscribed();
  HubClient& other = f.connect();
  std::uint64_t next = 1;
  HubClient& slow = f.stalled(next, large());
  for (int i = 0; i < 5; ++i) f.publish_flushed(next++, large());
  const WallTime now = f.hub.ring().at(0)->time() + std::chrono::seconds(3);
  CHECK(f.hub.lag_of(*quick.user, now).live);
  CHECK(f.hub.lag_of(*quick.user, now).events == 0);
  CHECK(f.hub.lag_of(*quick.user, now).ms == 0);
  const Lag lag = f.hub.lag_of(*slow.user, now);
  CHECK_FALSE(lag.live);
  CHECK(lag.position == slow.user->cursor()->pos);
  CHECK(lag.events == next - 1 - lag.position.value);
  CHECK(lag.ms == 3000);
  CHECK(lag.skipped == 0);
  CHECK_FALSE(f.hub.lag_of(*other.user, now).subscribed);
}

TEST_CASE("a client behind on its replies gets the events behind them") {
  HubFixture f;
  f.start();
  HubClient& client = f.subscribed({}, 4096);
  client.user->connection().send_reply("reply " + std::string(100'000, 'x') + "\n");
  REQUIRE_FALSE(client.user->connection().idle());
  f.publish_flushed(1);
  f.publish_flushed(2);
  CHECK_FALSE(client.user->live());
  f.expect(client, "reply e1 e2");
  CHECK(client.user->live());
}

TEST_CASE("a client that keeps all is never shed: it goes on from history, and is told what is not retained") {
  CoreLimits limits = HubFixture::small();
  limits.lag_bytes_max = 80'000;
  HubFixture f(limits);
  f.start();
  HubClient& client = f.subscribed({}, 4096);
  f.hub.keep_all(*client.user);
  std::uint64_t next = 1;
  while (client.user->live()) f.publish_flushed(next++, large());
  const std::uint64_t demoted_at = next;
  while (next < demoted_at + 100) f.publish_flushed(next++, large(9));  // more than the lag, and than the ring holds
  REQUIRE_FALSE(f.hub.ring().covers(Seq{demoted_at}));
  f.run_until([&] {
    client.text();  // reads
    while (!f.history.questions.empty()) f.history.answer();
    return client.user->live();
  });
  f.expect(client, events(1, next - 1));
}

TEST_CASE("one that keeps all is told what history has lost, and goes on behind it") {
  HubFixture f;
  f.start();
  HubClient& client = f.subscribed({}, 4096);
  f.hub.keep_all(*client.user);
  std::uint64_t next = 1;
  while (client.user->live()) f.publish_flushed(next++, large());
  const std::uint64_t demoted_at = next;
  while (next < demoted_at + 100) f.publish_flushed(next++, large());
  f.history.trim(demoted_at + 10);
  f.run_until([&] {
    client.text();
    while (!f.history.questions.empty()) f.history.answer();
    return client.user->live();
  });
  f.publish_flushed(next);
  f.expect(client, events(1, demoted_at - 1) + " s" + std::to_string(demoted_at) + "-" +
                       std::to_string(demoted_at + 10) + "/0/?/not_retained " + events(demoted_at + 11, next));
}

TEST_CASE("a client too far behind is told what it misses before later events; the urgent ones are kept") {
  CoreLimits limits = HubFixture::small();
  limits.lag_bytes_max = 80'000;
  HubFixture f(limits);
  f.start();
  std::uint64_t next = 1;
  HubClient& slow = f.stalled(next, large(7));
  const std::uint64_t stands = slow.user->cursor()->pos.value;
  std::string urgent;
  EventSpec brief;
  brief.priority = 2;
  EventSpec fleeting = large(8);
  fleeting.durability = v1::EPHEMERAL;
  std::uint64_t left_out = next - 1 - stands;  // published, but after the blob that is half sent
  for (int i = 0; i < 20; ++i) {
    if (i % 5 == 0) {
      urgent += " e" + std::to_string(next);
      f.publish_flushed(next++, brief);
    } else if (i % 5 == 1) {
      f.publish_flushed(next++, fleeting);
    } else {
      f.publish_flushed(next++, large(7));
      ++left_out;
    }
  }
  const std::string told =
      "s" + std::to_string(stands + 1) + "-" + std::to_string(next - 1) + "/6/" + std::to_string(left_out) + "/slow";
  f.expect(slow, events(1, stands) + " " + told + urgent);
  CHECK(f.hub.stats().skips_told == 1);
  CHECK(f.hub.stats().events_skipped == left_out);
  f.publish_flushed(next, large(9));  // the floor holds up to the head of then only
  f.expect(slow, events(1, stands) + " " + told + urgent + " e" + std::to_string(next));
}

TEST_CASE("a client that fell off the ring is told so, with everything up to the ring's beginning") {
  CoreLimits limits = HubFixture::small();
  limits.ring_events_max = 4;
  HubFixture f(limits);
  f.start();
  std::uint64_t next = 1;
  HubClient& slow = f.stalled(next, large());
  const std::uint64_t stands = slow.user->cursor()->pos.value;
  for (int i = 0; i < 10; ++i) f.publish_flushed(next++);
  const std::uint64_t base = f.hub.ring().base().value;
  CHECK(base == next - 5);
  f.expect(slow, events(1, stands) + " s" + std::to_string(stands + 1) + "-" + std::to_string(base) + "/0/?/slow " +
                     events(base + 1, next - 1));
  CHECK(f.history.questions.empty());  // nothing was promised to it
}

TEST_CASE("a subscription that changes while behind holds from where the client stands") {
  HubFixture f;
  f.start();
  std::uint64_t next = 1;
  HubClient& slow = f.stalled(next, large());
  const std::uint64_t stands = slow.user->cursor()->pos.value;
  EventSpec other;
  other.type = "other";
  f.publish_flushed(next++);
  f.publish_flushed(next++, other);
  REQUIRE(f.hub.subscribe(*slow.user, f.renderer, filter_of({"other"})).ok());
  CHECK(slow.user->cursor()->pos.value == stands);
  f.publish_flushed(next++, other);
  f.publish(next++);
  f.expect(slow, events(1, stands) + " " + events(next - 3, next - 2));
}

TEST_CASE("a hole in what a client is behind on is told at its place") {
  HubFixture f;
  f.start();
  std::uint64_t next = 1;
  HubClient& slow = f.stalled(next, large());
  const std::uint64_t last = next - 1;
  f.publish_flushed(last + 1);
  f.hub.publish(Event::hole(Seq{last + 2}, Seq{last + 5}, SkipReason::kNotRetained));
  f.publish_flushed(last + 6);
  f.expect(slow, events(1, last + 1) + " s" + std::to_string(last + 2) + "-" + std::to_string(last + 5) +
                     "/0/?/not_retained e" + std::to_string(last + 6));
}

TEST_CASE("a client that leaves while it is behind is forgotten") {
  HubFixture f;
  f.start();
  std::uint64_t next = 1;
  HubClient& slow = f.stalled(next, large());
  slow.socket.hang_up();
  f.run_until([&] { return slow.user == nullptr; });
  f.publish_flushed(next);
  CHECK(f.hub.stats().cursors == 0);
  CHECK(f.hub.stats().sets == 0);
}

TEST_CASE("a cursor with much to send lets the others have their turn in between") {
  HubFixture f;
  f.start();
  for (std::uint64_t seq = 1; seq <= 50; ++seq) f.publish(seq, padded(500));
  f.flush();
  HubClient& client = f.resumed(0);
  CHECK_FALSE(client.user->live());  // 50 events are more than the slices of one call
  CHECK(f.run_asked == 1);
  f.expect(client, "r1/1/50 " + events(1, 50));
  f.run_until([&] { return client.user->live(); });
}
