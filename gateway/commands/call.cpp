#include "gateway/commands/call.h"

#include "gateway/session.h"

namespace cell0::gateway {

Call::Call(Core& core, Session& session, ReplyContext context)
    : core_(&core), session_(&session), connection_(session.connection()), context_(std::move(context)) {}

Session* Call::session() const { return connection_->user() == session_ ? session_ : nullptr; }

void Call::reply(const Reply& reply) const {
  if (Session* client = session()) client->send(context_, reply);
}

}  // namespace cell0::gateway
