// [orchestrator] and [[orchestrator.runner]]: who runs the tasks of sessions, and of daemons that are invoked.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "common/result.h"

namespace cell0 {

class Schema;

enum class RunnerKind {
  kDemo,    // harmless: echoes the prompt
  kExec,    // a command of this machine
  kOpenai,  // an HTTP server with OpenAI's chat completions
};

// One row. What belongs to another kind is not looked at.
struct RunnerConfig {
  std::string name = "demo";  // as in the scope sessions:run:<name>
  RunnerKind kind = RunnerKind::kDemo;
  std::vector<std::string> session_types;      // that it serves, besides its own name
  bool anonymous = false;                      // exec only: callers without a token may run it too
  std::size_t runs_max = 8;                    // at a time; more wait in their sessions, or are refused
  std::chrono::milliseconds timeout{600'000};  // timeout_ms: of one task
  std::size_t output_bytes_max = 4 << 20;      // of one task

  std::vector<std::string> command;             // exec: argv; {prompt} and {context} are filled in
  std::string directory;                        // exec: "": the orchestrator's own
  std::vector<std::string> environment;         // exec: names of variables that are passed on, besides the usual ones
  bool json_lines = true;                       // exec: lines such as {"type":"tool_call",...} are understood
  std::size_t memory_bytes_max = 0;             // exec: address space of each of its processes; 0: no limit
  std::chrono::milliseconds kill_after{2'000};  // kill_after_ms: exec: between TERM and KILL

  std::string url;                          // openai: up to and with /v1
  std::string model;                        // openai
  std::string api_key_file;                 // openai: "": none
  std::string instructions;                 // openai: the system message, before what the request brings along
  std::chrono::milliseconds stall{60'000};  // stall_ms: openai: without a byte

  std::chrono::milliseconds interval{40};  // interval_ms: demo: between two chunks
};

struct OrchestratorConfig {
  std::string name;                              // of the worker; "": made from the host and the process
  std::size_t sessions_max = 64;                 // at a time
  std::size_t tasks_max = 16;                    // that wait in one session
  std::chrono::seconds idle{3'600};              // idle_s: then a session is completed
  std::chrono::seconds ended_kept{60};           // ended_kept_s: a session that is over still answers
  std::chrono::milliseconds chunk_interval{20};  // chunk_interval_ms: output is held back so long, to be one event
  std::size_t chunk_bytes_max = 4 << 10;         // but no more of it than this
  std::vector<RunnerConfig> runners;
};

void describe(Schema& schema, OrchestratorConfig& config);

// What one key alone cannot tell: names twice, an exec without a command, an openai without a URL or a model. kInvalid.
Result<void> check_runners(const std::vector<RunnerConfig>& runners);

}  // namespace cell0
