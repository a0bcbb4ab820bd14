// Gateways announce who is connected to them; and anyone asks who is there.
#include "broker/control/handlers.h"

namespace cell0::broker {

Result<Reply> handle_presence(ControlParts& parts, const Call& call, v1::Response& answer) {
  v1::PresenceRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "presence: not an encoded cell0.v1.PresenceRequest"};
  }
  const auto status = parts.presence.announce(request, parts.clock.mono(), parts.clock.wall());
  if (!status) return status.error();
  parts.presence_events.publish();
  v1::PresenceAnswer& presence = *answer.mutable_presence();
  presence.set_status(*status);
  presence.set_warming(parts.presence.warming());
  presence.set_head_seq(parts.chain.head().value);
  return Reply::kNow;
}

Result<Reply> handle_presence_snapshot(ControlParts& parts, const Call& call, v1::Response& answer) {
  v1::PresenceSnapshotRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "presence_snapshot: not an encoded cell0.v1.PresenceSnapshotRequest"};
  }
  *answer.mutable_presence_snapshot() =
      parts.presence.snapshot(request.after(), request.limit(), parts.limits.page_bytes_max);
  answer.mutable_presence_snapshot()->set_head_seq(parts.chain.head().value);
  return Reply::kNow;
}

}  // namespace cell0::broker
