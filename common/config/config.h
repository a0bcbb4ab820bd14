// The configuration of a process, from its sources to one checked struct.
//
// Every process knows the whole vocabulary, since one file serves all of them: a mistake in any section is found by
// whoever reads the file first. A part takes only its own section: `Hub(config.gateway.limits)`.
//   int main(int argc, char** argv) {
//     auto loaded = cell0::load_config(argc, argv, {.text = {"cell0-broker", "Orders and keeps events.",
//     cell0::version()}}); if (!loaded.run) return loaded.exit_code;
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/config/broker_config.h"
#include "common/config/command_line.h"
#include "common/config/daemons_config.h"
#include "common/config/emit_config.h"
#include "common/config/environment.h"
#include "common/config/gateway_config.h"
#include "common/config/link_config.h"
#include "common/config/log_config.h"
#include "common/config/orchestrator_config.h"
#include "common/config/schema.h"
#include "common/config/state_config.h"
#include "common/result.h"

namespace cell0 {

inline constexpr int kExitStopped = 0;    // by TERM or INT
inline constexpr int kExitFailed = 1;     // anything else
inline constexpr int kExitBadConfig = 2;  // configuration or usage

struct Config {
  LogConfig log;
  StateConfig state;
  LinkConfig link;
  BrokerConfig broker;
  std::vector<RuleConfig> rules;
  GatewayConfig gateway;
  EmitConfig emit;
  DaemonsConfig daemons;
  OrchestratorConfig orchestrator;
};

void describe(Schema& schema, Config& config);

struct ProgramInfo {
  ProgramText text;
  std::vector<KeyFlag> flags;
  // What one key alone cannot tell about this process's sections, or nothing.
  std::function<Result<void>(const Config&)> check;
};

struct LoadedConfig {
  bool run = false;  // false: say nothing more and leave with exit_code
  int exit_code = 0;
  Config config;
  CommandLine command_line;  // for reload()
};

// Prints what is to be printed: help, version and default configuration to standard output, errors to standard error.
LoadedConfig load_config(int argc, const char* const* argv, const ProgramInfo& program);

// Defaults, then the file, then the environment, then the flags; then what "" stands for. All mistakes, one a line.
Result<Config> read_config(const CommandLine& command_line, const Environment& environment, const ProgramInfo& program);

}  // namespace cell0
