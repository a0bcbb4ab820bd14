// Take these events, and say what became of each. The answer comes after their commit.
#include "broker/control/handlers.h"

namespace cell0::broker {

Result<Reply> handle_publish(ControlParts& parts, const Call& call, v1::Response&) {
  if (auto taken = parts.publish.take(call.peer, call.id, call.body); !taken) return taken.error();
  return Reply::kLater;
}

}  // namespace cell0::broker
