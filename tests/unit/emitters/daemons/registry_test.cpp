// The registry of daemons: its rules, its counts, and what is kept of it.
#include "emitters/daemons/registry.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::emit;

namespace {

constexpr std::size_t kBytes = 200u << 10;
const WallTime kNow{std::chrono::seconds(1'770'000'000)};

Registry registry(std::size_t history_max = 3) { return {daemon_profiles({}), history_max, true}; }

Invocation took(double seconds, bool success = true) {
  Invocation invocation;
  invocation.task = "count";
  invocation.at = kNow;
  invocation.execution_time = seconds;
  invocation.success = success;
  if (!success) invocation.error = "it broke";
  return invocation;
}

const DaemonProfile& daemon(const Registry& registry, const char* name) { return **registry.find(name); }

}  // namespace

TEST_CASE("the three daemons are there, each with its role and colour") {
  const Registry daemons = registry();
  CHECK(daemons.names() == std::vector<std::string>{"claude", "gemini", "liquidmetal"});
  CHECK(daemon(daemons, "claude").role == "Keeper of Logic and Reason");
  CHECK(daemon(daemons, "claude").color_code == "#8B5CF6");
  CHECK(daemon(daemons, "gemini").role == "Weaver of Dreams and Innovation");
  CHECK(daemon(daemons, "gemini").color_code == "#F59E0B");
  CHECK(daemon(daemons, "liquidmetal").role == "Master of Transformation and Flow");
  CHECK(daemon(daemons, "liquidmetal").color_code == "#06B6D4");
  CHECK(daemon(daemons, "claude").runner == "demo");
  CHECK(daemons.find("asmodeus").error().text ==
        "daemon_name: \"asmodeus\" is no daemon (claude, gemini, liquidmetal)");
}

TEST_CASE("the configuration changes daemons and adds further ones") {
  DaemonsConfig config;
  config.runner = "ollama";
  config.daemons = {{"gemini", "", "#000000", "", "google", "Be brief."}, {"oracle", "Seer", "", "", "", ""}};
  const auto profiles = daemon_profiles(config);
  REQUIRE(profiles.size() == 4);
  CHECK(profiles[0].runner == "ollama");
  CHECK(profiles[1].role == "Weaver of Dreams and Innovation");
  CHECK(profiles[1].color_code == "#000000");
  CHECK(profiles[1].runner == "google");
  CHECK(profiles[1].instructions == "Be brief.");
  CHECK(profiles[3].name == "oracle");
  CHECK(profiles[3].role == "Seer");
  CHECK(profiles[3].runner == "ollama");
}

TEST_CASE("a daemon is summoned once, and banished once") {
  Registry daemons = registry();
  const DaemonProfile& claude = daemon(daemons, "claude");
  CHECK(daemons.banish(claude).error().code == ErrorCode::kConflict);
  CHECK(daemons.check_summoned(claude).error().code == ErrorCode::kConflict);
  CHECK(daemons.summon(claude, kNow));
  CHECK(daemons.summon(claude, kNow).error().code == ErrorCode::kConflict);
  CHECK(daemons.check_summoned(claude));
  CHECK(daemons.record(claude).summoned_at == kNow);
  CHECK(daemons.banish(claude));
  CHECK_FALSE(daemons.record(claude).summoned);
  CHECK(daemons.record(claude).summons == 1);
}

TEST_CASE("invocations are counted since the summoning and over everything") {
  Registry daemons = registry();
  const DaemonProfile& claude = daemon(daemons, "claude");
  CHECK(daemons.summon(claude, kNow));
  CHECK(daemons.invoked(claude, took(1))->number == 1);
  CHECK(daemons.invoked(claude, took(2, false))->number == 2);
  CHECK(daemons.banish(claude));
  CHECK(daemons.record(claude).invocations == 2);
  CHECK(daemons.record(claude).execution_time == 3);
  CHECK(daemons.summon(claude, kNow));
  CHECK(daemons.record(claude).invocations == 0);
  CHECK(daemons.invoked(claude, took(3))->number == 3);
  const DaemonRecord& record = daemons.record(claude);
  CHECK(record.invocations == 1);
  CHECK(record.total_invocations == 3);
  CHECK(record.failed_invocations == 1);
  CHECK(record.total_execution_time == 6);
  CHECK(record.average_execution_time() == 2);
}

TEST_CASE("the history holds the newest, and the beginning of long tasks") {
  Registry daemons = registry(2);
  const DaemonProfile& claude = daemon(daemons, "claude");
  for (int i = 0; i < 3; ++i) daemons.invoked(claude, took(1));
  Invocation longer = took(1);
  longer.task = std::string(199, 'x') + "é and more";
  daemons.invoked(claude, longer);
  const auto& history = daemons.record(claude).history;
  REQUIRE(history.size() == 2);
  CHECK(history.front().number == 3);
  CHECK(history.back().task == std::string(199, 'x'));
  Registry without = registry(0);
  CHECK(without.invoked(daemon(without, "claude"), took(1))->number == 1);
  CHECK(without.record(daemon(without, "claude")).history.empty());
}

TEST_CASE("what is saved is loaded, by whomever") {
  Registry first = registry();
  const DaemonProfile& claude = daemon(first, "claude");
  CHECK(first.summon(claude, kNow));
  first.invoked(claude, took(1.5));
  first.invoked(claude, took(0.5, false));
  first.set_veil(false);
  const std::string saved = first.save("first", kBytes);
  CHECK(Registry::stamp_of(saved).author == "first");
  CHECK(Registry::stamp_of(saved).revision == 1);

  Registry second = registry();
  REQUIRE(second.load(saved));
  CHECK(second.revision() == 1);
  CHECK_FALSE(second.veil());
  const DaemonRecord& record = second.record(daemon(second, "claude"));
  CHECK(record.summoned);
  CHECK(record.summoned_at == kNow);
  CHECK(record.invocations == 2);
  CHECK(record.total_execution_time == 2);
  REQUIRE(record.history.size() == 2);
  CHECK(record.history[1].error == "it broke");
  CHECK_FALSE(record.history[1].success);
  CHECK(Registry::stamp_of(second.save("second", kBytes)).revision == 2);
}

TEST_CASE("a state that is too large is saved without the older history") {
  Registry daemons = registry(50);
  for (int i = 0; i < 50; ++i) daemons.invoked(daemon(daemons, "claude"), took(1));
  const std::string saved = daemons.save("x", 3000);
  CHECK(saved.size() <= 3000);
  Registry other = registry(50);
  REQUIRE(other.load(saved));
  const DaemonRecord& record = other.record(daemon(other, "claude"));
  CHECK(record.total_invocations == 50);
  CHECK_FALSE(record.history.empty());
  CHECK(record.history.back().number == 50);
}

TEST_CASE("what is no saved registry changes nothing") {
  Registry daemons = registry();
  CHECK(daemons.summon(daemon(daemons, "claude"), kNow));
  for (const char* text : {"", "{", "[]", "{}", R"({"version":2,"daemons":{}})", R"({"version":1,"daemons":[]})"}) {
    CAPTURE(text);
    CHECK(daemons.load(text).error().code == ErrorCode::kInvalid);
    CHECK(Registry::stamp_of(text).revision == 0);
  }
  CHECK(daemons.record(daemon(daemons, "claude")).summoned);
  // Of a daemon that has gone from the configuration nothing is left; a new one begins anew.
  CHECK(daemons.load(R"({"version":1,"revision":9,"daemons":{"oracle":{"summoned":true},"gemini":3}})"));
  CHECK_FALSE(daemons.record(daemon(daemons, "claude")).summoned);
  CHECK(daemons.revision() == 9);
}
