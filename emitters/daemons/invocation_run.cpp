#include "emitters/daemons/invocation_run.h"

#include <utility>

namespace cell0::emit {

Result<void> InvocationRun::start(Runner& runner, RunRequest request, Duration time_max, OnEnd on_end) {
  auto run = runner.start(std::move(request), *this);
  if (!run) return run.error();
  run_ = std::move(*run);
  on_end_ = std::move(on_end);
  timer_.start(time_max, [this] {
    asked_ = End::kTimeout;
    run_->cancel();
  });
  return {};
}

void InvocationRun::cancel() {
  if (asked_ != End::kDone) return;
  asked_ = End::kCancelled;
  timer_.stop();
  run_->cancel();
}

void InvocationRun::on_end(const RunResult& result) {
  timer_.stop();
  const End end = result.ok ? End::kDone : asked_ != End::kDone ? asked_ : End::kFailed;
  const auto told = std::exchange(on_end_, nullptr);  // it destroys what holds it
  told(end, result);
}

}  // namespace cell0::emit
