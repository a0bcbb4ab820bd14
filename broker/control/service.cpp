// A request to a service. The answer comes when a worker has replied, or when it is clear that none will.
#include "broker/control/handlers.h"

namespace cell0::broker {

Result<Reply> handle_service(ControlParts& parts, const Call& call, v1::Response&) {
  v1::ServiceRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "service: not an encoded cell0.v1.ServiceRequest"};
  }
  if (auto taken = parts.services.take_request(call.peer, call.id, std::move(request)); !taken) return taken.error();
  return Reply::kLater;
}

}  // namespace cell0::broker
