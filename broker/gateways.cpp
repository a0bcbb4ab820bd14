#include "broker/gateways.h"

namespace cell0::broker {

Result<void> Gateways::report(const v1::GatewayReport& report, MonoTime now) {
  if (by_name_.find(report.name()) == by_name_.end() && by_name_.size() >= gateways_max_) {
    return Error{ErrorCode::kUnavailable, "gateway: " + std::to_string(gateways_max_) + " are reporting already"};
  }
  by_name_[report.name()] = {report, now + lease_};
  return {};
}

std::vector<std::string> Gateways::expire(MonoTime now) {
  std::vector<std::string> gone;
  for (auto entry = by_name_.begin(); entry != by_name_.end();) {
    if (entry->second.until > now) {
      ++entry;
      continue;
    }
    gone.push_back(entry->first);
    entry = by_name_.erase(entry);
  }
  return gone;
}

void Gateways::append_to(v1::StatsAnswer& stats) const {
  for (const auto& [name, entry] : by_name_) *stats.add_gateways() = entry.report;
}

}  // namespace cell0::broker
