// A worker of a service registers, renews its lease, says what it owns, or leaves.
#include "broker/control/handlers.h"

namespace cell0::broker {

Result<Reply> handle_worker(ControlParts& parts, const Call& call, v1::Response&) {
  v1::WorkerRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "worker: not an encoded cell0.v1.WorkerRequest"};
  }
  if (auto taken = parts.services.take_worker(call.peer, call.id, request); !taken) return taken.error();
  return Reply::kLater;
}

}  // namespace cell0::broker
