// ExecRun: one command under way for the exec runner: its pipes, its limits and its end.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>

#include "emitters/runners/child_process.h"
#include "emitters/runners/command_output.h"
#include "emitters/runners/loop_timer.h"
#include "emitters/runners/pipe_reader.h"
#include "emitters/runners/run_output.h"
#include "emitters/runners/run_slots.h"

namespace cell0::emit {

class ExecRun final : public Run {
 public:
  // `input` for its standard input, if options.with_stdin. Errors: ChildProcess's.
  static Result<std::unique_ptr<Run>> start(asio::io_context& io, const RunnerConfig& config,
                                            const ChildOptions& options, std::string input, RunObserver& observer,
                                            RunSlots::Slot slot);
  ~ExecRun() override;

  void cancel() override { stop(run_error::kCancelled, "the task was stopped"); }
  void pause(bool paused) override;

 private:
  ExecRun(asio::io_context& io, const RunnerConfig& config, std::string input, RunObserver& observer,
          RunSlots::Slot slot);
  void open(std::unique_ptr<ChildProcess> child);
  void write_input();
  void on_output(std::string_view bytes);
  void on_error_text(std::string_view bytes);
  void on_exit(int status);
  void stop(std::string_view code, std::string what);
  void end_if_done();
  void end();
  void tell_status();
  std::string details() const;

  asio::io_context& io_;
  RunSlots::Slot slot_;
  const RunnerConfig& config_;  // the runner's, which outlives its runs
  RunOutput output_;
  CommandOutput text_;
  std::string input_;
  std::size_t written_ = 0;  // of the input
  std::string error_tail_;   // the last of standard error
  std::uint64_t error_bytes_ = 0;
  std::string stop_code_, stop_text_;  // why it was stopped; empty: it was not
  bool paused_ = false;
  bool exited_ = false;
  int status_ = 0;
  LoopTimer deadline_, kill_timer_, drain_timer_;
  asio::posix::stream_descriptor stdin_;
  std::unique_ptr<ChildProcess> child_;
  std::unique_ptr<PipeReader> stdout_, stderr_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::emit
