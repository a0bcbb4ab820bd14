// The small tables: topics, gateways, gaps of plain PUB emitters.
#include <doctest/doctest.h>

#include "broker/gateways.h"
#include "broker/pub_gaps.h"
#include "broker/topics.h"

namespace cell0::broker {
namespace {

constexpr WallTime kNow{std::chrono::seconds(1'770'000'000)};
const MonoTime kStart{std::chrono::hours(1)};

v1::Origin origin(const std::string& emitter, std::uint64_t n, std::uint64_t incarnation = 1) {
  v1::Origin made;
  made.set_emitter_id(emitter);
  made.set_incarnation(incarnation);
  made.set_n(n);
  return made;
}

Drafts numbered(std::uint64_t turn, int events, Seq first) {
  Drafts drafts(16, 1 << 20);
  drafts.turn = turn;
  for (int i = 0; i < events; ++i) drafts.add({}, "envelope");
  drafts.number(first);
  return drafts;
}

TEST_CASE("topics are counted, get their seq at the commit, and the latest stands first") {
  const RuleTable rules = RuleTable::create({{"a", "", v1::RELAXED, 0, {}, 0}}).value();
  Topics topics(rules, 10);
  CHECK(rules[topics.count("a.x", "spell", kNow, 1, 0)].topic == "a");
  CHECK(rules[topics.count("b", "spell", kNow, 1, 1)].topic.empty());
  topics.count("a.x", "spell", kNow, 1, 2);
  CHECK(topics.answer(0).topics(0).last_seq() == 0);
  topics.count("c", "spell", kNow, 2, 0);  // of the next turn, which gathers while the first commits
  topics.committed(numbered(1, 3, Seq{500}));
  v1::TopicsAnswer answer = topics.answer(0);
  REQUIRE(answer.topics_size() == 3);
  CHECK(answer.topics(0).name() == "c");
  CHECK(answer.topics(0).last_seq() == 0);
  CHECK(answer.topics(1).name() == "a.x");
  CHECK(answer.topics(1).events() == 2);
  CHECK(answer.topics(1).last_seq() == 502);
  CHECK(answer.topics(1).last_us() == to_unix_us(kNow));
  CHECK(answer.topics(2).last_seq() == 501);
  CHECK_FALSE(answer.truncated());
  topics.committed(numbered(2, 1, Seq{503}));
  CHECK(topics.answer(1).topics(0).last_seq() == 503);
  CHECK(topics.answer(1).truncated());
}

TEST_CASE("the rule of a topic follows the event's type") {
  const RuleTable rules = RuleTable::create({{"", "spell", v1::RELAXED, 0, {}, 0}}).value();
  Topics topics(rules, 10);
  CHECK(rules[topics.count("t", "spell", kNow, 1, 0)].type == "spell");
  CHECK(rules[topics.count("t", "chat_message", kNow, 1, 1)].type.empty());
  CHECK(rules[topics.count("t", "spell", kNow, 1, 2)].type == "spell");
}

TEST_CASE("over the limit the topic longest silent is forgotten, and that is said") {
  const RuleTable rules = RuleTable::create({}).value();
  Topics topics(rules, 2);
  topics.count("a", "spell", kNow, 1, 0);
  topics.count("b", "spell", kNow, 1, 1);
  topics.count("a", "spell", kNow, 1, 2);
  topics.count("c", "spell", kNow, 1, 3);
  const v1::TopicsAnswer answer = topics.answer(0);
  CHECK(topics.size() == 2);
  CHECK(answer.topics(0).name() == "c");
  CHECK(answer.topics(1).name() == "a");
  CHECK(answer.truncated());
}

TEST_CASE("a gateway is there for a lease after each of its reports") {
  Gateways gateways({2, std::chrono::seconds(7), std::chrono::seconds(7)}, kStart);
  v1::GatewayReport report;
  report.set_name("g1");
  report.set_connections(5);
  REQUIRE(gateways.report(report, kStart));
  CHECK(gateways.expire(kStart + std::chrono::seconds(6)).empty());
  report.set_connections(6);
  REQUIRE(gateways.report(report, kStart + std::chrono::seconds(6)));
  CHECK(gateways.expire(kStart + std::chrono::seconds(12)).empty());
  v1::StatsAnswer stats;
  gateways.append_to(stats);
  REQUIRE(stats.gateways_size() == 1);
  CHECK(stats.gateways(0).connections() == 6);
  CHECK(gateways.expire(kStart + std::chrono::seconds(13)) == std::vector<std::string>{"g1"});
  CHECK(gateways.size() == 0);
}

TEST_CASE("one gateway too many is refused, the others go on") {
  Gateways gateways({1, std::chrono::seconds(7), std::chrono::seconds(7)}, kStart);
  v1::GatewayReport report;
  report.set_name("g1");
  REQUIRE(gateways.report(report, kStart));
  report.set_name("g2");
  CHECK(gateways.report(report, kStart).error().code == ErrorCode::kUnavailable);
  report.set_name("g1");
  CHECK(gateways.report(report, kStart));
}

TEST_CASE("gaps are counted per emitter and incarnation, from the first number seen") {
  PubGaps gaps(10);
  CHECK(gaps.see(origin("e", 5)) == 0);
  CHECK(gaps.see(origin("e", 6)) == 0);
  CHECK(gaps.see(origin("e", 9)) == 2);
  CHECK(gaps.see(origin("e", 7)) == 0);  // late: it was counted as lost, and stays so
  CHECK(gaps.see(origin("e", 10)) == 0);
  CHECK(gaps.see(origin("e", 1, 2)) == 0);
  CHECK(gaps.see(origin("f", 20)) == 0);
  CHECK(gaps.see(origin("e", 12)) == 1);
}

TEST_CASE("an origin that names nobody, or no number, says nothing; the table is bounded") {
  PubGaps gaps(2);
  CHECK(gaps.see(origin("", 5)) == 0);
  CHECK(gaps.see(origin("not a name", 5)) == 0);
  CHECK(gaps.see(origin(std::string(65, 'x'), 5)) == 0);
  CHECK(gaps.see(origin("e", 0)) == 0);
  CHECK(gaps.size() == 0);
  gaps.see(origin("a", 1));
  gaps.see(origin("b", 1));
  gaps.see(origin("a", 2));
  gaps.see(origin("c", 1));
  CHECK(gaps.size() == 2);
  CHECK(gaps.see(origin("a", 4)) == 1);
  CHECK(gaps.see(origin("b", 9)) == 0);  // forgotten, so it begins anew
}

}  // namespace
}  // namespace cell0::broker
