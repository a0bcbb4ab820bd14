// TaskRun: one task under way: from what its runner puts out to events of its session.
//
// Text is gathered for a moment, so that a fast runner does not make an event a byte. Events that the broker has not
// answered are bounded: beyond it the runner is paused, until they are.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/clock.h"
#include "emitters/orchestrator/session_events.h"
#include "emitters/orchestrator/session_port.h"
#include "emitters/runners/loop_timer.h"
#include "emitters/runners/runner.h"

namespace cell0::emit {

struct TaskRunLimits {
  std::chrono::milliseconds chunk_interval{20};
  std::size_t chunk_bytes_max = 4 << 10;
  std::size_t unanswered_events_max = 64;
  std::size_t unanswered_bytes_max = 64 << 10;
};

class TaskRun final : public RunObserver {
 public:
  using OnEnd = std::function<void(const RunResult&)>;

  // Uses, does not own: all references outlive it. `stream` false: its text is not told, only kept in the result.
  TaskRun(asio::io_context& io, const Clock& clock, SessionPort& port, SessionName name, std::string task_id,
          TaskRunLimits limits, bool stream);
  ~TaskRun() override;
  TaskRun(const TaskRun&) = delete;
  TaskRun& operator=(const TaskRun&) = delete;

  // Publishes stream_start, then what comes; at the end stream_end, then calls `on_end`, which may destroy this.
  // Errors as Runner::start; then nothing was published.
  Result<void> start(Runner& runner, RunRequest request, OnEnd on_end);

  // Stops: says stream_end now and nothing any more. `on_stopped` is called once the runner has ended (or at once, if
  // it has); it may destroy this.
  void stop(std::function<void()> on_stopped);
  // The same without a word.
  void stop_silently(std::function<void()> on_stopped);

  const std::string& task_id() const { return task_id_; }
  MonoTime started() const { return started_; }

  void on_chunk(ChunkType type, std::string_view text) override;
  void on_tool_start(std::string_view name, std::string_view input_json) override;
  void on_tool_result(std::string_view name, std::string_view result_json, std::string_view error) override;
  void on_end(const RunResult& result) override;

 private:
  void flush();
  void publish(v1::Envelope event);
  void on_answered(std::size_t bytes);
  bool has_room() const;

  const Clock& clock_;
  SessionPort& port_;
  SessionName name_;
  std::string task_id_;
  TaskRunLimits limits_;
  bool stream_;
  MonoTime started_{};
  OnEnd on_end_;
  std::function<void()> on_stopped_;
  bool silent_ = false;  // stopped: nothing is told any more
  bool paused_ = false;
  ChunkType held_type_ = ChunkType::kText;
  std::string held_;  // text that waits for more
  std::int64_t next_index_ = 0;
  std::size_t unanswered_events_ = 0;
  std::size_t unanswered_bytes_ = 0;
  LoopTimer flush_timer_;
  std::unique_ptr<Run> run_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::emit
