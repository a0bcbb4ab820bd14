// Runners out of their configuration.
#include <algorithm>

#include "common/check.h"
#include "emitters/runners/demo_runner.h"
#include "emitters/runners/exec_runner.h"
#include "emitters/runners/openai_runner.h"
#include "emitters/runners/runner.h"

namespace cell0::emit {

Result<std::unique_ptr<Runner>> make_runner(asio::io_context& io, const RunnerConfig& config) {
  switch (config.kind) {
    case RunnerKind::kDemo:
      return std::unique_ptr<Runner>(std::make_unique<DemoRunner>(io, config));
    case RunnerKind::kExec:
      return ExecRunner::create(io, config);
    case RunnerKind::kOpenai:
      return OpenaiRunner::create(io, config);
  }
  CELL0_CHECK(false);
}

Result<RunnerSet> RunnerSet::create(asio::io_context& io, const std::vector<RunnerConfig>& rows) {
  if (auto fit = check_runners(rows); !fit) return fit.error();
  RunnerSet set;
  for (const RunnerConfig& row : rows) {
    auto runner = make_runner(io, row);
    if (!runner) return runner.error();
    set.runners_.push_back(std::move(*runner));
  }
  if (set.find("demo") == nullptr) {
    auto demo = make_runner(io, RunnerConfig{});
    if (!demo) return demo.error();
    set.runners_.push_back(std::move(*demo));
  }
  return set;
}

Runner& RunnerSet::for_type(std::string_view session_type) const {
  for (const auto& runner : runners_) {
    const auto& types = runner->config().session_types;
    if (std::find(types.begin(), types.end(), session_type) != types.end()) return *runner;
  }
  Runner* named = find(session_type);
  return named != nullptr ? *named : *find("demo");
}

Runner* RunnerSet::find(std::string_view name) const {
  const auto found =
      std::find_if(runners_.begin(), runners_.end(), [name](const auto& runner) { return runner->name() == name; });
  return found == runners_.end() ? nullptr : found->get();
}

std::size_t RunnerSet::runs_max() const {
  std::size_t runs = 0;
  for (const auto& runner : runners_) runs += runner->config().runs_max;
  return runs;
}

}  // namespace cell0::emit
