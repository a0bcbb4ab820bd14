// For tests of sessions: a runner that does what the test says, and a port that keeps what it is told.
#pragma once

#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/check.h"
#include "common/event_json.h"
#include "common/event_schema.h"
#include "emitters/orchestrator/session_port.h"
#include "emitters/orchestrator/task_run.h"
#include "emitters/runners/run_slots.h"
#include "emitters/runners/runner.h"

namespace cell0::emit {

class FakeRunner final : public Runner {
 public:
  struct FakeRun final : public Run {
    FakeRun(FakeRunner& runner, RunSlots::Slot slot) : runner_(runner), slot_(std::move(slot)) {}
    ~FakeRun() override {
      if (runner_.run == this) runner_.run = nullptr;
    }
    void cancel() override { cancelled = true; }
    void pause(bool to) override { paused = to; }

    bool cancelled = false;
    bool paused = false;
    FakeRunner& runner_;
    RunSlots::Slot slot_;
  };

  explicit FakeRunner(RunnerConfig config = {}) : Runner(std::move(config)), slots_(this->config().runs_max) {}

  Result<std::unique_ptr<Run>> start(RunRequest what, RunObserver& who) override {
    if (refusal) return *refusal;
    auto slot = slots_.take(name());
    if (!slot) return slot.error();
    requests.push_back(std::move(what));
    observer = &who;
    auto made = std::make_unique<FakeRun>(*this, std::move(*slot));
    run = made.get();
    return std::unique_ptr<Run>(std::move(made));
  }

  void say(std::string_view text) { observer->on_chunk(ChunkType::kText, text); }
  void succeed(const std::string& text, std::uint64_t tokens = 1) {
    RunResult result;
    result.ok = true;
    result.text = text;
    result.details_json = "{}";
    result.tokens = tokens;
    observer->on_end(result);
  }
  void fail(const std::string& error) {
    RunResult result;
    result.error = error;
    result.details_json = "{}";
    observer->on_end(result);
  }

  std::optional<Error> refusal;
  std::vector<RunRequest> requests;
  RunObserver* observer = nullptr;  // of the last run
  FakeRun* run = nullptr;           // the last one, as long as it lives

 private:
  RunSlots slots_;
};

// "task_completed {...}": without what the time makes.
class FakePort final : public SessionPort {
 public:
  Result<void> publish(v1::Envelope event, std::function<void()> done) override {
    CELL0_CHECK(event.source() == "orchestrator.test");
    std::string data;
    JsonWriter json(data);
    write_event_data(json, event);
    types.push_back(std::string(type_of(event)));
    events.push_back(std::move(event));
    lines.push_back(types.back() + " " + data);
    if (done) answers.push_back(std::move(done));
    return {};
  }
  Result<void> own(const std::string& id, const std::optional<v1::Envelope>& will) override {
    if (full) return Error{ErrorCode::kFull, "no room for keys"};
    wills[id] = will;
    return {};
  }
  void disown(const std::string& id) override { wills.erase(id); }
  void bury(std::unique_ptr<TaskRun> run, bool silently) override {
    dying.push_back(std::move(run));
    if (silently)
      dying.back()->stop_silently([this] { ++ended; });
    else
      dying.back()->stop([this] { ++ended; });
  }
  void run_ended() override { ++ended; }

  // The broker answers everything so far.
  void answer_all() {
    for (const auto& done : std::exchange(answers, {})) done();
  }
  // What was published since the last time, as types.
  std::vector<std::string> take_types() { return std::exchange(types, {}); }

  bool full = false;
  int ended = 0;
  std::vector<std::string> types;
  std::vector<std::string> lines;
  std::vector<v1::Envelope> events;
  std::vector<std::function<void()>> answers;
  std::map<std::string, std::optional<v1::Envelope>> wills;
  std::list<std::unique_ptr<TaskRun>> dying;
};

}  // namespace cell0::emit
