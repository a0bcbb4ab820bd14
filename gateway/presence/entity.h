// Who connects, and what he says of himself: what sessions hand to Presence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cell0::gateway {

using ConnectionId = std::uint64_t;  // Connection::id(): never used twice by one gateway

// Who has connected. Empty: not known.
struct EntityInfo {
  std::string entity_id;
  std::string entity_type = "agent";  // agent, user, session, channel, system
  std::string session_id;
  std::string client_version;
  std::string platform;
  std::vector<std::string> capabilities;
  std::optional<std::string> metadata;  // a JSON object; none: what the entity said before stays
};

// What an entity says of itself later. What is absent stays as it was; an empty text clears it.
struct PresenceUpdate {
  std::optional<std::string> status;  // online, away, busy, offline (it hides), do_not_disturb
  std::optional<std::string> status_message;
  std::optional<std::string> activity;
  std::optional<std::string> metadata;  // a JSON object
};

}  // namespace cell0::gateway
