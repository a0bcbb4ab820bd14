// Leases of gateways: entities summed over them, nobody called offline too early, everybody in time.
#include "broker/presence.h"

#include <doctest/doctest.h>

#include "common/presence_entry.h"

namespace cell0::broker {
namespace {

using namespace std::chrono_literals;

// A broker's presence, and gateways by a letter each, that number their announcements.
struct Bench {
  explicit Bench(bool warm = false, PresenceBounds with = {}) : bounds(with), presence(bounds, clock.mono(), warm) {}

  v1::PresenceEntity entity(const std::string& id, const std::string& status = "online", unsigned connections = 1) {
    v1::PresenceEntity entity;
    entity.set_entity_id(id);
    entity.set_entity_type("agent");
    entity.set_status(status);
    entity.set_connections(connections);
    entity.set_connected_at_us(to_unix_us(clock.wall()));
    entity.set_last_seen_us(to_unix_us(clock.wall()));
    entity.set_updated_us(++updated);
    return entity;
  }

  v1::PresenceAnswer::Status send(char gateway, v1::PresenceRequest request) {
    request.set_incarnation(std::string(16, gateway));
    request.set_counter(++counters[gateway]);
    return presence.announce(request, clock.mono(), clock.wall()).value();
  }
  v1::PresenceAnswer::Status say(char gateway, const v1::PresenceEntity& entity, bool all = false) {
    v1::PresenceRequest request;
    request.set_all(all);
    *request.add_entities() = entity;
    return send(gateway, request);
  }
  v1::PresenceAnswer::Status renew(char gateway, bool all = false) {
    v1::PresenceRequest request;
    request.set_all(all);
    return send(gateway, request);
  }
  v1::PresenceAnswer::Status leave(char gateway, const std::string& id) {
    v1::PresenceRequest request;
    request.add_gone(id);
    return send(gateway, request);
  }
  v1::PresenceAnswer::Status see(char gateway, const v1::PresenceEntity& entity) {
    v1::PresenceRequest request;
    request.set_all(true);
    *request.add_seen() = entity;
    return send(gateway, request);
  }
  v1::PresenceAnswer::Status subscribe(char gateway, const std::string& topic, unsigned count, bool all = false) {
    v1::PresenceRequest request;
    request.set_all(all);
    request.add_topics()->set_topic(topic);
    request.mutable_topics(0)->set_subscribers(count);
    return send(gateway, request);
  }
  // A gateway that has said that it is there, with nothing.
  void join(char gateway) {
    renew(gateway, true);
    renew(gateway);
  }

  void pass(Duration time) {
    for (; time > Duration::zero(); time -= 1s) {
      clock.advance(std::min<Duration>(time, 1s));
      presence.tick(clock.mono());
    }
  }

  // What would be published: "a=online b=offline".
  std::string changes() {
    std::string text;
    while (const v1::PresenceEntity* changed = presence.next_change()) {
      text += (text.empty() ? "" : " ") + changed->entity_id() + "=" + changed->status();
      presence.change_taken();
    }
    return text;
  }
  v1::PresenceEntity find(const std::string& id) {
    const v1::PresenceSnapshot all = presence.snapshot("", 0, 1 << 20);
    for (const v1::PresenceEntity& entity : all.entities()) {
      if (entity.entity_id() == id) return entity;
    }
    return {};
  }

