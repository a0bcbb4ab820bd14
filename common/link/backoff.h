// How long to wait before trying again: doubles from `min` up to `max`, each time with jitter, so that a thousand peers
// of a broker that came back do not arrive at once. A value; chance is an argument.
#pragma once

#include <algorithm>

#include "common/clock.h"
#include "common/random.h"

namespace cell0::link {

class Backoff {
 public:
  // REQUIRES: 0 < min <= max.
  Backoff(Duration min, Duration max) : min_(min), max_(max), next_(min) {}

  // Between half of the present step and all of it; the next step is twice as long.
  Duration next(Random& random) {
    const Duration step = next_;
    next_ = std::min(max_, next_ * 2);
    return step / 2 + std::chrono::duration_cast<Duration>(step / 2 * random.unit());
  }

  void reset() { next_ = min_; }

 private:
  Duration min_;
  Duration max_;
  Duration next_;
};

}  // namespace cell0::link
