#include "broker/gateways.h"

namespace cell0::broker {

Result<void> Gateways::report(const v1::GatewayReport& report, MonoTime now) {
  v1::GatewayReport* known = by_name_.renew(report.name(), now);
  if (known == nullptr) {
    return Error{ErrorCode::kUnavailable, "gateway: " + std::to_string(by_name_.size()) + " are reporting already"};
  }
  *known = report;
  return {};
}

std::vector<std::string> Gateways::expire(MonoTime now) {
  std::vector<std::string> gone;
  by_name_.expire(now, [&gone](const std::string& name, const v1::GatewayReport&) { gone.push_back(name); });
  return gone;
}

void Gateways::append_to(v1::StatsAnswer& stats) const {
  by_name_.for_each([&stats](const std::string&, const v1::GatewayReport& report) { *stats.add_gateways() = report; });
}

}  // namespace cell0::broker
