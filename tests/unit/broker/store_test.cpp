#include "broker/store.h"

#include <doctest/doctest.h>

#include "tests/unit/broker/events.h"

namespace cell0::broker {
namespace {

using std::chrono::seconds;

constexpr WallTime kNow{seconds(1'770'000'000)};

struct Fixture {
  explicit Fixture(std::vector<Rule> given, StoreLimits limits = {1'000'000, 1u << 30})
      : rules(RuleTable::create(std::move(given)).value()), store(rules, limits, Seq{100}) {}

  void add(std::uint64_t seq, const char* topic, const char* type, WallTime at = kNow) {
    store.append(rules.match(topic, type), Seq{seq}, at, delivered(Seq{seq}, topic, type));
  }
  Seq trimmed(const char* topic, const char* type) const {
    return store.log(rules.match(topic, type)).trimmed_through();
  }

  RuleTable rules;
  Store store;
};

TEST_CASE("what was before the start counts as trimmed") {
  const Fixture f({});
  CHECK(f.trimmed("events.spell", "spell") == Seq{99});
}

TEST_CASE("over its count a rule loses its oldest, and says so; other rules do not") {
  Fixture f({{"", "spell", v1::DURABLE, 3, {}, 0}});
  for (std::uint64_t seq = 100; seq < 110; ++seq) f.add(seq, "events.spell", seq % 2 == 0 ? "spell" : "chat_message");
  CHECK(f.store.count() == 8);
  CHECK(f.trimmed("events.spell", "spell") == Seq{102});
  CHECK(f.trimmed("events.spell", "chat_message") == Seq{99});
}

TEST_CASE("over its bytes a rule loses its oldest, if need be all") {
  Fixture f({{"", "", v1::DURABLE, 0, {}, 1000}});
  for (std::uint64_t seq = 100; seq < 150; ++seq) f.add(seq, "events.spell", "spell");
  CHECK(f.store.bytes() <= 1000);
  CHECK(f.store.count() > 3);
  CHECK(f.trimmed("events.spell", "spell").value + f.store.count() == 149);

  Fixture tiny({{"", "", v1::DURABLE, 0, {}, 1}});
  tiny.add(100, "events.spell", "spell");
  CHECK(tiny.store.count() == 0);
  CHECK(tiny.store.bytes() == 0);
  CHECK(tiny.trimmed("events.spell", "spell") == Seq{100});
}

TEST_CASE("over a total limit the oldest of all goes, whichever rule it is of") {
  Fixture f({{"", "spell", v1::DURABLE, 0, {}, 0}}, {4, 1u << 30});
  f.add(100, "events.spell", "spell");
  f.add(101, "events.chat_message", "chat_message");
  f.add(102, "events.chat_message", "chat_message");
  f.add(103, "events.spell", "spell");
  f.add(104, "events.spell", "spell");
  CHECK(f.store.count() == 4);
  CHECK(f.trimmed("events.spell", "spell") == Seq{100});
  CHECK(f.trimmed("events.chat_message", "chat_message") == Seq{99});
  f.add(105, "events.spell", "spell");
  CHECK(f.trimmed("events.chat_message", "chat_message") == Seq{101});

  Fixture bytes({}, {1'000'000, 2000});
  for (std::uint64_t seq = 100; seq < 200; ++seq) bytes.add(seq, "events.spell", "spell");
  CHECK(bytes.store.bytes() <= 2000);
}

TEST_CASE("events older than their rule allows go, a slice at a time") {
  Fixture f({{"", "spell", v1::DURABLE, 0, seconds(60), 0}});
  for (std::uint64_t seq = 100; seq < 110; ++seq) f.add(seq, "events.spell", "spell", kNow + seconds(seq - 100));
  f.add(110, "events.chat_message", "chat_message", kNow);
  CHECK_FALSE(f.store.trim_aged(kNow + seconds(60), 100));
  CHECK(f.store.count() == 11);
  CHECK(f.store.trim_aged(kNow + seconds(66), 4));
  CHECK(f.trimmed("events.spell", "spell") == Seq{103});
  CHECK_FALSE(f.store.trim_aged(kNow + seconds(66), 100));
  CHECK(f.trimmed("events.spell", "spell") == Seq{105});
  CHECK(f.store.count() == 5);
}

TEST_CASE("a clock that steps back makes no event older than the one before it") {
  Fixture f({{"", "", v1::DURABLE, 0, seconds(60), 0}});
  f.add(100, "events.spell", "spell", kNow);
  f.add(101, "events.spell", "spell", kNow - seconds(3600));
  CHECK_FALSE(f.store.trim_aged(kNow + seconds(1), 100));
  CHECK(f.store.count() == 2);
}

TEST_CASE("a log is walked in both directions over its segments, also while it is trimmed") {
  RuleLog log;
  const std::string event(3000, 'x');  // some dozens of segments
  for (std::uint64_t seq = 10; seq <= 2000; seq += 10) log.append(Seq{seq}, 0, event);
  for (int i = 0; i < 55; ++i) log.trim_oldest();
  CHECK(log.trimmed_through() == Seq{550});
  CHECK(log.count() == 145);

  std::uint64_t expected = 560;
  for (auto cursor = log.first_after(Seq{0}); cursor.at_event(); cursor.forward()) {
    CHECK(cursor.seq() == Seq{expected});
    CHECK(cursor.event().delivered == event);
    expected += 10;
  }
  CHECK(expected == 2010);
  for (auto cursor = log.last_through(Seq{UINT64_MAX}); cursor.at_event(); cursor.backward()) {
    expected -= 10;
    CHECK(cursor.seq() == Seq{expected});
  }
  CHECK(expected == 560);

  CHECK(log.first_after(Seq{995}).seq() == Seq{1000});
  CHECK(log.first_after(Seq{1000}).seq() == Seq{1010});
  CHECK_FALSE(log.first_after(Seq{2000}).at_event());
  CHECK(log.last_through(Seq{995}).seq() == Seq{990});
  CHECK(log.last_through(Seq{1000}).seq() == Seq{1000});
  CHECK_FALSE(log.last_through(Seq{559}).at_event());

  while (!log.empty()) log.trim_oldest();
  CHECK(log.bytes() == 0);
  CHECK_FALSE(log.first_after(Seq{0}).at_event());
  CHECK_FALSE(log.last_through(Seq{9999}).at_event());
  log.append(Seq{3000}, 0, "again");
  CHECK(log.oldest().delivered == "again");
}

}  // namespace
}  // namespace cell0::broker
