#include "gateway/auth/failure_throttle.h"

#include <algorithm>

namespace cell0::gateway {

void FailureThrottle::failed(const std::string& address, MonoTime now) {
  ++failures_;
  if (windows_.size() >= kAddressesMax && windows_.count(address) == 0) {
    windows_.erase(std::min_element(windows_.begin(), windows_.end(),
                                    [](const auto& a, const auto& b) { return a.second.since < b.second.since; }));
  }
  Window& window = windows_[address];
  if (window.failures == 0 || now - window.since >= kWindow) window = {now, 0};
  ++window.failures;
}

bool FailureThrottle::refuses(const std::string& address, MonoTime now) const {
  const auto found = windows_.find(address);
  return found != windows_.end() && found->second.failures >= kFailuresMax && now - found->second.since < kWindow;
}

}  // namespace cell0::gateway
