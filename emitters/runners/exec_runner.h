// The exec runner: a command of this machine, without a shell. Its standard output is the task's (command_output.h says
// how it is understood); the end of its standard error explains a failure; exit code 0 is success.
//
// A task ends with its command: what the command has left running in its group is killed. Stopped, or over a limit, the
// whole group gets TERM, and KILL after kill_after_ms. REQUIRES: the process ignores SIGPIPE (common/process.h does).
#pragma once

#include "emitters/runners/run_slots.h"
#include "emitters/runners/runner.h"

namespace cell0::emit {

class ExecRunner final : public Runner {
 public:
  // kInvalid: there is no such program, or no such directory.
  static Result<std::unique_ptr<Runner>> create(asio::io_context& io, const RunnerConfig& config);

  Result<std::unique_ptr<Run>> start(RunRequest request, RunObserver& observer) override;

 private:
  ExecRunner(asio::io_context& io, RunnerConfig config)
      : Runner(std::move(config)), io_(io), slots_(this->config().runs_max) {}

  asio::io_context& io_;
  RunSlots slots_;
};

}  // namespace cell0::emit
