// One page of what was. The answer comes when the scan is through.
#include "broker/control/handlers.h"

namespace cell0::broker {

Result<Reply> handle_history(ControlParts& parts, const Call& call, v1::Response&) {
  if (auto opened = parts.history.open(call.peer, call.id, call.body); !opened) return opened.error();
  return Reply::kLater;
}

}  // namespace cell0::broker
