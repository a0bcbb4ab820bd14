#include "emitters/runners/exec_runner.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "emitters/runners/exec_run.h"

namespace cell0::emit {
namespace {

constexpr std::string_view kPrompt = "{prompt}";
constexpr std::string_view kContext = "{context}";
constexpr std::size_t kArgumentBytesMax = 120u << 10;  // Linux takes 128 KiB in one argument or variable
constexpr const char* kVariables[] = {"PATH", "HOME", "LANG", "LC_ALL", "USER", "TMPDIR", "TZ"};

bool mentions(const std::vector<std::string>& command, std::string_view word) {
  for (const std::string& argument : command) {
    if (argument.find(word) != std::string::npos) return true;
  }
  return false;
}

// Both words in one pass: what is filled in is not looked at again.
std::string fill_in(std::string_view argument, const RunRequest& request) {
  std::string text;
  while (!argument.empty()) {
    if (argument.starts_with(kPrompt)) {
      text += request.prompt;
      argument.remove_prefix(kPrompt.size());
    } else if (argument.starts_with(kContext)) {
      text += request.context_json.empty() ? "{}" : request.context_json;
      argument.remove_prefix(kContext.size());
    } else {
      text += argument.front();
      argument.remove_prefix(1);
    }
  }
  return text;
}

void add_variable(std::vector<std::string>& to, const std::string& name) {
  if (const char* value = std::getenv(name.c_str())) to.push_back(name + "=" + value);
}

std::vector<std::string> environment(const RunnerConfig& config, const RunRequest& request) {
  std::vector<std::string> variables;
  for (const char* name : kVariables) add_variable(variables, name);
  for (const std::string& name : config.environment) add_variable(variables, name);
  variables.push_back("CELL0_SESSION_ID=" + request.session_id);
  variables.push_back("CELL0_TASK_ID=" + request.task_id);
  return variables;
}

Result<std::vector<std::string>> command_line(const RunnerConfig& config, const RunRequest& request) {
  std::vector<std::string> command;
  for (const std::string& argument : config.command) {
    command.push_back(fill_in(argument, request));
    const std::string& filled = command.back();
    if (filled.size() > kArgumentBytesMax || filled.find('\0') != std::string::npos) {
      return Error{ErrorCode::kInvalid, "runner " + config.name +
                                            ": the prompt and the context are no argument (at most " +
                                            std::to_string(kArgumentBytesMax) + " bytes, no NUL)"};
    }
  }
  return command;
}

}  // namespace

Result<std::unique_ptr<Runner>> ExecRunner::create(asio::io_context& io, const RunnerConfig& config) {
  if (auto program = find_program(config.command.front()); !program) {
    return Error{ErrorCode::kInvalid, "runner " + config.name + ": " + program.error().text};
  }
  if (!config.directory.empty() && !std::filesystem::is_directory(config.directory)) {
    return Error{ErrorCode::kInvalid, "runner " + config.name + ": " + config.directory + " is not a directory"};
  }
  return std::unique_ptr<Runner>(new ExecRunner(io, config));
}

Result<std::unique_ptr<Run>> ExecRunner::start(RunRequest request, RunObserver& observer) {
  auto slot = slots_.take(name());
  if (!slot) return slot.error();
  auto command = command_line(config(), request);
  if (!command) return command.error();
  ChildOptions options{std::move(*command), environment(config(), request), config().directory,
                       config().memory_bytes_max, !mentions(config().command, kPrompt)};
  return ExecRun::start(io_, config(), options, std::move(request.prompt), observer, std::move(*slot));
}

}  // namespace cell0::emit
