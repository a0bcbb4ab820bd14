// What a client asks, once its dialect has been decoded: the same commands for every dialect, so that permission and
// execution exist once (gateway/commands/). What it is answered: reply.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/clock.h"
#include "gateway/dialects/fault.h"

namespace cell0::gateway {

// ---- the dialect's default stream, by names of types

struct SubscribeCommand {
  std::vector<std::string> names;  // event types, prefix globs, or the dialect's name for its default
  bool replace = false;            // forget the subscription of before
  std::optional<std::uint32_t> min_priority;
  std::optional<std::vector<std::string>> sources;
  // With a consumer's name: acknowledged (dialects.md, "Acknowledgement"), from its position, or after `since`.
  std::optional<std::string> consumer;
  std::optional<std::uint64_t> since;
  std::vector<std::string> topics = {};  // only what is on these (globs); none: as before
};
struct AcknowledgeCommand {
  std::uint64_t seq = 0;  // everything up to here is done
};
struct UnsubscribeCommand {
  std::vector<std::string> names;
};

// ---- any events, by a filter

struct FollowCommand {
  std::vector<std::string> types;  // neither types nor topics: what a stream gets unasked
  std::vector<std::string> topics;
  std::vector<std::string> sources;
  std::uint32_t min_priority = 0;  // 0: any
  std::string session_id;
  std::optional<std::uint64_t> since;
};
struct UnfollowCommand {  // these names go out of the filter; none at all: everything
  std::vector<std::string> types;
  std::vector<std::string> topics;
};

// ---- small things

struct PingCommand {
  std::optional<std::string> sequence;  // JSON text, to be echoed
};
struct EchoCommand {
  std::string message;  // JSON text
};
struct MethodsCommand {};
struct MethodCommand {
  std::string name;
  std::size_t command = 0;  // what it becomes: an index of Command's
};
struct ServerCommand {};

struct HistoryCommand {
  std::optional<std::string> type;  // a name or prefix glob; none: the dialect's default
  std::int64_t limit = 100;
  std::optional<std::uint64_t> since;
  std::optional<WallTime> since_time;  // instead: what the broker took then or later
};

// ---- statistics

struct StatsCommand {};
struct RequestStatsCommand {};
struct GatewayStatsCommand {};

// ---- who one is

struct AuthenticateCommand {
  std::string token;
  // What it says of itself, where its dialect has words for that.
  std::optional<std::string> entity_id = {};
  std::optional<std::string> entity_type = {};
  std::vector<std::string> capabilities = {};
  std::optional<std::string> metadata = {};  // a JSON object
  std::string client_version = {};
  std::string platform = {};
  bool durable = false;  // its inbox is kept while it is away
};
struct IssueTokenCommand {
  std::string entity_id;
  std::string entity_type = "agent";
  std::optional<std::vector<std::string>> scopes;  // none: the caller's own
  std::optional<std::uint64_t> hours;              // none: a day, or what is left to the caller
};
struct RevokeTokenCommand {
  std::string token;
};
struct SessionInfoCommand {};

// ---- who is there

struct PresenceUpdateCommand {
  std::optional<std::string> status;
  std::optional<std::string> status_message;
  std::optional<std::string> activity;
  std::optional<std::string> metadata;  // a JSON object
};
struct PresenceGetCommand {
  std::string entity_id;    // empty: everyone...
  std::string entity_type;  // ...of this type; empty: any
};
struct PresenceSubscribeCommand {
  std::string entity_id;
  std::string entity_type;
};
struct PresenceUnsubscribeCommand {};
struct HeartbeatCommand {};

// ---- chat and audio

struct ChatCommand {
  std::string message;
  std::optional<std::string> session_id;  // none, or empty: a new one
};
struct AudioStartCommand {
  std::string session_id;
  std::string config;  // a JSON object, or empty
};
struct AudioFrameCommand {
  std::string bytes;
};
struct AudioEndCommand {
  std::optional<std::string> session_id;  // none: of the one that is open
};

// ---- channels and agents

struct ChannelSubscribeCommand {
  std::string channel;
  std::optional<std::uint64_t> since;
};
struct ChannelUnsubscribeCommand {
  std::string channel;
};
struct ChannelPublishCommand {
  std::string channel;
  std::string message;  // JSON text
};
struct ChannelHistoryCommand {
  std::string channel;
  std::uint64_t limit = 100;
  std::optional<std::uint64_t> since;
};
struct AgentSendCommand {
  std::string agent_id;
  std::string message;  // JSON text
};
struct AgentListCommand {};
struct AgentAcknowledgeCommand {
  std::uint64_t seq = 0;
};

// ---- sessions of orchestrators (dialects.md section 5); what their bodies may hold: session_words.h

struct SpawnSessionCommand {
  std::string body;            // as the service takes it: a JSON object
  std::string request_id;      // "": none; else a second one like it is answered as the first
  bool cancel_at_end = false;  // it is stopped when this connection ends
};
struct ExecuteTaskCommand {
  std::string session_id;
  std::string body;
  std::string request_id;
};
struct SessionStatusCommand {
  std::string session_id;
};
struct StopSessionCommand {
  std::string session_id;
};
struct ListSessionsCommand {};
struct FollowSessionCommand {
  std::string session_id;              // "*": every session, from now on
  std::optional<std::uint64_t> since;  // none: from its beginning
};
struct UnfollowSessionCommand {
  std::string session_id;
};
struct DaemonStatusCommand {};
struct HealthCommand {};

// What the dialect could not understand, in its words.
struct InvalidCommand {
  std::string text;
  Fault fault = Fault::kInvalidParams;
  std::string data = {};  // JSON text, where more can be said
};

// gateway/commands/permissions.h has an entry for each, in this order.
using Command = std::variant<
    InvalidCommand, SubscribeCommand, AcknowledgeCommand, UnsubscribeCommand, FollowCommand, UnfollowCommand,
    PingCommand, EchoCommand, MethodsCommand, MethodCommand, ServerCommand, ChatCommand, AudioStartCommand,
    AudioFrameCommand, AudioEndCommand, HistoryCommand, StatsCommand, RequestStatsCommand, GatewayStatsCommand,
    AuthenticateCommand, IssueTokenCommand, RevokeTokenCommand, SessionInfoCommand, PresenceUpdateCommand,
    PresenceGetCommand, PresenceSubscribeCommand, PresenceUnsubscribeCommand, HeartbeatCommand, ChannelSubscribeCommand,
    ChannelUnsubscribeCommand, ChannelPublishCommand, ChannelHistoryCommand, AgentSendCommand, AgentListCommand,
    AgentAcknowledgeCommand, SpawnSessionCommand, ExecuteTaskCommand, SessionStatusCommand, StopSessionCommand,
    ListSessionsCommand, FollowSessionCommand, UnfollowSessionCommand, DaemonStatusCommand, HealthCommand>;

// ---- and where its reply belongs

// The replies of one batch: sent together, when the last one is there.
struct ReplyBatch {
  std::size_t missing = 0;
  std::string text;
};

// The dialect's own: it comes with the command out of decode() and goes with the reply into reply(). Nobody else looks
// into it, and a dialect that answers in order leaves it as it is.
struct ReplyContext {
  std::string id;       // of the request, as it stood in its text
  bool silent = false;  // it wants no reply
  std::shared_ptr<ReplyBatch> batch;
  std::string about = {};  // what the request is about, for errors to say: a session's id
  bool login = false;      // it says who the client is
};

struct Request {
  Command command;
  ReplyContext context = {};
};

// One message of a client: a request, or a batch of some. Bounded by the dialect.
struct Decoded {
  std::vector<Request> requests;
  bool is_batch = false;
};

}  // namespace cell0::gateway
