// Flags through CLI11.
#include "common/config/command_line.h"

#include <CLI/CLI.hpp>
#include <deque>
#include <map>

#include "common/check.h"

namespace cell0 {
namespace {

constexpr const char* kFooter =
    "Every key of the configuration is also an environment variable: gateway.listen.http is "
    "CELL0_GATEWAY_LISTEN_HTTP.\n"
    "Flags win over the environment, the environment over the file, the file over the defaults.\n"
    "Exit status: 0 stopped by TERM or INT, 2 bad configuration or usage, 1 anything else.";

// What CLI11 fills in while it parses.
struct Given {
  std::string config_file;
  std::vector<std::string> sets;
  bool check = false;
  bool print = false;
  bool version = false;
  std::deque<bool> flags;  // by KeyFlag; deques, for their elements must not move
  std::deque<std::vector<std::string>> values;
};

void add_common_flags(CLI::App& app, Given& given) {
  app.add_option("--config", given.config_file, "The TOML file to read (default: $CELL0_CONFIG, else none)")
      ->type_name("FILE");
  app.add_option("--set", given.sets, "Set a key, over the file and the environment; may be repeated")
      ->type_name("section.key=value")
      ->expected(1)
      ->take_all();
  app.add_flag("--check-config", given.check, "Check the configuration, say what is wrong with it, and exit");
  app.add_flag("--print-default-config", given.print, "Print every key with its default as a TOML file, and exit");
  app.add_flag("--version", given.version, "Print the version and exit");
}

void add_key_flags(CLI::App& app, Given& given, std::span<const KeyFlag> flags, const Schema& schema) {
  for (const KeyFlag& flag : flags) {
    const ConfigKey* key = schema.find(flag.path);
    CELL0_CHECK(key != nullptr);
    given.flags.push_back(false);
    given.values.emplace_back();
    const std::string help = key->doc + " [" + flag.path + "]";
    if (key->kind == ConfigKey::Kind::kFlag) {
      app.add_flag(flag.flag, given.flags.back(), help);
    } else {
      app.add_option(flag.flag, given.values.back(), help)->type_name("VALUE")->expected(1)->take_all();
    }
  }
}

Result<std::vector<Setting>> settings_of(const Given& given, std::span<const KeyFlag> flags, const Schema& schema) {
  std::vector<Setting> settings;
  for (const std::string& text : given.sets) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      return Error{ErrorCode::kInvalid, "--set: " + text + " is not section.key=value"};
    }
    settings.push_back({"--set", text.substr(0, equals), text.substr(equals + 1), true});
  }
  for (std::size_t i = 0; i < flags.size(); ++i) {
    const auto& values = given.values[i];
    if (given.flags[i]) settings.push_back({flags[i].flag, flags[i].path, true, false});
    if (values.empty()) continue;
    if (schema.find(flags[i].path)->kind == ConfigKey::Kind::kList) {
      settings.push_back({flags[i].flag, flags[i].path, values, false});
    } else {
      settings.push_back({flags[i].flag, flags[i].path, values.back(), true});
    }
  }
  return settings;
}

CommandLine show(std::string text) {
  CommandLine line;
  line.action = CommandLine::Action::kShowText;
  line.text = std::move(text);
  return line;
}

}  // namespace

Result<CommandLine> parse_command_line(int argc, const char* const* argv, const ProgramText& program,
                                       std::span<const KeyFlag> flags, const Schema& schema,
                                       const Environment& environment) {
  CLI::App app(program.sentence, program.name);
  app.footer(kFooter);
  app.set_help_flag("--help,-h", "Print this help and exit");
  Given given;
  add_common_flags(app, given);
  add_key_flags(app, given, flags, schema);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return show(app.help());
  } catch (const CLI::ParseError& error) {
    return Error{ErrorCode::kInvalid, std::string(error.what()) + " (see --help)"};
  }
  if (given.version) return show(program.name + " " + program.version + "\n");

  auto settings = settings_of(given, flags, schema);
  if (!settings.ok()) return settings.error();
  CommandLine line;
  line.settings = std::move(*settings);
  line.config_file = given.config_file;
  const auto variable = environment.find("CELL0_CONFIG");
  if (line.config_file.empty() && variable != environment.end()) line.config_file = variable->second;
  if (given.check) line.action = CommandLine::Action::kCheckConfig;
  if (given.print) line.action = CommandLine::Action::kPrintDefaultConfig;
  return line;
}

}  // namespace cell0
