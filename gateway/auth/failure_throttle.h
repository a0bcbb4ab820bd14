// Slows down guessing: after `kFailuresMax` wrong tokens from one address within `kWindow`, wrong tokens from there are
// told so until the window has passed. Bounded; on loopback too, where one address is many programs: a right token
// always gets in.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "common/clock.h"

namespace cell0::gateway {

class FailureThrottle {
 public:
  static constexpr std::size_t kAddressesMax = 4096;  // over it the oldest window is forgotten
  static constexpr int kFailuresMax = 10;
  static constexpr Duration kWindow = std::chrono::seconds(60);

  void failed(const std::string& address, MonoTime now);
  bool refuses(const std::string& address, MonoTime now) const;
  std::uint64_t failures() const { return failures_; }  // of all addresses, ever

 private:
  struct Window {
    MonoTime since;
    int failures = 0;
  };
  std::unordered_map<std::string, Window> windows_;
  std::uint64_t failures_ = 0;
};

}  // namespace cell0::gateway
