// The active worker of a service puts its state, which outlives it. Answered once it is committed.
#include "broker/control/handlers.h"

namespace cell0::broker {

Result<Reply> handle_service_state(ControlParts& parts, const Call& call, v1::Response& answer) {
  v1::ServiceStateRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "service_state: not an encoded cell0.v1.ServiceStateRequest"};
  }
  auto taken = parts.services.take_state(call.peer, call.id, std::move(request));
  if (!taken) return taken.error();
  if (!*taken) return Reply::kLater;
  *answer.mutable_service_state() = **taken;
  return Reply::kNow;
}

}  // namespace cell0::broker
