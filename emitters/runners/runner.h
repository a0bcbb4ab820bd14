// Runners: who does the work of a task: a command, a model behind HTTP, or the harmless demo. Used by the orchestrator
// (sessions) and by the daemons (invoke); they know neither.
//
// A Runner is made once from its configuration and starts Runs. A Run tells its RunObserver what it puts out, in order,
// and at last, once, how it ended. Output is bounded, in bytes and in time; a run that is paused is not read from, so
// that a torrent waits in its pipe and not in this process. One thread, the loop's.
#pragma once

#include <asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/orchestrator_config.h"
#include "common/result.h"

namespace cell0::emit {

// What was said before, oldest first; for runners that have a memory for it (openai).
struct Turn {
  std::string role;  // user, assistant
  std::string text;
};

struct RunRequest {
  std::string prompt = {};
  std::string context_json = {};  // an object, or empty: what the caller sent along
  std::string instructions = {};  // a persona; after the runner's own. May be empty
  std::vector<Turn> history = {};
  std::string session_id = {};  // for commands: CELL0_SESSION_ID and CELL0_TASK_ID
  std::string task_id = {};
};

enum class ChunkType { kText, kThinking, kToolUse };
std::string_view to_text(ChunkType type);  // "text", "thinking", "tool_use", as in stream_chunk

inline constexpr std::size_t kResultTextMax = 64u << 10;  // of RunResult::text

// How a run ended. The error code is one of kRunErrors' words; the text names what failed.
struct RunResult {
  bool ok = false;
  std::string error_code;
  std::string error;         // "exit_status: grep ended with 2: grep: nosuch: No such file or directory"
  std::string text;          // the beginning of all text chunks together
  bool text_cut = false;     // there was more
  std::string details_json;  // an object: {"exit_code":0}, {"finish_reason":"stop"}; never empty
  std::uint64_t tokens = 0;
  bool tokens_counted = false;  // nobody said how many: these are the chunks that came
};

// REQUIRES: the observer outlives the Run, or the Run is destroyed first. A handler may call cancel() and pause(); only
// in on_end, and outside of handlers, the Run may be destroyed.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void on_chunk(ChunkType type, std::string_view text) = 0;  // well-formed UTF-8, never empty
  virtual void on_tool_start(std::string_view name, std::string_view input_json) = 0;
  // `error` instead of a result if it is not empty. `result_json` is one JSON value.
  virtual void on_tool_result(std::string_view name, std::string_view result_json, std::string_view error) = 0;
  virtual void on_end(const RunResult& result) = 0;  // once; nothing comes after it
};

class Run {
 public:
  virtual ~Run() = default;  // kills what still runs, at once and without a word

  // Asks it to end: on_end comes with "cancelled", soon; output may come until then. Never calls back by itself.
  virtual void cancel() = 0;

  // While paused nothing comes but the end of a run that is cancelled or out of time.
  virtual void pause(bool paused) = 0;
};

class Runner {
 public:
  virtual ~Runner() = default;

  // Calls back later only, never by itself. kFull: runs_max of them are under way; kInvalid: the request (a prompt that
  // is too large for an argument); kUnavailable, kNotFound: it cannot be started. The text names what.
  virtual Result<std::unique_ptr<Run>> start(RunRequest request, RunObserver& observer) = 0;

  const RunnerConfig& config() const { return config_; }
  const std::string& name() const { return config_.name; }

 protected:
  explicit Runner(RunnerConfig config) : config_(std::move(config)) {}

 private:
  RunnerConfig config_;
};

// kInvalid: the configuration (no such command, no key in its file); the text names the row's name. Uses the loop; it
// outlives the runner, and the runner its runs.
Result<std::unique_ptr<Runner>> make_runner(asio::io_context& io, const RunnerConfig& config);

// The rows of the configuration, and a demo runner where no row is called "demo".
class RunnerSet {
 public:
  static Result<RunnerSet> create(asio::io_context& io, const std::vector<RunnerConfig>& rows);

  // Whoever serves that session type: by a row's session_types, else by its name, else the demo.
  Runner& for_type(std::string_view session_type) const;
  Runner* find(std::string_view name) const;  // null: no such row
  std::size_t runs_max() const;               // of all of them together

 private:
  std::vector<std::unique_ptr<Runner>> runners_;
};

}  // namespace cell0::emit
