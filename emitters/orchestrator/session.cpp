#include "emitters/orchestrator/session.h"

#include <utility>

#include "common/check.h"
#include "common/json.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kShownBytesMax = 4u << 10;  // of a prompt, in the session's record
constexpr std::size_t kShortBytesMax = 1u << 10;  // of what it is for, in lists and wills

std::int64_t whole_ms(Duration time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time).count(); }

double as_ms(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

std::string facts_json(const SessionSpec& spec) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  if (!spec.memory_profile.empty()) json.member("memoryProfile", spec.memory_profile);
  if (spec.cancel_on_disconnect) json.member("onDisconnect", "cancel");
  json.end_object();
  return text;
}

std::string result_json(const RunResult& result, const std::string& runner, Duration took) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.member("output", result.text);
  if (result.text_cut) json.member("truncated", true);
  json.member("runner", runner);
  json.member("tokensUsed", result.tokens);
  if (result.tokens_counted) json.member("tokensAreChunks", true);
  json.member("durationMs", whole_ms(took));
  json.raw_member("details", result.details_json);
  json.end_object();
  return text;
}

}  // namespace

std::string_view to_text(Session::Status status) {
  switch (status) {
    case Session::Status::kInitializing:
      return "initializing";
    case Session::Status::kRunning:
      return "running";
    case Session::Status::kCompleted:
      return "completed";
    case Session::Status::kFailed:
      return "failed";
    case Session::Status::kTerminated:
      return "terminated";
  }
  CELL0_CHECK(false);
}

Session::Session(Surroundings around, SessionSpec spec, Runner& runner, TaskRunLimits limits, std::size_t tasks_max)
    : around_(around),
      spec_(std::move(spec)),
      runner_(runner),
      limits_(limits),
      tasks_max_(tasks_max),
      task_(spec_.task),
      memory_(facts_json(spec_)),
      started_at_(around.clock.wall()),
      started_(around.clock.mono()),
      changed_(started_) {}

Session::~Session() = default;

Result<void> Session::begin() {
  v1::Session will = record(false);
  will.set_status("failed");
  if (auto owned = around_.port.own(spec_.name.id, session_status_update(spec_.name, std::move(will))); !owned) {
    return owned;
  }
  ++around_.totals.spawned;
  publish(session_spawned(spec_.name, record()));
  status_ = Status::kRunning;
  publish(session_status_update(spec_.name, record()));
  return {};
}

Result<void> Session::execute(TaskRequest request) {
  if (over()) {
    return Error{ErrorCode::kConflict, "session " + spec_.name.id + " is " + std::string(to_text(status_))};
  }
  if (waiting_.size() >= tasks_max_) {
    return Error{ErrorCode::kFull,
                 "session " + spec_.name.id + ": " + std::to_string(tasks_max_) + " tasks wait, more it does not take"};
  }
  changed_ = around_.clock.mono();
  request.queued = changed_;
  waiting_.push_back(std::move(request));
  go_on();
  return {};
}

void Session::go_on() {
  while (!over() && !current_ && !waiting_.empty()) {
    TaskRequest request = waiting_.front();
    auto run = std::make_unique<TaskRun>(around_.io, around_.clock, around_.port, spec_.name, request.task.id(),
                                         limits_, request.stream);
    RunRequest what{.prompt = request.task.description(),
                    .context_json = request.context_json,
                    .history = memory_.turns(),
                    .session_id = spec_.name.id,
                    .task_id = request.task.id()};
    current_ = std::move(run);
    const auto started =
        current_->start(runner_, std::move(what), [this](const RunResult& result) { on_task_end(result); });
    if (!started) current_.reset();
    if (!started && started.error().code == ErrorCode::kFull) return;  // whoever ends a run asks again
    waiting_.pop_front();
    begin_task(std::move(request));
    if (!started) fail_task(task_.id(), started.error().text);
  }
}

void Session::begin_task(TaskRequest request) {
  prompt_ = request.task.description();
  task_ = std::move(request.task);
  task_.set_description(std::string(cut_utf8(prompt_, kShownBytesMax)));
  task_.set_status("in_progress");
  task_.set_updated_at(to_iso8601(around_.clock.wall()));
  memory_.set_scratchpad(request.context_json);
  changed_ = around_.clock.mono();
  renew_will();
}

