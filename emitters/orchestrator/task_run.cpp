#include "emitters/orchestrator/task_run.h"

#include <utility>

namespace cell0::emit {

TaskRun::TaskRun(asio::io_context& io, const Clock& clock, SessionPort& port, SessionName name, std::string task_id,
                 TaskRunLimits limits, bool stream)
    : clock_(clock),
      port_(port),
      name_(std::move(name)),
      task_id_(std::move(task_id)),
      limits_(limits),
      stream_(stream),
      flush_timer_(io) {}

TaskRun::~TaskRun() { *alive_ = false; }

Result<void> TaskRun::start(Runner& runner, RunRequest request, OnEnd on_end) {
  auto run = runner.start(std::move(request), *this);
  if (!run) return run.error();
  run_ = std::move(*run);
  started_ = clock_.mono();
  on_end_ = std::move(on_end);
  publish(task_executing(name_, task_id_));
  publish(stream_start(name_, task_id_));
  return {};
}

void TaskRun::stop(std::function<void()> on_stopped) {
  flush();
  publish(stream_end(name_, task_id_));
  stop_silently(std::move(on_stopped));
}

void TaskRun::stop_silently(std::function<void()> on_stopped) {
  silent_ = true;
  flush_timer_.stop();
  held_.clear();
  on_stopped_ = std::move(on_stopped);
  run_->cancel();
}

void TaskRun::on_chunk(ChunkType type, std::string_view text) {
  if (silent_ || !stream_) return;
  if (type != held_type_) flush();
  held_type_ = type;
  held_ += text;
  if (held_.size() >= limits_.chunk_bytes_max) return flush();
  if (!flush_timer_.running()) flush_timer_.start(limits_.chunk_interval, [this] { flush(); });
}

void TaskRun::on_tool_start(std::string_view name, std::string_view input_json) {
  if (silent_) return;
  flush();
  publish(tool_call_start(name_, name, input_json, to_iso8601(clock_.wall())));
}

void TaskRun::on_tool_result(std::string_view name, std::string_view result_json, std::string_view error) {
  if (silent_) return;
  flush();
  publish(tool_call_result(name_, name, result_json, error, to_iso8601(clock_.wall())));
}

void TaskRun::on_end(const RunResult& result) {
  if (silent_) {
    const auto stopped = std::move(on_stopped_);
    return stopped();
  }
  flush();
  publish(stream_end(name_, task_id_));
  const auto tell = std::move(on_end_);
  tell(result);
}

void TaskRun::flush() {
  flush_timer_.stop();
  std::string_view left = held_;
  while (!left.empty()) {
    const std::string_view piece = cut_utf8(left, limits_.chunk_bytes_max);
    publish(stream_chunk(name_, held_type_, std::string(piece), next_index_++));
    left.remove_prefix(piece.size());
  }
  held_.clear();
}

void TaskRun::publish(v1::Envelope event) {
  const std::size_t bytes = event.ByteSizeLong();
  const auto answered = [this, alive = alive_, bytes] {
    if (*alive) on_answered(bytes);
  };
  // What is refused is told in the log by whoever refuses it; the task goes on.
  if (!port_.publish(std::move(event), answered)) return;
  ++unanswered_events_;
  unanswered_bytes_ += bytes;
  if (!has_room() && !std::exchange(paused_, true)) run_->pause(true);
}

void TaskRun::on_answered(std::size_t bytes) {
  --unanswered_events_;
  unanswered_bytes_ -= bytes;
  if (paused_ && has_room()) {
    paused_ = false;
    run_->pause(false);
  }
}

bool TaskRun::has_room() const {
  return unanswered_events_ < limits_.unanswered_events_max && unanswered_bytes_ < limits_.unanswered_bytes_max;
}

}  // namespace cell0::emit
