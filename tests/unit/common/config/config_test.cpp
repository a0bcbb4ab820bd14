#include "common/config/config.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "common/config/toml_reader.h"

using namespace cell0;

namespace {

// A file that goes away with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    const int fd = ::mkstemp(path_);
    REQUIRE(fd >= 0);
    ::close(fd);
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { ::unlink(path_); }
  const char* path() const { return path_; }

 private:
  char path_[32] = "/tmp/cell0-config-XXXXXX";
};

const ProgramInfo kProgram{{"cell0-test", "Tests.", "1"}, {}, {}};
const ProgramInfo kGateway{
    {"cell0-gateway", "Tests.", "1"}, {}, [](const Config& config) { return check(config.gateway); }};

CommandLine sets(std::vector<std::pair<std::string, std::string>> pairs, std::string file = "") {
  CommandLine line;
  line.config_file = std::move(file);
  for (auto& [path, value] : pairs) line.settings.push_back({"--set", path, value, true});
  return line;
}

std::string error_of(const CommandLine& line, const Environment& environment = {},
                     const ProgramInfo& program = kProgram) {
  Environment with_home = environment;
  with_home.emplace("HOME", "/home/u");
  const auto config = read_config(line, with_home, program);
  return config.ok() ? "" : config.error().text;
}

}  // namespace

TEST_CASE("flags win over the environment, the environment over the file, the file over the defaults") {
  const TemporaryFile file("[gateway.listen]\nhttp = 1001\ncell0d = 1002\napi = 1003\n");
  const Environment environment = {
      {"HOME", "/home/u"}, {"CELL0_GATEWAY_LISTEN_CELL0D", "2002"}, {"CELL0_GATEWAY_LISTEN_API", "2003"}};
  const auto config = read_config(sets({{"gateway.listen.api", "3003"}}, file.path()), environment, kProgram);
  REQUIRE(config.ok());
  CHECK(config->gateway.listen.http == 1001);
  CHECK(config->gateway.listen.cell0d == 2002);
  CHECK(config->gateway.listen.api == 3003);
  CHECK(config->gateway.admin_port == 9610);
}

TEST_CASE("rules come from the file with their durability and limits") {
  const TemporaryFile file(
      "[[rule]]\ntype = 'log_stream'\ndurability = 'relaxed'\ncount = 1000\n"
      "[[rule]]\ntopic = 'sessions'\nage_s = 60\nbytes = 1048576\n");
  const auto config = read_config(sets({}, file.path()), {{"HOME", "/h"}}, kProgram);
  REQUIRE(config.ok());
  REQUIRE(config->rules.size() == 2);
  CHECK(config->rules[0].type == "log_stream");
  CHECK(config->rules[0].durability == Durability::kRelaxed);
  CHECK(config->rules[0].count == 1000);
  CHECK(config->rules[1].topic == "sessions");
  CHECK(config->rules[1].age == std::chrono::seconds(60));
  CHECK(config->rules[1].bytes == 1048576);
}

TEST_CASE("all mistakes of all sources are told at once, each with its place") {
  const TemporaryFile file("[gateway.listen]\nhttp = 80800\n[brokr]\nadmin = ''\n");
  const std::string error = error_of(sets({{"log.level", "loud"}}, file.path()), {{"CELL0_BROKER_INGEST", "nowhere"}});
  const std::string path = file.path();
  CHECK(error.find(path + ":2: gateway.listen.http: 80800 is not a port") != std::string::npos);
  CHECK(error.find(path + ":4: brokr.admin is not a key, did you mean broker.admin?") != std::string::npos);
  CHECK(error.find("CELL0_BROKER_INGEST: broker.ingest: nowhere is not a ZeroMQ endpoint") != std::string::npos);
  CHECK(error.find("--set: log.level: loud is not one of trace, debug, info, warn, error, off") != std::string::npos);
}

TEST_CASE("a missing file is an error, not an empty configuration") {
  CHECK(error_of(sets({}, "/nonexistent.toml")).starts_with("/nonexistent.toml: cannot be read"));
}

TEST_CASE("the default configuration loads back to the defaults") {
  Config defaults;
  Schema schema;
  describe(schema, defaults);
  const std::string file = schema.to_toml();
  const auto settings = read_toml(file, "default");
  REQUIRE(settings.ok());
  CHECK(settings->size() == schema.paths().size());
  Config loaded;
  Schema other;
  describe(other, loaded);
  for (const Setting& setting : *settings) {
    const auto applied = other.apply(setting);
    CHECK_MESSAGE(applied.ok(), setting.path);
  }
  CHECK(other.to_toml() == file);
  CHECK(loaded.rules.empty());
}

