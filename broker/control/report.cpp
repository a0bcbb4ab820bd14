// A gateway says that it is there, and how it fares.
#include "broker/control/handlers.h"

namespace cell0::broker {

Result<Reply> handle_report(ControlParts& parts, const Call& call, v1::Response& answer) {
  v1::ReportRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "report: not an encoded cell0.v1.ReportRequest"};
  }
  const v1::GatewayReport& gateway = request.gateway();
  if (gateway.name().empty() || gateway.name().size() > parts.limits.peer_name_bytes_max) {
    return Error{ErrorCode::kInvalid,
                 "report.gateway.name: not 1-" + std::to_string(parts.limits.peer_name_bytes_max) + " bytes long"};
  }
  if (gateway.incarnation().size() != 16) {
    return Error{ErrorCode::kInvalid, "report.gateway.incarnation: not 16 bytes"};
  }
  if (gateway.url().size() > parts.limits.report_url_bytes_max) {
    return Error{ErrorCode::kTooLarge,
                 "report.gateway.url: longer than " + std::to_string(parts.limits.report_url_bytes_max) + " bytes"};
  }
  if (auto taken = parts.gateways.report(gateway, parts.clock.mono()); !taken) return taken.error();
  answer.mutable_report();
  return Reply::kNow;
}

}  // namespace cell0::broker
