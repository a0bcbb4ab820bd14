// `cell0`: publishes, follows and looks up events from a shell.
#include <cstdio>
#include <iterator>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/printer.h"
#include "common/version.h"

namespace {

using namespace cell0;

struct Entry {
  cli::Command command;
  int (*run)(const cli::Arguments&, const Config&);
};

constexpr Entry kCommands[] = {
    {cli::Command::kPub, &cli::run_pub},
    {cli::Command::kSub, &cli::run_sub},
    {cli::Command::kHistory, &cli::run_history},
    {cli::Command::kClients, &cli::run_clients},
    {cli::Command::kPresence, &cli::run_presence},
    {cli::Command::kServices, &cli::run_services},
    {cli::Command::kLog, &cli::run_log},
    {cli::Command::kToken, &cli::run_token},
    {cli::Command::kCheckConfig, &cli::run_check_config},
};

}  // namespace

int main(int argc, char** argv) {
  int exit_code = cli::kExitOk;
  const auto arguments = cli::parse_arguments(argc, argv, exit_code);
  if (!arguments) return exit_code;
  const ProgramInfo program{.text = {"cell0", "", version()}, .flags = {}, .check = {}};
  const auto config = read_config(arguments->config, process_environment(), program);
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().text.c_str());
    return cli::kExitUsage;
  }
  for (const Entry& entry : kCommands) {
    if (entry.command == arguments->command) return entry.run(*arguments, *config);
  }
  return cli::kExitUsage;
}
