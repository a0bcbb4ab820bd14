// [daemons] and [[daemons.daemon]]: the registry of ArcaneOS's daemons, and who they are.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace cell0 {

class Schema;

// One row: a further daemon, or what is different about one of the three that are always there.
struct DaemonConfig {
  std::string name;          // lower case; "claude", "gemini" and "liquidmetal" are there without a row
  std::string role;          // "Keeper of Logic and Reason"
  std::string color_code;    // "#8B5CF6"
  std::string tone;          // how its voice sounds, for clients that speak
  std::string runner;        // a [[orchestrator.runner]]'s name; "": daemons.runner
  std::string instructions;  // what its runner is told besides the task
};

struct DaemonsConfig {
  std::string name;                                  // of the worker; "": made from the host and the process
  std::string runner = "demo";                       // of daemons that name none
  std::chrono::milliseconds invoke_timeout{60'000};  // invoke_timeout_ms
  std::size_t invokes_max = 16;                      // at a time
  std::size_t result_bytes_max = 64 << 10;           // of what an invocation brought, in its answer and its event
  std::size_t history_max = 10;                      // invocations of each daemon that are shown
  bool veil = true;                                  // until somebody sets it
  std::vector<DaemonConfig> daemons;
};

void describe(Schema& schema, DaemonsConfig& config);

}  // namespace cell0
