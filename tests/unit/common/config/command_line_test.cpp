#include "common/config/command_line.h"

#include <doctest/doctest.h>

#include "common/config/config.h"

using namespace cell0;

namespace {

const std::vector<KeyFlag> kFlags = {
    {"--instance", "gateway.instance"}, {"--stdin", "emit.log.stdin"}, {"--file", "emit.log.files"}};

Result<CommandLine> parsed(std::vector<const char*> arguments, const Environment& environment = {}) {
  Config config;
  Schema schema;
  describe(schema, config);
  arguments.insert(arguments.begin(), "cell0-test");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data(),
                            {"cell0-test", "Tests flags.", "1.2.3"}, kFlags, schema, environment);
}

}  // namespace

TEST_CASE("flags become settings, in their order") {
  const auto line = parsed({"--config", "a.toml", "--set", "log.level=warn", "--set=state.dir=/a=b", "--instance", "3",
                            "--stdin", "--file", "a", "--file=b,c"});
  REQUIRE(line.ok());
  CHECK(line->action == CommandLine::Action::kRun);
  CHECK(line->config_file == "a.toml");
  REQUIRE(line->settings.size() == 5);
  CHECK(line->settings[0].path == "log.level");
  CHECK(line->settings[0].where == "--set");
  CHECK(line->settings[1].value == ConfigValue(std::string("/a=b")));
  CHECK(line->settings[2].path == "gateway.instance");
  CHECK(line->settings[2].where == "--instance");
  CHECK(line->settings[2].value == ConfigValue(std::string("3")));
  CHECK(line->settings[3].value == ConfigValue(true));
  CHECK(line->settings[4].value == ConfigValue(std::vector<std::string>{"a", "b,c"}));
}

TEST_CASE("the file comes from the flag, else from CELL0_CONFIG") {
  CHECK(parsed({}, {{"CELL0_CONFIG", "env.toml"}})->config_file == "env.toml");
  CHECK(parsed({"--config", "flag.toml"}, {{"CELL0_CONFIG", "env.toml"}})->config_file == "flag.toml");
  CHECK(parsed({})->config_file == "");
}

TEST_CASE("help names every flag with its key, version the version") {
  const auto help = parsed({"--help"});
  REQUIRE(help.ok());
  CHECK(help->action == CommandLine::Action::kShowText);
  for (const char* text : {"Tests flags.", "--config", "--set", "--check-config", "--print-default-config", "--version",
                           "--instance", "gateway.instance", "--stdin", "Exit status"}) {
    CAPTURE(text);
    CHECK(help->text.find(text) != std::string::npos);
  }
  CHECK(parsed({"--version"})->text == "cell0-test 1.2.3\n");
}

TEST_CASE("the actions are told apart") {
  CHECK(parsed({"--check-config"})->action == CommandLine::Action::kCheckConfig);
  CHECK(parsed({"--print-default-config"})->action == CommandLine::Action::kPrintDefaultConfig);
}

TEST_CASE("wrong usage is refused with words") {
  CHECK(parsed({"--nonsense"}).error().text.find("--nonsense") != std::string::npos);
  CHECK(parsed({"stray"}).error().text.find("stray") != std::string::npos);
  CHECK(parsed({"--set", "log.level"}).error().text == "--set: log.level is not section.key=value");
  CHECK(!parsed({"--config"}).ok());
}
