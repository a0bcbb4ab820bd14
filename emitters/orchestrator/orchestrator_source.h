// OrchestratorSource: a worker of the service `sessions`, on the emitter's connection: calls in, events out.
#pragma once

#include <list>
#include <memory>

#include "common/link/worker.h"
#include "emitters/orchestrator/session_port.h"
#include "emitters/orchestrator/session_service.h"
#include "emitters/orchestrator/task_run.h"
#include "emitters/runners/loop_timer.h"
#include "emitters/runners/runner.h"
#include "emitters/runtime/host.h"

namespace cell0::emit {

class OrchestratorSource final : public Source, private link::WorkerObserver, private SessionPort {
 public:
  // kInvalid: the runners' configuration.
  static Result<std::unique_ptr<Source>> create(Host& host);

  // TERM: all sessions end, terminated; then, once that is known, their keys are given back.
  void drain() override;
  void leave(std::function<void()> done) override;

 private:
  OrchestratorSource(Host& host, RunnerSet runners, const std::string& name);

  void on_call(link::IncomingCall call) override;
  void on_active(std::optional<std::string> state) override;
  void on_fenced(std::vector<std::string> lost_keys) override;

  Result<void> publish(v1::Envelope event, std::function<void()> answered) override;
  Result<void> own(const std::string& session_id, const std::optional<v1::Envelope>& will) override;
  void disown(const std::string& session_id) override;
  void bury(std::unique_ptr<TaskRun> run, bool silently) override;
  void run_ended() override;

  void sweep_soon();
  void add_metrics();

  Host& host_;
  RunnerSet runners_;
  std::list<std::unique_ptr<TaskRun>> dying_;  // stopped runs; bounded by the runners' runs_max
  SessionService sessions_;
  LoopTimer sweep_timer_;
  LoopTimer go_on_timer_;
  link::Worker worker_;
  bool ending_ = false;
};

}  // namespace cell0::emit