TEST_CASE("what the empty texts stand for is filled in") {
  const auto config = read_config(sets({{"gateway.instance", "2"}, {"gateway.listen.hosts", "localhost,::1"}}),
                                  {{"HOME", "/home/u"}, {"CELL0_STATE_DIR", "/var/tmp/c"}}, kProgram);
  REQUIRE(config.ok());
  CHECK(config->state.dir == "/var/tmp/c");
  CHECK(config->gateway.name.starts_with("gw-"));
  CHECK(config->gateway.name.ends_with("-2"));
  CHECK(config->gateway.admin_listener_port() == 9612);
  CHECK(config->gateway.listen.hosts == std::vector<std::string>{"127.0.0.1", "::1"});
  CHECK(config->emit.kernel.socket == "/var/tmp/c/kernel.sock");
  CHECK(config->emit.chat.socket == "/var/tmp/c/chat.sock");
}

TEST_CASE("without a state.dir it has a default place") {
  const auto config = read_config(sets({}), {{"HOME", "/home/u"}}, kProgram);
  REQUIRE(config.ok());
  CHECK(config->state.dir == (::geteuid() == 0 ? "/var/lib/cell0" : "/home/u/.local/state/cell0"));
}

TEST_CASE("a gateway beyond loopback must be told that anonymous clients are meant") {
  CHECK(error_of(sets({{"gateway.listen.hosts", "0.0.0.0"}}), {}, kGateway)
            .starts_with("gateway.listen.hosts: 0.0.0.0 is reachable from other machines"));
  CHECK(error_of(sets({{"gateway.listen.hosts", "0.0.0.0"}, {"gateway.auth.allow_anonymous", "true"}}), {}, kGateway) ==
        "");
  CHECK(error_of(sets({{"gateway.listen.hosts", ""}}), {}, kGateway).find("an empty list") != std::string::npos);
}

TEST_CASE("a gateway beyond loopback may start if clients without a token may do nothing") {
  CHECK(error_of(sets({{"gateway.listen.hosts", "0.0.0.0"}, {"gateway.auth.anonymous_scopes", ""}}), {}, kGateway) ==
        "");
  CHECK(error_of(sets({{"gateway.auth.anonymous_scopes", "read"}})).find("a scope like") != std::string::npos);
}

TEST_CASE("the keys of issuers come from the file") {
  const auto error = [](const std::string& text) {
    const TemporaryFile file(text);
    return error_of(sets({}, file.path()), {}, kGateway);
  };
  const TemporaryFile file(
      "[gateway.auth]\ntoken_hours = 2\n[[gateway.auth.key]]\nalgorithm = 'ES256'\nfile = '/k'\nkid = 'a'\n"
      "[[gateway.auth.key]]\nfile = '/l'\n");
  const auto config = read_config(sets({}, file.path()), {{"HOME", "/h"}}, kGateway);
  REQUIRE(config.ok());
  const auto& keys = config->gateway.auth.keys;
  REQUIRE(keys.size() == 2);
  CHECK(keys[0].algorithm == auth::Algorithm::kEs256);
  CHECK(keys[0].kid == "a");
  CHECK(keys[1].algorithm == auth::Algorithm::kRs256);
  CHECK(error("[[gateway.auth.key]]\nkid = 'x'\n").find("gateway.auth.key[0].file: missing") == 0);
  CHECK(error("[[gateway.auth.key]]\nalgorithm = 'none'\n").find("one of") != std::string::npos);
  CHECK(error("[gateway.auth]\ntoken_hours = 48\ntoken_hours_max = 24\n").find("token_hours_max") != std::string::npos);
}

TEST_CASE("a gateway's ports are distinct and exist") {
  CHECK(error_of(sets({{"gateway.listen.api", "8080"}}), {}, kGateway) ==
        "gateway.listen.api: 8080 is the port of gateway.listen.http already");
  CHECK(error_of(sets({{"gateway.listen.api", "0"}, {"gateway.listen.cell0d", "0"}}), {}, kGateway) == "");
  CHECK(error_of(sets({{"gateway.admin_port", "65535"}, {"gateway.instance", "1"}}), {}, kGateway) ==
        "gateway.admin_port + instance: 65536 is not a port (1-65535)");
}

TEST_CASE("errors beyond the twentieth are counted") {
  CommandLine line;
  for (int i = 0; i < 25; ++i) line.settings.push_back({"--set", "no.such" + std::to_string(i), std::string(), true});
  CHECK(error_of(line).ends_with("\nand 5 more"));
}
