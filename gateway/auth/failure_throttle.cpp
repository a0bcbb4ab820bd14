#include "gateway/auth/failure_throttle.h"

#include <algorithm>

namespace cell0::gateway {

bool FailureThrottle::admits(const std::string& address, std::string_view token, MonoTime now) {
  const auto found = windows_.find(address);
  if (found == windows_.end()) return true;
  Window& window = found->second;
  if (window.failures < failures_max_ || now - window.since >= kWindow) return true;
  if (good_.count(std::hash<std::string_view>()(token)) != 0) return true;
  if (now < window.next_look) return ++failures_, false;
  window.next_look = now + kPause;
  return true;
}

void FailureThrottle::failed(const std::string& address, MonoTime now) {
  ++failures_;
  if (windows_.size() >= kAddressesMax && windows_.count(address) == 0) {
    windows_.erase(std::min_element(windows_.begin(), windows_.end(),
                                    [](const auto& a, const auto& b) { return a.second.since < b.second.since; }));
  }
  Window& window = windows_[address];
  if (window.failures == 0 || now - window.since >= kWindow) window = {now, 0, {}};
  if (++window.failures == failures_max_) window.next_look = now + kPause;
}

void FailureThrottle::succeeded(std::string_view token) {
  if (good_.size() >= kGoodMax) good_.clear();
  good_.insert(std::hash<std::string_view>()(token));
}

}  // namespace cell0::gateway
