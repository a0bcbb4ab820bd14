// The inbox of a client that has shown a token: what is sent to its entity as an agent comes without being asked for,
// acknowledged if it wants it durable.
#pragma once

#include "gateway/commands/call.h"

namespace cell0::gateway {

// The name of every durable inbox among the acknowledged consumers of an entity.
inline constexpr std::string_view kInboxConsumer = "agent.inbox";

// Opens it, unless it is open already, and answers the call with `reply`. A durable one begins after what it has
// acknowledged; one that is new, and one that is not durable, begin now.
void open_inbox(const Call& call, bool durable, AuthenticatedReply reply);

// Of a client whose token came with its connection: not durable, no answer.
void open_inbox(Core& core, Session& session);

}  // namespace cell0::gateway