void Session::on_task_end(const RunResult& result) {
  const auto run = std::exchange(current_, nullptr);  // whose handler this is: it ends with this function
  const Duration took = around_.clock.mono() - run->started();
  tokens_ += result.tokens;
  around_.totals.tokens += result.tokens;
  working_ += took;
  memory_.remember(run->task_id(), prompt_, result);
  if (result.ok) {
    ++completed_;
    ++around_.totals.tasks;
    publish(task_completed(spec_.name, run->task_id(), result_json(result, runner_.name(), took)));
    settle("completed");
  } else {
    fail_task(run->task_id(), result.error);
  }
  around_.port.run_ended();
}

void Session::fail_task(const std::string& task_id, const std::string& error) {
  count_failure();
  publish(task_failed(spec_.name, task_id, error));
  settle("failed");
}

// After a task: where the session stands.
void Session::settle(const std::string& status) {
  changed_ = around_.clock.mono();
  task_.set_status(status);
  task_.set_updated_at(to_iso8601(around_.clock.wall()));
  publish(session_status_update(spec_.name, record()));
  renew_will();
}

void Session::end(Status status, std::string_view why) {
  if (over()) return;
  const std::string error = "cancelled: " + std::string(why);
  if (current_) {
    around_.port.bury(std::exchange(current_, nullptr), false);
    count_failure();
    publish(task_failed(spec_.name, task_.id(), error));
    task_.set_status("failed");
  }
  for (const TaskRequest& waits : std::exchange(waiting_, {})) publish(task_failed(spec_.name, waits.task.id(), error));
  close(status);
  publish(session_status_update(spec_.name, record()));
  // It was owned, so it can be owned on; without a will.
  static_cast<void>(around_.port.own(spec_.name.id, std::nullopt));
}

void Session::drop() {
  if (current_) around_.port.bury(std::exchange(current_, nullptr), true);
  waiting_.clear();
  if (!over()) close(Status::kFailed);
}

void Session::close(Status status) {
  status_ = status;
  changed_ = around_.clock.mono();
  ended_at_ = around_.clock.wall();
  lived_ = changed_ - started_;
  ++around_.totals.ended;
  around_.totals.lived += lived_;
}

void Session::count_failure() {
  ++errors_;
  ++around_.totals.tasks;
  ++around_.totals.failed;
}

void Session::publish(v1::Envelope event) {
  // What is refused is told in the log by whoever refuses it.
  static_cast<void>(around_.port.publish(std::move(event), {}));
}

void Session::renew_will() {
  v1::Session will = record(false);
  will.set_status("failed");
  // The key is owned already; if the larger will does not fit, the older one does as well.
  static_cast<void>(around_.port.own(spec_.name.id, session_status_update(spec_.name, std::move(will))));
}

std::optional<MonoTime> Session::waits_since() const {
  if (current_ || waiting_.empty()) return std::nullopt;
  return waiting_.front().queued;
}

v1::Session Session::record(bool with_memory) const {
  v1::Session record;
  record.set_id(spec_.name.id);
  if (!spec_.orchestrator_id.empty()) record.set_orchestrator_id(spec_.orchestrator_id);
  *record.mutable_task() = task_;
  if (!with_memory) record.mutable_task()->set_description(std::string(cut_utf8(task_.description(), kShortBytesMax)));
  record.set_type(spec_.type);
  record.set_status(std::string(to_text(status_)));
  record.set_started_at(to_iso8601(started_at_));
  if (ended_at_) record.set_ended_at(to_iso8601(*ended_at_));
  if (with_memory) *record.mutable_memory_context() = memory_.record();
  auto& metrics = *record.mutable_metrics();
  const std::uint64_t tasks = completed_ + errors_;
  metrics.set_tokens_used(static_cast<std::int64_t>(tokens_));
  metrics.set_duration(as_ms(ended_at_ ? lived_ : around_.clock.mono() - started_));
  metrics.set_tasks_completed(static_cast<std::int64_t>(completed_));
  metrics.set_errors_encountered(static_cast<std::int64_t>(errors_));
  metrics.set_average_response_time(tasks == 0 ? 0 : as_ms(working_) / static_cast<double>(tasks));
  return record;
}

}  // namespace cell0::emit
