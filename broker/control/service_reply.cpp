// A worker has replied to a call; and it is told whether anybody still waited for it.
#include "broker/control/handlers.h"

namespace cell0::broker {

Result<Reply> handle_service_reply(ControlParts& parts, const Call& call, v1::Response& answer) {
  v1::ServiceReplyRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "service_reply: not an encoded cell0.v1.ServiceReplyRequest"};
  }
  auto taken = parts.services.take_reply(std::move(request));
  if (!taken) return taken.error();
  *answer.mutable_service_reply() = *taken;
  return Reply::kNow;
}

}  // namespace cell0::broker
