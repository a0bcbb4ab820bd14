#include "broker/rules.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace cell0::broker {
namespace {

RuleTable table(std::vector<Rule> rules) { return RuleTable::create(std::move(rules)).value(); }

Rule rule(const char* topic, const char* type, v1::Durability durability = v1::DURABILITY_UNSPECIFIED) {
  return {topic, type, durability, 0, {}, 0};
}

EventFilter filter(std::vector<std::string> types, std::vector<std::string> topics = {}) {
  v1::Filter proto;
  for (const std::string& type : types) proto.add_types(type);
  for (const std::string& topic : topics) proto.add_topics(topic);
  return EventFilter::create(proto).value();
}

bool touches(const RuleTable& rules, const EventFilter& of, const char* topic, const char* type) {
  const std::vector<RuleId> touched = rules.touched(of);
  return std::any_of(touched.begin(), touched.end(),
                     [&](RuleId id) { return rules[id].topic == topic && rules[id].type == type; });
}

TEST_CASE("a rule that names no topic or no type there is, is refused by its name") {
  const auto bad_topic = RuleTable::create({rule("a..b", "")});
  REQUIRE_FALSE(bad_topic);
  CHECK(bad_topic.error().text.find("a..b") != std::string::npos);
  CHECK_FALSE(RuleTable::create({rule("", "1x")}));
}

TEST_CASE("the most specific rule wins: the longer topic, then the one with a type") {
  const RuleTable rules = table(
      {rule("", "log_stream"), rule("channels", ""), rule("channels", "chat_message"), rule("channels.general", "")});
  const auto matched = [&](const char* topic, const char* type) {
    const Rule& found = rules[rules.match(topic, type)];
    return found.topic + "|" + found.type;
  };
  CHECK(matched("events.log_stream", "log_stream") == "|log_stream");
  CHECK(matched("channels.x", "log_stream") == "channels|");
  CHECK(matched("channels.x", "chat_message") == "channels|chat_message");
  CHECK(matched("channels.general", "chat_message") == "channels.general|");
  CHECK(matched("channelsx.y", "chat_message") == "|");
  CHECK(matched("events.spell", "spell") == "|");
}

TEST_CASE("of two rules for the same the later one holds, also for the implied one") {
  const RuleTable rules = table({{"", "", v1::RELAXED, 5, {}, 0}, {"", "", v1::DURABLE, 7, {}, 0}});
  CHECK(rules.size() == 1);
  CHECK(rules[0].count_max == 7);
}

TEST_CASE("durability is the rule's, else the type's") {
  const RuleTable rules = table({rule("", "heartbeat", v1::RELAXED)});
  const EventType& heartbeat = *find_event_type("heartbeat");
  const EventType& token = *find_event_type("llm_token");
  CHECK(rules.durability(rules.match("events.heartbeat", "heartbeat"), heartbeat) == v1::RELAXED);
  CHECK(rules.durability(rules.match("events.llm_token", "llm_token"), token) == v1::EPHEMERAL);
}

TEST_CASE("a filter touches every rule that may hold what it admits") {
  const RuleTable rules = table({rule("", "log_stream"), rule("channels", ""), rule("tmp", "", v1::EPHEMERAL)});
  CHECK(rules.touched({}).size() == 3);  // the two and the implied one; ephemeral rules hold nothing
  CHECK(touches(rules, filter({"log_stream"}), "", "log_stream"));
  CHECK(touches(rules, filter({"log_stream"}), "channels", ""));
  CHECK_FALSE(touches(rules, filter({"log_stream"}), "", ""));  // a more specific rule has them all
  CHECK_FALSE(touches(rules, filter({"spell"}), "", "log_stream"));
  CHECK(touches(rules, filter({"spell"}), "", ""));
  CHECK(touches(rules, filter({"log_*"}), "", ""));
  CHECK_FALSE(touches(rules, filter({}, {"events.>"}), "channels", ""));
  CHECK(touches(rules, filter({}, {"*.general"}), "channels", ""));
}

TEST_CASE("a glob meets a prefix if it matches some topic under it") {
  struct Row {
    const char* glob;
    const char* prefix;
    bool meets;
  };
  const Row rows[] = {
      {">", "a.b", true},      {"a", "a.b", false},     {"a.b", "a.b", true}, {"a.b.c", "a.b", true},
      {"a.*", "a.b", true},    {"*", "a.b", false},     {"*.*", "a.b", true}, {"b.>", "a.b", false},
      {"a.>", "a", true},      {"a.x.>", "a.b", false}, {"a", "", true},      {"*.b.c", "a.b", true},
      {"a.c.*", "a.b", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.glob);
    CAPTURE(row.prefix);
    CHECK(glob_meets_prefix(row.glob, row.prefix) == row.meets);
  }
}

}  // namespace
}  // namespace cell0::broker
