#include "broker/log/retention.h"

#include <doctest/doctest.h>

#include "tests/unit/broker/log_fixture.h"

namespace cell0::broker {
namespace {

using std::chrono::hours;

v1::Envelope spell() {
  v1::Envelope envelope = chat_event();
  envelope.mutable_spell()->set_spell_name("summon");
  envelope.mutable_spell()->set_success(true);
  return envelope;
}

struct Fixture : LogFixture {
  explicit Fixture(std::vector<Rule> given, KeepLimits limits = {}) : LogFixture(std::move(given), limits) { start(); }

  std::uint64_t trimmed(const char* type) {
    v1::HistoryRequest request;
    request.mutable_filter()->add_types(type);
    request.mutable_filter()->add_topics(std::string("events.") + type);
    return page(request).trimmed_through();
  }
  void keep_house() {
    log->keep_house();
    worker.run_all();
  }
  void restart(std::vector<Rule> given) {
    crash();
    rules_given = std::move(given);
    start();
  }
};

TEST_CASE("over its count a rule loses its oldest, and says so; other rules do not") {
  Fixture f({{"", "spell", v1::DURABLE, 3, {}, 0}});
  std::vector<std::uint64_t> spells, chats;
  for (int i = 0; i < 5; ++i) {
    spells.push_back(f.append(spell()).value);
    chats.push_back(f.append(chat_event()).value);
  }
  CHECK(f.log->kept().events == 8);
  CHECK(f.trimmed("spell") == spells[1]);
  CHECK(f.trimmed("chat_message") == 0);
  CHECK(f.stored()[1] == chats[1]);
  f.restart(f.rules_given);
  CHECK(f.log->kept().events == 8);
  CHECK(f.trimmed("spell") == spells[1]);
  f.append(spell());
  CHECK(f.trimmed("spell") == spells[2]);
}

TEST_CASE("over its bytes a rule loses its oldest, if need be all") {
  Fixture f({{"", "", v1::DURABLE, 0, {}, 2000}});
  for (int i = 0; i < 50; ++i) f.append(chat_event());
  CHECK(f.log->kept().bytes <= 2000);
  CHECK(f.log->kept().events > 3);
  CHECK(f.trimmed("chat_message") == f.stored()[0] - 1);
  Fixture tiny({{"", "", v1::DURABLE, 0, {}, 1}});
  const Seq only = tiny.append(chat_event());
  CHECK(tiny.log->kept().events == 0);
  CHECK(tiny.log->kept().bytes == 0);
  CHECK(tiny.trimmed("chat_message") == only.value);
}

TEST_CASE("over a total limit the oldest of all goes, whichever rule it is of") {
  Fixture f({{"", "spell", v1::DURABLE, 0, {}, 0}}, {4, 0});
  const Seq first = f.append(spell());
  for (int i = 0; i < 4; ++i) f.append(chat_event());
  CHECK(f.log->kept().events == 4);
  CHECK(f.trimmed("spell") == first.value);
  CHECK(f.trimmed("chat_message") == 0);
  Fixture by_bytes({}, {0, 3000});
  for (int i = 0; i < 100; ++i) by_bytes.append(chat_event());
  CHECK(by_bytes.log->kept().bytes <= 3000);
  CHECK(by_bytes.log->kept().events > 10);
}

TEST_CASE("what is older than its rule allows goes while nothing else happens, in slices") {
  Fixture f({{"", "spell", v1::DURABLE, 0, hours(2), 0}, {"channels", "", v1::DURABLE, 0, hours(1), 0}});
  for (int i = 0; i < 3000; ++i) {
    v1::Envelope event = i % 3 == 0 ? spell() : chat_event();
    if (i % 3 == 2) event.set_topic("channels.x");
    REQUIRE(f.append(f.drafts({event}, v1::RELAXED)));
  }
  f.clock.advance(hours(1));
  f.keep_house();
  CHECK(f.log->kept().events == 2000);
  CHECK(f.trimmed("spell") == 0);
  v1::HistoryRequest channels;
  channels.mutable_filter()->add_topics("channels.>");
  CHECK(f.page(channels).trimmed_through() == f.log->head().value);
  f.clock.advance(hours(1));
  f.keep_house();
  CHECK(f.log->kept().events == 1000);
  CHECK(f.trimmed("spell") > 0);
  f.clock.advance(hours(1000));
  f.keep_house();
  CHECK(f.log->kept().events == 1000);
}

TEST_CASE("a new rule takes its events over, with the highest trimmed_through that it overlaps") {
  Fixture f({{"", "spell", v1::DURABLE, 2, {}, 0}});
  for (int i = 0; i < 4; ++i) f.append(spell()), f.append(chat_event());
  const std::uint64_t trimmed = f.trimmed("spell");
  CHECK(trimmed > 0);
  f.restart({{"events", "", v1::DURABLE, 5, {}, 0}});  // overlaps both
  CHECK(f.log->kept().events == 6);
  CHECK(f.trimmed("spell") == trimmed);
  CHECK(f.trimmed("chat_message") == trimmed);
  f.keep_house();
  CHECK(f.log->kept().events == 5);
  f.restart({{"channels", "", v1::DURABLE, 1, {}, 0}, {"", "chat_message", v1::DURABLE, 1, {}, 0}});
  f.keep_house();
  v1::HistoryRequest chats;
  chats.mutable_filter()->add_types("chat_message");
  CHECK(f.stored(chats).size() == 1);
  CHECK(f.log->kept().events == 3);
}

TEST_CASE("a clock that goes back makes no event older than one before it") {
  Fixture f({});
  f.append(chat_event());
  f.clock.set_wall(f.clock.wall() - hours(1));
  f.append(chat_event());
  v1::HistoryRequest request;
  request.set_since_time_us(to_unix_us(f.clock.wall() + hours(1)));
  CHECK(f.stored(request).size() == 2);
}

TEST_CASE("names that no event has any more are dropped, and come back with a new number") {
  Fixture f({{"sessions", "", v1::DURABLE, 0, hours(1), 0}});
  const auto publish = [&](const std::string& topic) {
    v1::Envelope event = chat_event();
    event.set_topic(topic);
    return f.append(event);
  };
  publish("sessions.a");
  const auto names = [&] {
    auto database = store::Database::open(f.dir.path() / "log.db", {}).value();
    return database.integer("SELECT count(*) FROM topic WHERE name LIKE 'sessions%'").value();
  };
  CHECK(names() == 1);
  f.clock.advance(hours(3));
  f.keep_house();
  CHECK(f.log->kept().events == 0);
  f.restart(f.rules_given);  // its numbers begin with the time: far above
  publish("events.other");
  f.clock.advance(hours(1));
  f.keep_house();
  CHECK(names() == 0);
  const Seq again = publish("sessions.a");
  v1::HistoryRequest request;
  request.mutable_filter()->add_topics("sessions.*");
  CHECK(f.stored(request) == std::vector<std::uint64_t>{again.value});
}

}  // namespace
}  // namespace cell0::broker
