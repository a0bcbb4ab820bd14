// `cell0`: publishes, follows and looks up events from a shell.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

// Whoever started us may have closed them, and a socket of ours would take their numbers.
void open_standard_streams() {
  int fd = 0;
  while (fd >= 0 && fd <= 2) fd = open("/dev/null", O_RDWR);
  if (fd > 2) close(fd);
}

// A full disk is told; that the reader of a pipe has left is not: it has what it wanted (`cell0 sub | head`).
int with_output_written(int exit_code) {
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  struct stat status {};
  const bool is_pipe = fstat(STDOUT_FILENO, &status) == 0 && S_ISFIFO(status.st_mode);
  if (written || is_pipe || exit_code != cli::kExitOk) return exit_code;
  cli::complain("standard output: cannot be written");
  return cli::kExitFailed;
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
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
    if (entry.command == arguments->command) return with_output_written(entry.run(*arguments, *config));
  }
  return cli::kExitUsage;
}