  ManualClock clock;
  PresenceBounds bounds;
  Presence presence;
  std::map<char, std::uint64_t> counters;
  std::int64_t updated = 0;
};

constexpr auto kTaken = v1::PresenceAnswer::TAKEN;
constexpr auto kAnnounceAll = v1::PresenceAnswer::ANNOUNCE_ALL;

TEST_CASE("an entity is online while any gateway has it, and what was said last describes it") {
  Bench bench;
  bench.join('A');
  bench.join('B');
  bench.say('A', bench.entity("x", "online", 2));
  bench.say('B', bench.entity("x", "busy"));
  CHECK(bench.changes() == "x=busy");
  CHECK(bench.find("x").connections() == 3);
  bench.leave('A', "x");
  CHECK(bench.changes().empty());
  CHECK(bench.find("x").connections() == 1);
  bench.leave('B', "x");
  CHECK(bench.changes() == "x=offline");
  CHECK(bench.find("x").status() == "offline");
  CHECK(bench.find("x").connections() == 0);
}

TEST_CASE("an older word that arrives later does not count") {
  Bench bench;
  bench.join('A');
  bench.join('B');
  const v1::PresenceEntity older = bench.entity("x", "away");
  bench.say('B', bench.entity("x", "busy"));
  bench.say('A', older);
  CHECK(bench.changes() == "x=busy");
}

TEST_CASE("a gateway that says an older word is told the later one, also if that was no news") {
  Bench bench;
  bench.join('A');
  bench.join('B');
  v1::PresenceEntity x = bench.entity("x", "away");
  bench.say('A', x);
  const v1::PresenceEntity older = bench.entity("x", "busy");
  x.set_updated_us(older.updated_us() + 1);
  bench.say('A', x);
  CHECK(bench.changes() == "x=away");
  bench.say('B', older);
  CHECK(bench.changes() == "x=away");
}

TEST_CASE("how often an entity is connected, and when it was seen, is no news") {
  Bench bench;
  bench.join('A');
  v1::PresenceEntity entity = bench.entity("x");
  bench.say('A', entity);
  CHECK(bench.changes() == "x=online");
  entity.set_connections(5);
  entity.set_last_seen_us(entity.last_seen_us() + 1'000'000);
  entity.set_updated_us(entity.updated_us() + 1);
  bench.say('A', entity);
  CHECK(bench.changes().empty());
  CHECK(bench.find("x").connections() == 5);
}

TEST_CASE("a gateway that says nothing for a lease is gone, and its entities with it") {
  Bench bench;
  bench.join('A');
  bench.join('B');
  bench.say('A', bench.entity("x"));
  bench.say('B', bench.entity("y"));
  bench.changes();
  for (int i = 0; i < 3; ++i) {
    bench.pass(2s);
    CHECK(bench.renew('B') == kTaken);
  }
  CHECK(bench.changes().empty());
  bench.pass(2s);
  CHECK(bench.changes() == "x=offline");
  CHECK(bench.presence.figures().gateways == 1);
  // Last seen when its gateway was heard of last.
  CHECK(bench.find("x").last_seen_us() < to_unix_us(bench.clock.wall() - 7s));
  CHECK(bench.renew('A') == kAnnounceAll);
}

TEST_CASE("a lost announcement is noticed by its number, and everything is asked for") {
  Bench bench;
  bench.join('A');
  bench.say('A', bench.entity("x"));
  ++bench.counters['A'];  // lost
  CHECK(bench.renew('A') == kAnnounceAll);
  CHECK(bench.find("x").connections() == 1);
}

TEST_CASE("who is not mentioned when a gateway announces everything is gone when the series is over, not before") {
  Bench bench;
  bench.join('A');
  bench.say('A', bench.entity("x"));
  bench.say('A', bench.entity("y"));
  bench.say('A', bench.entity("z"));
  bench.changes();
  ++bench.counters['A'];
  bench.say('A', bench.entity("x"), true);
  bench.say('A', bench.entity("z"), true);
  CHECK(bench.changes().empty());
  bench.renew('A');
  CHECK(bench.changes() == "y=offline");
}

TEST_CASE("a series that breaks off and begins anew drops nobody meanwhile") {
  Bench bench;
  bench.join('A');
  bench.say('A', bench.entity("x"));
  bench.say('A', bench.entity("y"));
  bench.changes();
  bench.say('A', bench.entity("x"), true);
  bench.counters['A'] += 3;
  CHECK(bench.renew('A') == kAnnounceAll);
  bench.say('A', bench.entity("y"), true);
  bench.say('A', bench.entity("x"), true);
  bench.renew('A');
  CHECK(bench.changes().empty());
}

TEST_CASE("an announcement that was overtaken by a later one changes nothing") {
  Bench bench;
  bench.join('A');
  bench.say('A', bench.entity("x"));
  bench.changes();
  bench.counters['A'] = 0;
  CHECK(bench.renew('A', true) == kAnnounceAll);
  CHECK(bench.find("x").connections() == 1);
}

TEST_CASE("our own stall costs no gateway its lease") {
  Bench bench;
  bench.join('A');
  bench.say('A', bench.entity("x"));
  bench.changes();
  bench.clock.advance(60s);
  bench.presence.tick(bench.clock.mono());
  CHECK(bench.changes().empty());
  bench.pass(4s);
  CHECK(bench.renew('A') == kTaken);
  bench.clock.advance(60s);
  CHECK(bench.renew('A') == kTaken);  // read before the tick
  bench.pass(8s);
  CHECK(bench.changes() == "x=offline");  // the stall before the renewal does not count again
}

TEST_CASE("ticks as often as they should be do not keep a lease alive, however seldom that is") {
  PresenceBounds bounds;
  bounds.tick = 5s;
  Bench bench(true, bounds);
  bench.say('A', bench.entity("x"), true);
  bench.changes();
  for (int i = 0; i < 3; ++i) {
    bench.clock.advance(5s);
    bench.presence.tick(bench.clock.mono());
  }
  CHECK_FALSE(bench.presence.warming());
  CHECK(bench.changes() == "x=offline");
}

// ---- warming

TEST_CASE("what was seen before a restart is no news, and stays until the warming is over") {
  Bench bench(true);
  CHECK(bench.presence.warming());
  bench.see('B', bench.entity("x", "busy"));
  bench.renew('B');
  CHECK(bench.changes().empty());
  CHECK(bench.find("x").status() == "busy");
  for (int i = 0; i < 5; ++i) {
    bench.pass(1s);
    bench.renew('B');
    CHECK(bench.changes().empty());
  }
  bench.pass(1s);  // six seconds: within the lease of seven
  CHECK_FALSE(bench.presence.warming());
  CHECK(bench.changes() == "x=offline");
}

TEST_CASE("nobody flickers while gateways come back one after the other") {
  Bench bench(true);
  const v1::PresenceEntity x = bench.entity("x", "busy");
  bench.see('B', x);
  bench.renew('B');
  bench.pass(3s);
  bench.say('A', x, true);
  bench.renew('A');
  for (int i = 0; i < 3; ++i) {
    bench.pass(2s);
    bench.renew('A');
    bench.renew('B');
  }
  CHECK_FALSE(bench.presence.warming());
  CHECK(bench.changes().empty());
  CHECK(bench.find("x").connections() == 1);
}

TEST_CASE("who goes while the broker is warming is called offline when it is over, unless he has come elsewhere") {
  Bench bench(true);
  bench.say('A', bench.entity("x"), true);
  bench.renew('A');
  bench.say('A', bench.entity("y"));
  CHECK(bench.changes() == "x=online y=online");
  bench.leave('A', "x");
  bench.leave('A', "y");
  CHECK(bench.changes().empty());
  bench.say('B', bench.entity("y"), true);
  bench.renew('B');
  for (int i = 0; i < 4; ++i) {
    bench.renew('A');
    bench.renew('B');
    bench.pass(2s);
  }
  CHECK(bench.changes() == "x=offline");
  CHECK(bench.find("y").connections() == 1);
}

TEST_CASE("what was seen counts no more once the broker is warm") {
  Bench bench;
  bench.see('A', bench.entity("x"));
  bench.renew('A');
  CHECK(bench.find("x").entity_id().empty());
}

// ---- subscribers

TEST_CASE("subscribers are summed over gateways, and gone with them") {
  Bench bench;
  bench.join('A');
  bench.join('B');
  bench.subscribe('A', "channels.a", 2);
  bench.subscribe('B', "channels.a", 3);
  bench.subscribe('B', "channels.b", 1);
  bench.subscribe('B', "agents.x", 1);
  CHECK(bench.presence.subscribers("channels.a") == 5);
  bench.subscribe('A', "channels.a", 1);
  CHECK(bench.presence.subscribers("channels.a") == 4);
  bench.subscribe('A', "channels.a", 0);
  CHECK(bench.presence.subscribers("channels.a") == 3);
  const v1::SubscriberCountsAnswer under = bench.presence.subscribers_under("channels.", 1);
  CHECK(under.topics_size() == 1);
  CHECK(under.topics(0).topic() == "channels.a");
  CHECK(under.truncated());
  bench.pass(8s);
  CHECK(bench.presence.subscribers("channels.a") == 0);
  CHECK(bench.presence.figures().topics == 0);
}

TEST_CASE("topics that are not mentioned when everything is announced have no subscribers there any more") {
  Bench bench;
  bench.join('A');
  bench.subscribe('A', "channels.a", 2);
  bench.subscribe('A', "channels.b", 2);
  bench.subscribe('A', "channels.b", 1, true);
  CHECK(bench.presence.subscribers("channels.a") == 2);
  bench.renew('A');
  CHECK(bench.presence.subscribers("channels.a") == 0);
  CHECK(bench.presence.subscribers("channels.b") == 1);
}

// ---- bounds

TEST_CASE("over its bounds presence leaves out what is new and keeps what it has") {
  PresenceBounds bounds;
  bounds.entities_max = 2;
  bounds.gateways_max = 1;
  bounds.topics_max = 1;
  Bench bench(false, bounds);
  bench.join('A');
  for (const char* id : {"x", "y", "z"}) bench.say('A', bench.entity(id));
  CHECK(bench.changes() == "x=online y=online");
  bench.subscribe('A', "channels.a", 1);
  bench.subscribe('A', "channels.b", 1);
  bench.subscribe('A', "channels.a", 2);
  CHECK(bench.presence.subscribers("channels.a") == 2);
  CHECK(bench.presence.subscribers("channels.b") == 0);
  CHECK(bench.presence.figures().left_out == 2);
  v1::PresenceRequest other;
  other.set_all(true);
  other.set_incarnation(std::string(16, 'B'));
  CHECK(bench.presence.announce(other, bench.clock.mono(), bench.clock.wall()).error().code == ErrorCode::kUnavailable);
  other.set_incarnation("short");
  CHECK(bench.presence.announce(other, bench.clock.mono(), bench.clock.wall()).error().code == ErrorCode::kInvalid);
}

TEST_CASE("what entities say is bounded in bytes, and given back when they are forgotten") {
  PresenceBounds bounds;
  bounds.bytes_max = 50'000;
  bounds.offline_kept = 10s;
  Bench bench(false, bounds);
  bench.join('A');
  v1::PresenceEntity large = bench.entity("x");
  large.set_metadata("{\"a\":\"" + std::string(15'000, 'a') + "\"}");
  bench.say('A', large);
  large.set_entity_id("y");
  bench.say('A', large);
  CHECK(bench.changes() == "x=online");
  bench.leave('A', "x");
  CHECK(bench.changes() == "x=offline");
  bench.pass(11s);
  CHECK(bench.presence.figures().bytes == 0);
}

TEST_CASE("what is not valid is left out") {
  Bench bench;
  bench.join('A');
  v1::PresenceEntity entity = bench.entity("x");
  entity.set_status("gone fishing");
  bench.say('A', entity);
  entity = bench.entity("x");
  entity.set_metadata("[1]");
  bench.say('A', entity);
  bench.say('A', bench.entity(std::string("a\nb")));
  bench.say('A', bench.entity("none", "online", 0));
  CHECK(bench.changes().empty());
  CHECK(bench.presence.figures().left_out == 4);
}

TEST_CASE("those who went are known for a while, a bounded number of them") {
  PresenceBounds bounds;
  bounds.offline_max = 2;
  Bench bench(false, bounds);
  bench.join('A');
  for (const char* id : {"x", "y", "z"}) {
    bench.say('A', bench.entity(id));
    bench.clock.advance(10ms);
    bench.leave('A', id);
    bench.changes();
  }
  bench.pass(1s);
  CHECK(bench.presence.figures().offline == 2);
  CHECK(bench.find("x").entity_id().empty());
  CHECK(bench.find("z").status() == "offline");
  bench.join('A');
  bench.say('A', bench.entity("z"));
  CHECK(bench.changes() == "z=online");
  CHECK(bench.presence.figures().offline == 1);
  for (int i = 0; i < 1900; ++i) {
    bench.pass(2s);
    bench.renew('A');
  }
  CHECK(bench.presence.figures().offline == 0);
  CHECK(bench.presence.figures().entities == 1);
}

TEST_CASE("a snapshot is read page by page, in the order of ids") {
  Bench bench;
  bench.join('A');
  for (const char* id : {"c", "a", "e", "b", "d"}) bench.say('A', bench.entity(id));
  std::string ids;
  std::string after;
  bool more = true;
  while (more) {
    const v1::PresenceSnapshot page = bench.presence.snapshot(after, 2, 1 << 20);
    for (const v1::PresenceEntity& entity : page.entities()) ids += entity.entity_id();
    more = page.more();
    after = page.entities(page.entities_size() - 1).entity_id();
    ids += "|";
  }
  CHECK(ids == "ab|cd|e|");
  CHECK(bench.presence.snapshot("", 0, 1).entities_size() == 1);
}

}  // namespace
}  // namespace cell0::broker
