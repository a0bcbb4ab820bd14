// The sources of the configuration, in their order.
#include "common/config/config.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "common/config/toml_reader.h"

namespace cell0 {
namespace {

constexpr std::size_t kErrorsShownMax = 20;

std::optional<std::string> variable(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  if (found == environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

// The XDG base directories' rule, and the place of system services for root.
Result<std::string> default_state_dir(const Environment& environment, bool root) {
  if (root) return std::string("/var/lib/cell0");
  const auto xdg = variable(environment, "XDG_STATE_HOME");
  if (xdg && xdg->starts_with('/')) return *xdg + "/cell0";
  const auto home = variable(environment, "HOME");
  if (home) return *home + "/.local/state/cell0";
  return Error{ErrorCode::kInvalid,
               "state.dir: neither XDG_STATE_HOME nor HOME is set, so it must be: --set state.dir=DIR"};
}

std::string host_name() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

void expand_localhost(std::vector<std::string>& hosts) {
  std::vector<std::string> addresses;
  const auto add = [&](const std::string& address) {
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
  };
  for (const std::string& host : hosts) {
    add(host == "localhost" ? "127.0.0.1" : host);
    if (host == "localhost") add("::1");
  }
  hosts = std::move(addresses);
}

// What an empty text stands for where it depends on the machine.
Result<void> fill_in(Config& config, const Environment& environment) {
  if (config.state.dir.empty()) {
    auto dir = default_state_dir(environment, ::geteuid() == 0);
    if (!dir.ok()) return dir.error();
    config.state.dir = std::move(*dir);
  }
  expand_localhost(config.gateway.listen.hosts);
  if (config.gateway.name.empty()) {
    config.gateway.name = "gw-" + host_name() + "-" + std::to_string(config.gateway.instance);
  }
  if (config.emit.kernel.socket.empty()) config.emit.kernel.socket = config.state.dir + "/kernel.sock";
  if (config.emit.chat.socket.empty()) config.emit.chat.socket = config.state.dir + "/chat.sock";
  return {};
}

void apply_all(Schema& schema, const std::vector<Setting>& settings, std::vector<Error>& errors) {
  for (const Setting& setting : settings) {
    if (const auto applied = schema.apply(setting); !applied.ok()) errors.push_back(applied.error());
  }
}

Error joined(const std::vector<Error>& errors) {
  std::string text;
  for (std::size_t i = 0; i < std::min(errors.size(), kErrorsShownMax); ++i) {
    text.append(i == 0 ? "" : "\n").append(errors[i].text);
  }
  if (errors.size() > kErrorsShownMax) text += "\nand " + std::to_string(errors.size() - kErrorsShownMax) + " more";
  return {ErrorCode::kInvalid, std::move(text)};
}

LoadedConfig finished(int exit_code) {
  LoadedConfig loaded;
  loaded.exit_code = exit_code;
  return loaded;
}

LoadedConfig failed(const ProgramInfo& program, const Error& error) {
  std::string_view rest = error.text;
  while (!rest.empty()) {
    const std::string line(rest.substr(0, rest.find('\n')));
    std::fprintf(stderr, "%s: %s\n", program.text.name.c_str(), line.c_str());
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return finished(kExitBadConfig);
}

LoadedConfig shown(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return finished(std::fflush(stdout) == 0 ? kExitStopped : kExitFailed);
}

}  // namespace

void describe(Schema& schema, Config& config) {
  describe(schema, config.log);
  describe(schema, config.state);
  describe(schema, config.link);
  describe(schema, config.broker);
  describe(schema, config.rules);
  describe(schema, config.gateway);
  describe(schema, config.emit);
  describe(schema, config.daemons);
  describe(schema, config.orchestrator);
}

Result<Config> read_config(const CommandLine& command_line, const Environment& environment,
                           const ProgramInfo& program) {
  Config config;
  Schema schema;
  describe(schema, config);
  std::vector<Error> errors;
  if (!command_line.config_file.empty()) {
    const auto file = read_toml_file(command_line.config_file);
    if (!file.ok()) return file.error();
    apply_all(schema, *file, errors);
  }
  apply_all(schema, read_environment(environment, schema, errors), errors);
  apply_all(schema, command_line.settings, errors);
  if (!errors.empty()) return joined(errors);
  if (const auto filled = fill_in(config, environment); !filled.ok()) return filled.error();
  if (program.check) {
    if (const auto checked = program.check(config); !checked.ok()) return checked.error();
  }
  return config;
}

LoadedConfig load_config(int argc, const char* const* argv, const ProgramInfo& program) {
  Config defaults;
  Schema schema;
  describe(schema, defaults);
  const Environment environment = process_environment();
  auto line = parse_command_line(argc, argv, program.text, program.flags, schema, environment);
  if (!line.ok()) return failed(program, line.error());
  if (line->action == CommandLine::Action::kShowText) return shown(line->text);
  if (line->action == CommandLine::Action::kPrintDefaultConfig) return shown(schema.to_toml());

  auto config = read_config(*line, environment, program);
  if (!config.ok()) return failed(program, config.error());
  if (line->action == CommandLine::Action::kCheckConfig) return shown("The configuration is valid.\n");
  LoadedConfig loaded;
  loaded.run = true;
  loaded.config = std::move(*config);
  loaded.command_line = std::move(*line);
  return loaded;
}

}  // namespace cell0
