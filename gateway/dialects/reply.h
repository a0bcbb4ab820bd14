// What a client is answered, before its dialect is encoded. A dialect renders the replies to what it can ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/seq.h"
#include "gateway/dialects/fault.h"
#include "gateway/event.h"
#include "gateway/renderer.h"

namespace cell0::gateway {

struct ErrorReply {
  std::string text;
  Fault fault = Fault::kInvalidParams;
  std::string data = {};  // JSON text, or empty
  WallTime time = {};     // set when it is sent
};

inline ErrorReply error_reply(const Error& error) { return {error.text, fault_of(error.code)}; }

struct WelcomeReply {
  std::string client_id;
  WallTime time;
  // Where the dialect's welcome says so:
  std::string channel = {};            // that the path names; "": none
  std::uint64_t clients = 0;           // on all gateways, this one included
  std::vector<EventPtr> opening = {};  // oldest first
};
struct PingReply {  // the server's own application ping
  std::uint64_t sequence = 0;
  WallTime time;
};
struct PongReply {
  std::string sequence;  // JSON text
  WallTime time;
  std::string client_id;
};
struct EchoReply {
  std::string message;  // JSON text
};
struct SuccessReply {};  // it is done, and there is nothing to say about it

struct HistoryReply {
  const std::vector<EventPtr>& events;
  bool opening = false;  // what was before the client came, not the answer to a question
};
struct SubscribedReply {
  std::vector<std::string> names;
  std::optional<std::string> consumer = {};  // of an acknowledged one that has just been opened...
  Seq position = {};                         // ...and what it has acknowledged
};
struct FollowingReply {
  Resumed resumed;
  std::optional<std::string> channel = {};  // of a channel; else of events
};

struct AudioStartedReply {
  std::string session_id;
  std::string client_id;
  WallTime time;
};
struct AudioEndedReply {
  std::string session_id;
  std::string client_id;
  std::uint64_t chunks = 0;
  WallTime time;
};
struct AudioFailedReply {
  std::string text;
  WallTime time;
};

struct MethodsReply {};  // the dialect knows them
struct MethodReply {
  std::string name;
  bool needs_token = false;
  std::vector<std::string> scopes;
};
struct ServerReply {
  std::string version;
  WallTime time;
};

struct StatsReply {
  std::uint64_t total_connections = 0;
  std::uint64_t connected_clients = 0;
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_received = 0;
  WallTime start_time;
  std::vector<std::string> client_ids;  // bounded
  std::string gateway;
  std::uint64_t errors = 0;
  std::uint64_t entities_known = 0;
  std::uint64_t entities_online = 0;
};
struct RequestStatsReply {
  std::uint64_t requests = 0;
  std::uint64_t notifications = 0;
  std::uint64_t errors = 0;
  std::uint64_t batches = 0;
};

struct AuthenticatedReply {
  std::string entity_id;
  std::string entity_type;
  std::vector<std::string> scopes;
  std::string session_id;
  std::optional<Seq> inbox = {};  // of a durable one: acknowledged up to here
};
struct TokenReply {
  std::string token;
  std::uint64_t hours = 0;
};
struct SessionReply {
  std::string session_id;
  std::string entity_id;
  std::string entity_type;
  WallTime connected_at;
  WallTime last_activity;
  bool authenticated = false;
  std::vector<std::string> scopes;
  std::vector<std::string> subscriptions;
};

struct PresenceReply {
  std::vector<v1::PresenceEntity> entries;
  bool one = false;  // it was asked for this one
};

struct ChannelReply {
  std::string channel;
};
struct PublishedReply {
  std::uint64_t recipients = 0;
  Seq seq;
};
struct ChannelHistoryReply {
  const std::vector<EventPtr>& events;
  bool recovered = true;
};
struct SentReply {
  bool success = false;
  bool delivered = false;
  std::optional<Seq> seq = {};
};

struct HealthReply {
  bool healthy = false;
};
// Of sessions and their orchestrators: what is JSON here is an orchestrator's word, checked (gateway/orchestrators.h).
struct DaemonStatusReply {
  std::string status;  // a JSON object
};
struct SessionSpawnedReply {
  std::string session;  // a JSON object
};
struct SessionStateReply {
  std::string session;
};
struct SessionsReply {
  std::string sessions;  // a JSON array
};
struct TaskReply {
  std::string session_id;
  std::string task_id;
  bool followed = false;  // the client gets the session's events, and so sees the task begin
};
struct SessionFollowedReply {
  std::string session_id;
  Resumed resumed;
};
struct SessionUnfollowedReply {
  std::string session_id;
};

using Reply = std::variant<ErrorReply, WelcomeReply, PingReply, PongReply, EchoReply, SuccessReply, HistoryReply,
                           AudioStartedReply, AudioEndedReply, AudioFailedReply, SubscribedReply, FollowingReply,
                           MethodsReply, MethodReply, ServerReply, StatsReply, RequestStatsReply, AuthenticatedReply,
                           TokenReply, SessionReply, PresenceReply, ChannelReply, PublishedReply, ChannelHistoryReply,
                           SentReply, HealthReply, DaemonStatusReply, SessionSpawnedReply, SessionStateReply,
                           SessionsReply, TaskReply, SessionFollowedReply, SessionUnfollowedReply>;

}  // namespace cell0::gateway
