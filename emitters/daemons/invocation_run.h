// InvocationRun: one task of a daemon under way, in its runner, with its time limit.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/clock.h"
#include "emitters/runners/loop_timer.h"
#include "emitters/runners/runner.h"

namespace cell0::emit {

class InvocationRun final : private RunObserver {
 public:
  enum class End { kDone, kFailed, kTimeout, kCancelled };
  // Called once, later. It may destroy the run.
  using OnEnd = std::function<void(End end, const RunResult& result)>;

  InvocationRun(asio::io_context& io, std::string daemon) : daemon_(std::move(daemon)), timer_(io) {}

  // Errors as Runner::start; then `on_end` is not called.
  Result<void> start(Runner& runner, RunRequest request, Duration time_max, OnEnd on_end);
  // It ends soon, as kCancelled.
  void cancel();

  const std::string& daemon() const { return daemon_; }

 private:
  void on_chunk(ChunkType, std::string_view) override {}
  void on_tool_start(std::string_view, std::string_view) override {}
  void on_tool_result(std::string_view, std::string_view, std::string_view) override {}
  void on_end(const RunResult& result) override;

  std::string daemon_;
  LoopTimer timer_;
  OnEnd on_end_;
  End asked_ = End::kDone;  // why it was asked to end, if it was
  std::unique_ptr<Run> run_;
};

}  // namespace cell0::emit
