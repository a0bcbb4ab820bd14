// Slows down guessing: after `failures_max` wrong tokens from one address within `kWindow`, one token a `kPause` from
// there is looked at, and all others are refused unseen until the window has passed. On loopback too, where one address
// is many programs: so tokens that were good here before are looked at always. Bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "common/clock.h"

namespace cell0::gateway {

class FailureThrottle {
 public:
  static constexpr std::size_t kAddressesMax = 4096;  // over it the oldest window is forgotten
  static constexpr std::size_t kGoodMax = 16'384;     // tokens; over it all are forgotten
  static constexpr Duration kWindow = std::chrono::seconds(60);
  static constexpr Duration kPause = std::chrono::seconds(1);

  explicit FailureThrottle(std::size_t failures_max = 10) : failures_max_(failures_max) {}  // REQUIRES: > 0

  // Whether a token that somebody at `address` shows is to be looked at.
  bool admits(const std::string& address, std::string_view token, MonoTime now);
  // It was wrong; or good.
  void failed(const std::string& address, MonoTime now);
  void succeeded(std::string_view token);

  std::uint64_t failures() const { return failures_; }  // of all addresses, ever; those refused unseen, too

 private:
  struct Window {
    MonoTime since;
    std::size_t failures = 0;
    MonoTime next_look;
  };
  std::size_t failures_max_;
  std::unordered_map<std::string, Window> windows_;
  std::unordered_set<std::size_t> good_;  // hashes: a wrong token that has the hash of a good one is looked at, no more
  std::uint64_t failures_ = 0;
};

}  // namespace cell0::gateway
