// What a client asks, once its dialect has been decoded: the same commands for every dialect, so that permission and
// execution exist once. And what it is answered, before its dialect is encoded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/clock.h"
#include "common/seq.h"
#include "gateway/event.h"

namespace cell0::gateway {

// ---- commands

struct SubscribeCommand {
  std::vector<std::string> names;  // event types, prefix globs, or the dialect's name for its default
  bool replace = false;            // forget the subscription of before
  std::optional<std::uint32_t> min_priority;
  std::optional<std::vector<std::string>> sources;
  // With a consumer's name: acknowledged (dialects.md, "Acknowledgement"), from its position, or after `since`.
  std::optional<std::string> consumer;
  std::optional<std::uint64_t> since;
};
struct AcknowledgeCommand {
  std::uint64_t seq = 0;  // everything up to here is done
};
struct UnsubscribeCommand {
  std::vector<std::string> names;
};
struct PingCommand {
  std::optional<std::string> sequence;  // JSON text, to be echoed
};
struct HistoryCommand {
  std::optional<std::string> type;  // a name or prefix glob; none: the dialect's default
  std::int64_t limit = 100;
  std::optional<std::uint64_t> since;
  std::optional<WallTime> since_time;  // instead: what the broker took then or later
};
struct StatsCommand {};
struct EchoCommand {
  std::string message;  // JSON text
};
struct AuthenticateCommand {
  std::string token;
};
struct InvalidCommand {
  std::string text;  // the dialect's words for what is wrong
};
using Command = std::variant<SubscribeCommand, AcknowledgeCommand, UnsubscribeCommand, PingCommand, HistoryCommand,
                             StatsCommand, EchoCommand, AuthenticateCommand, InvalidCommand>;

// ---- replies

struct WelcomeReply {
  std::string client_id;
  WallTime time;
};
struct HistoryReply {
  const std::vector<EventPtr>& events;
  bool opening = false;  // what was before the client came, not the answer to a question
};
struct SubscribedReply {
  std::vector<std::string> names;
  std::optional<std::string> consumer = {};  // of an acknowledged one that has just been opened...
  Seq position = {};                         // ...and what it has acknowledged
};
struct PongReply {
  std::string sequence;  // JSON text
  WallTime time;
  std::string client_id;
};
struct PingReply {  // the server's own application ping
  std::uint64_t sequence = 0;
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
};
struct EchoReply {
  std::string message;  // JSON text
};
struct AuthenticatedReply {
  std::string entity_id;
  std::vector<std::string> scopes;
};
struct ErrorReply {
  std::string text;
};
using Reply = std::variant<WelcomeReply, HistoryReply, SubscribedReply, PongReply, PingReply, StatsReply, EchoReply,
                           AuthenticatedReply, ErrorReply>;

}  // namespace cell0::gateway
