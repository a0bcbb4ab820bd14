// When to write what has gathered: at once while the loop has time, later when writing is most of what it does.
//
// One send costs 3-4 us whatever it holds, so under load fewer, larger writes carry more (design, section 5). The pause
// after a flush is a multiple of what the flush took: flushing then takes at most a third of the loop's time, and the
// pause is never longer than interval_max. Pure.
#pragma once

#include <algorithm>

#include "common/clock.h"

namespace cell0::gateway {

class FlushPacer {
 public:
  explicit FlushPacer(Duration interval_max) : interval_max_(interval_max) {}

  // How long to wait before the next flush; zero: now.
  Duration delay(MonoTime now) const {
    const MonoTime due = last_end_ + pause_;
    return due > now ? due - now : Duration::zero();
  }

  void flushed(MonoTime begin, MonoTime end) {
    last_end_ = end;
    pause_ = std::min<Duration>(interval_max_, (end - begin) * kPausePerFlush);
  }

  Duration pause() const { return pause_; }

 private:
  static constexpr int kPausePerFlush = 2;

  Duration interval_max_;
  Duration pause_{0};
  MonoTime last_end_{};
};

}  // namespace cell0::gateway
