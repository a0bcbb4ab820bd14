// The one table of what commands need.
#include "gateway/commands/permissions.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

Access with(const std::vector<std::string>& scopes, bool anonymous = false) {
  Access access;
  access.entity_id = "someone";
  access.anonymous = anonymous;
  access.scopes = auth::ScopeSet::parse(scopes).value();
  return access;
}

// "ok", or the error's code.
std::string answer(const Access& access, const Command& command) {
  const auto permitted = permit(access, command);
  if (permitted) return "ok";
  switch (permitted.error().code) {
    case ErrorCode::kUnauthenticated:
      return "unauthenticated";
    case ErrorCode::kForbidden:
      return "forbidden";
    case ErrorCode::kInvalid:
      return "invalid";
    default:
      return "?";
  }
}

}  // namespace

TEST_CASE("who has no token is told so before anything else, whatever its scopes") {
  const Access everything = with({"*"}, true);
  CHECK(answer(everything, FollowCommand{}) == "unauthenticated");
  CHECK(answer(everything, SessionInfoCommand{}) == "unauthenticated");
  CHECK(answer(everything, SubscribeCommand{}) == "ok");
  CHECK(answer(with({}, true), SubscribeCommand{}) == "unauthenticated");
  CHECK(answer(with({}), SubscribeCommand{}) == "forbidden");
  CHECK(answer(with({}), PingCommand{}) == "ok");
}

TEST_CASE("a command that names a topic needs its scope for that topic") {
  const Access some = with({"history:channels.a"});
  CHECK(answer(some, ChannelHistoryCommand{"a", 1, {}}) == "ok");
  CHECK(answer(some, ChannelHistoryCommand{"b", 1, {}}) == "forbidden");
  CHECK(answer(some, ChannelHistoryCommand{"a.b", 1, {}}) == "forbidden");
  CHECK(answer(some, ChannelHistoryCommand{"a\nb", 1, {}}) == "invalid");
  CHECK(answer(some, ChannelHistoryCommand{std::string(250, '%'), 1, {}}) != "ok");
}

TEST_CASE("sessions are seen by their topics, and run by whoever may run some") {
  const Access some = with({"subscribe:sessions.a", "sessions:run:demo"}, true);
  CHECK(answer(some, SessionStatusCommand{"a"}) == "ok");
  CHECK(answer(some, SessionStatusCommand{"b"}) == "unauthenticated");
  CHECK(answer(some, SessionStatusCommand{"a\nb"}) == "invalid");
  CHECK(answer(some, FollowSessionCommand{"a", {}}) == "ok");
  CHECK(answer(some, FollowSessionCommand{"a.b", {}}) == "unauthenticated");
  CHECK(answer(some, FollowSessionCommand{"*", {}}) == "ok");  // of those that it may see
  CHECK(answer(some, SpawnSessionCommand{}) == "ok");
  CHECK(answer(with({"subscribe:>"}), SpawnSessionCommand{}) == "forbidden");
  CHECK(answer(with({"subscribe:>"}), StopSessionCommand{"a"}) == "forbidden");
  CHECK(answer(with({}), HealthCommand{}) == "ok");
}

TEST_CASE("names become one part of a topic, and cannot leave it") {
  CHECK(channel_topic("general").value() == "channels.general");
  CHECK(channel_topic("a.b>*").value() == "channels.a%2Eb%3E%2A");
  CHECK(agent_topic("agent 1").value() == "agents.agent%201");
  CHECK_FALSE(channel_topic("").ok());
  CHECK_FALSE(agent_topic("a\x7f").ok());
  CHECK_FALSE(agent_topic(std::string(260, 'a')).ok());
}

TEST_CASE("a filter is narrowed to what the client may see, of history, too, where that is asked for") {
  const Access some = with({"subscribe:events.*", "history:events.a"});
  v1::Filter filter;
  const auto live = visible(some, filter, false);
  REQUIRE(live.ok());
  CHECK(live->admits({"x", "events.b", "s", "", 5}));
  CHECK_FALSE(live->admits({"x", "channels.b", "s", "", 5}));
  const auto past = visible(some, filter, true);
  REQUIRE(past.ok());
  CHECK(past->admits({"x", "events.a", "s", "", 5}));
  CHECK_FALSE(past->admits({"x", "events.b", "s", "", 5}));
  filter.add_topics("channels.>");
  CHECK_FALSE(visible(some, filter, false).ok());
}
