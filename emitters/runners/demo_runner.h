// The demo runner: does nothing to anything. It thinks aloud, calls a tool that counts the prompt's words, and gives
// the prompt back, a word at a time.
#pragma once

#include "emitters/runners/run_slots.h"
#include "emitters/runners/runner.h"

namespace cell0::emit {

class DemoRunner final : public Runner {
 public:
  DemoRunner(asio::io_context& io, RunnerConfig config)
      : Runner(std::move(config)), io_(io), slots_(this->config().runs_max) {}
  Result<std::unique_ptr<Run>> start(RunRequest request, RunObserver& observer) override;

 private:
  asio::io_context& io_;
  RunSlots slots_;
};

}  // namespace cell0::emit
