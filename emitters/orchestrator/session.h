// Session: one orchestrator session: its state, its tasks one after another, and what it publishes of them.
//
// initializing -> running -> completed | failed | terminated. (`paused` is for orchestrators that can; this one
// cannot.) A task that fails does not end its session; failed sessions are those whose orchestrator died or was
// stopped. One thread, the loop's. Bounded: tasks_max tasks wait; more are refused.
#pragma once

#include <asio/io_context.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "common/clock.h"
#include "emitters/orchestrator/session_memory.h"
#include "emitters/orchestrator/session_port.h"
#include "emitters/orchestrator/task_run.h"

namespace cell0::emit {

struct SessionSpec {
  SessionName name;
  std::string orchestrator_id;
  std::string type;  // as it was asked for: "claude-code"
  std::string memory_profile;
  v1::SessionTask task;               // what it is for; its own tasks follow
  bool cancel_on_disconnect = false;  // for whoever asks; the gateway acts on it
};

struct TaskRequest {
  v1::SessionTask task;  // id and description, the prompt, are set
  std::string context_json;
  bool stream = true;
  MonoTime queued{};  // set by the session
};

struct SessionTotals {
  std::uint64_t spawned = 0;
  std::uint64_t ended = 0;
  std::uint64_t tasks = 0;   // that ended, in whatever way
  std::uint64_t failed = 0;  // of those
  std::uint64_t tokens = 0;
  Duration lived{0};  // of the sessions that ended
};

class Session {
 public:
  enum class Status { kInitializing, kRunning, kCompleted, kFailed, kTerminated };

  struct Surroundings {  // all outlive the session
    asio::io_context& io;
    const Clock& clock;
    SessionPort& port;
    SessionTotals& totals;
  };

  Session(Surroundings around, SessionSpec spec, Runner& runner, TaskRunLimits limits, std::size_t tasks_max);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes its key, publishes session_spawned, then that it is running. Errors as SessionPort::own.
  Result<void> begin();

  // Queues the task and begins it if nothing runs. kFull: as many wait already; kConflict: the session is over.
  Result<void> execute(TaskRequest request);

  // Begins the next task, if there is one and its runner has room.
  void go_on();

  // Stops what runs and what waits, publishes the end. Once it is over nothing changes it.
  void end(Status status, std::string_view why);

  // The session is somebody else's, or nobody's: stops what runs, publishes nothing.
  void drop();

  const SessionName& name() const { return spec_.name; }
  Runner& runner() const { return runner_; }
  bool over() const { return status_ > Status::kRunning; }
  bool busy() const { return current_ != nullptr || !waiting_.empty(); }
  std::size_t waiting() const { return waiting_.size(); }
  // Since when its next task waits for its runner to have room; nullopt: it does not.
  std::optional<MonoTime> waits_since() const;
  MonoTime changed() const { return changed_; }  // the last time that a task came or ended, or the session did

  // As clients see it. Without its memory it is small: for lists and wills.
  v1::Session record(bool with_memory = true) const;

 private:
  void begin_task(TaskRequest request);
  void on_task_end(const RunResult& result);
  void fail_task(const std::string& task_id, const std::string& error);
  void settle(const std::string& status);
  void publish(v1::Envelope event);
  void renew_will();
  void close(Status status);
  void count_failure();

  Surroundings around_;
  SessionSpec spec_;
  Runner& runner_;
  TaskRunLimits limits_;
  std::size_t tasks_max_;
  Status status_ = Status::kInitializing;
  v1::SessionTask task_;  // the last one that began, or what the session is for
  SessionMemory memory_;
  std::deque<TaskRequest> waiting_;
  std::unique_ptr<TaskRun> current_;
  std::string prompt_;  // of the current one
  WallTime started_at_;
  MonoTime started_;
  MonoTime changed_;
  std::optional<WallTime> ended_at_;
  Duration lived_{0};  // set at its end
  std::uint64_t tokens_ = 0, completed_ = 0, errors_ = 0;
  Duration working_{0};  // of the tasks that ended
};

std::string_view to_text(Session::Status status);

}  // namespace cell0::emit
