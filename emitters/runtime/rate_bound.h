// RateBound: so many a second and no more, with a burst; what is over is counted, so that it can be said.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/clock.h"

namespace cell0::emit {

// A token bucket. Pure; one thread.
class RateBound {
 public:
  // REQUIRES: per_second > 0, burst >= 1.
  RateBound(double per_second, double burst) : per_second_(per_second), burst_(burst), tokens_(burst) {}

  bool admit(MonoTime now) {
    const std::chrono::duration<double> passed = now - last_;
    if (last_ != MonoTime{}) tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
    last_ = now;
    if (tokens_ < 1) {
      ++refused_;
      return false;
    }
    tokens_ -= 1;
    return true;
  }

  std::uint64_t refused() const { return refused_; }
  // Those refused since the last call.
  std::uint64_t take_refused() { return std::exchange(refused_, 0); }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  MonoTime last_{};
  std::uint64_t refused_ = 0;
};

}  // namespace cell0::emit
