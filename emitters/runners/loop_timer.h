// LoopTimer: one wait on the loop that can be taken back for good. (A steady_timer whose wait has ended already calls
// its handler all the same after cancel() or its own end.)
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "common/clock.h"

namespace cell0::emit {

// One thread.
class LoopTimer {
 public:
  explicit LoopTimer(asio::io_context& io) : timer_(io) {}
  ~LoopTimer() { stop(); }
  LoopTimer(const LoopTimer&) = delete;
  LoopTimer& operator=(const LoopTimer&) = delete;

  // Calls `then` once after `wait`; instead of what was waited for before. `then` may destroy the timer.
  void start(Duration wait, std::function<void()> then) {
    stop();
    waiting_ = std::make_shared<bool>(true);
    timer_.expires_after(wait);
    timer_.async_wait([waiting = waiting_, then = std::move(then)](const asio::error_code&) {
      if (std::exchange(*waiting, false)) then();
    });
  }

  void stop() {
    if (waiting_) *waiting_ = false;
    timer_.cancel();
  }

  bool running() const { return waiting_ && *waiting_; }

 private:
  asio::steady_timer timer_;
  std::shared_ptr<bool> waiting_;
};

}  // namespace cell0::emit
