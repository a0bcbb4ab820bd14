// The keys of [orchestrator] and [[orchestrator.runner]].
#include "common/config/orchestrator_config.h"

#include <set>

#include "common/config/schema.h"

namespace cell0 {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kGiB = 1024 * kMiB;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kYearS = 365LL * 86'400;

void describe_command(ConfigSection& runner, RunnerConfig& to) {
  runner.list("command", to.command, kAnyText,
              "exec: the program and its arguments, run without a shell. {prompt} and {context} in an argument are "
              "filled in; where there is no {prompt}, it comes on standard input.");
  runner.text("directory", to.directory, kAnyText, "exec: where it runs. Empty: where the orchestrator does.");
  runner.list("environment", to.environment, kName,
              "exec: names of environment variables that it gets, besides PATH, HOME, LANG, LC_ALL, USER, TMPDIR, TZ.");
  runner.flag("json_lines", to.json_lines,
              "exec: lines of its output that are JSON objects of the known shapes are tool calls, results, thinking.");
  runner.integer("memory_bytes_max", to.memory_bytes_max, 0, 1024 * kGiB,
                 "exec: bytes of address space of each of its processes; 0: no limit.");
  runner.duration("kill_after_ms", to.kill_after, 0, kDayMs,
                  "exec: milliseconds between the asking signal (TERM) and the deadly one (KILL).");
}

void describe_endpoint(ConfigSection& runner, RunnerConfig& to) {
  runner.text("url", to.url, kAnyText, "openai: the server's base, such as http://127.0.0.1:11434/v1.");
  runner.text("model", to.model, kAnyText, "openai: the model to ask.");
  runner.text("api_key_file", to.api_key_file, kAnyText, "openai: a file with the server's key. Empty: none is sent.");
  runner.text("instructions", to.instructions, kAnyText, "openai: the system message. Empty: none.");
  runner.duration("stall_ms", to.stall, 10, kDayMs,
                  "openai: milliseconds without a byte from the server until the task has failed.");
}

void describe_runner(ConfigSection& runner, RunnerConfig& to) {
  runner.text("name", to.name, kName, "What the scope sessions:run:<name> and a session's type call it.");
  runner.choice(
      "kind", to.kind, {{"demo", RunnerKind::kDemo}, {"exec", RunnerKind::kExec}, {"openai", RunnerKind::kOpenai}},
      "Demo: harmless, echoes. Exec: a command of this machine. Openai: an HTTP server with chat completions.");
  runner.list("session_types", to.session_types, kSomeText, "Session types that it serves besides its own name.");
  runner.flag("anonymous", to.anonymous, "exec: also for callers without a token.");
  runner.integer("runs_max", to.runs_max, 1, 1'000, "Tasks at a time. More wait, or are refused.");
  runner.duration("timeout_ms", to.timeout, 10, 7 * kDayMs, "Milliseconds of one task. A longer one is ended, failed.");
  runner.integer("output_bytes_max", to.output_bytes_max, 1 * kKiB, 1 * kGiB,
                 "Bytes of output of one task. One with more is ended, failed.");
  describe_command(runner, to);
  describe_endpoint(runner, to);
  runner.duration("interval_ms", to.interval, 0, 60'000, "demo: milliseconds between two chunks of its output.");
}

Error wrong(std::size_t row, std::string_view key, const std::string& what) {
  return {ErrorCode::kInvalid, "orchestrator.runner[" + std::to_string(row) + "]." + std::string(key) + ": " + what};
}

Result<void> check_runner(std::size_t row, const RunnerConfig& runner) {
  if (runner.kind == RunnerKind::kExec && (runner.command.empty() || runner.command.front().empty())) {
    return wrong(row, "command", "an exec runner needs one: [\"program\", \"argument\"]");
  }
  if (runner.kind != RunnerKind::kOpenai) return {};
  if (!kHttpUrl.fits(runner.url)) {
    return wrong(row, "url", runner.url + " is not " + std::string(kHttpUrl.words));
  }
  if (runner.model.empty()) return wrong(row, "model", "an openai runner needs one");
  return {};
}

}  // namespace

Result<void> check_runners(const std::vector<RunnerConfig>& runners) {
  std::set<std::string> names;
  std::set<std::string> types;
  for (std::size_t row = 0; row < runners.size(); ++row) {
    const RunnerConfig& runner = runners[row];
    if (!names.insert(runner.name).second) return wrong(row, "name", runner.name + " is there already");
    for (const std::string& type : runner.session_types) {
      if (!types.insert(type).second) return wrong(row, "session_types", type + " is there already");
    }
    if (auto fits = check_runner(row, runner); !fits) return fits;
  }
  return {};
}

void describe(Schema& schema, OrchestratorConfig& config) {
  ConfigSection& orchestrator = schema.section("orchestrator", "cell0-orchestrator: sessions and their tasks.");
  orchestrator.text("name", config.name, kOptionalName,
                    "What the broker calls this worker. Empty: made from the host and the process.");
  orchestrator.integer("sessions_max", config.sessions_max, 1, 100'000, "Sessions at a time. More are refused.");
  orchestrator.integer("tasks_max", config.tasks_max, 1, 10'000, "Tasks that wait in one session. More are refused.");
  orchestrator.duration("idle_s", config.idle, 1, kYearS, "Seconds without a task until a session is completed.");
  orchestrator.duration("ended_kept_s", config.ended_kept, 0, kYearS,
                        "Seconds that a session that is over is still answered for from memory.");
  orchestrator.duration("chunk_interval_ms", config.chunk_interval, 0, 10'000,
                        "Milliseconds that output is held back so that a fast runner does not make an event a byte.");
  orchestrator.integer("chunk_bytes_max", config.chunk_bytes_max, 64, 512 * kKiB,
                       "Bytes of output in one event; it is not held back beyond that.");
  schema.rows(
      "orchestrator.runner",
      "What runs the tasks, by the session's type; any number of these. Types without one have the demo runner.",
      config.runners, &describe_runner);
}

}  // namespace cell0
