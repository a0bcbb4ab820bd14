// A gateway revokes a token; and each asks which are revoked.
#include "broker/control/handlers.h"

namespace cell0::broker {

Result<Reply> handle_revoke(ControlParts& parts, const Call& call, v1::Response& answer) {
  v1::RevokeRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "revoke: not an encoded cell0.v1.RevokeRequest"};
  }
  const auto later = parts.revocations.take(call.peer, call.id, request.revocation());
  if (!later) return later.error();
  if (*later) return Reply::kLater;
  answer.mutable_revoke()->set_known(true);
  return Reply::kNow;
}

Result<Reply> handle_revocations(ControlParts& parts, const Call& call, v1::Response& answer) {
  v1::RevocationsRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "revocations: not an encoded cell0.v1.RevocationsRequest"};
  }
  *answer.mutable_revocations() = parts.revocations.revocations().page(request.after());
  answer.mutable_revocations()->set_head_seq(parts.chain.head().value);
  return Reply::kNow;
}

}  // namespace cell0::broker
