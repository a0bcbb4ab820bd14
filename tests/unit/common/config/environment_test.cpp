#include "common/config/environment.h"

#include <doctest/doctest.h>

#include "common/config/config.h"

using namespace cell0;

namespace {

struct Fixture {
  Fixture() { describe(schema, config); }

  std::vector<Setting> read(const Environment& environment) { return read_environment(environment, schema, errors); }

  Config config;
  Schema schema;
  std::vector<Error> errors;
};

}  // namespace

TEST_CASE("every key has a variable of its own") {
  Fixture f;
  std::map<std::string, std::string> path_of;
  for (const std::string& path : f.schema.paths()) {
    const std::string variable = Schema::variable_of(path);
    CAPTURE(path);
    CHECK(path_of.count(variable) == 0);
    path_of[variable] = path;
  }
  CHECK(path_of["CELL0_GATEWAY_LISTEN_HTTP"] == "gateway.listen.http");
  CHECK(path_of["CELL0_STATE_DIR"] == "state.dir");
}

TEST_CASE("variables become settings; those of seeds come first, so that ours win") {
  Fixture f;
  const auto settings = f.read({{"CELL0_GATEWAY_LISTEN_HTTP", "8081"}, {"CELL0D_HTTP_PORT", "8082"}});
  REQUIRE(settings.size() == 2);
  CHECK(settings[0].where == "CELL0D_HTTP_PORT");
  CHECK(settings[0].path == "gateway.listen.http");
  CHECK(settings[1].where == "CELL0_GATEWAY_LISTEN_HTTP");
  CHECK(settings[1].untyped);
  CHECK(f.errors.empty());
}

TEST_CASE("all aliases of the seeds are known keys") {
  Fixture f;
  const auto settings = f.read({{"CELL0D_WS_HOST", "0.0.0.0"},
                                {"CELL0D_WS_PORT", "1"},
                                {"CELL0D_HTTP_PORT", "2"},
                                {"CELL0D_LOG_LEVEL", "INFO"},
                                {"CELL0_GATEWAY_HOST", "::1"},
                                {"CELL0_GATEWAY_PORT", "3"},
                                {"CELL0_HEARTBEAT_INTERVAL", "10"},
                                {"CELL0_HEARTBEAT_TIMEOUT", "20"}});
  CHECK(settings.size() == 8);
  CHECK(f.errors.empty());
  for (const Setting& setting : settings) {
    CAPTURE(setting.where);
    CHECK(f.schema.apply(setting).ok());
  }
}

TEST_CASE("a variable that begins like a section and is no key is an error, others are not ours") {
  Fixture f;
  CHECK(f.read({{"CELL0_GATEWAY_LISTEN_HTPT", "1"}, {"CELL0_URL", "x"}, {"CELL0", "y"}, {"HOME", "/"}}).empty());
  REQUIRE(f.errors.size() == 1);
  CHECK(f.errors[0].text ==
        "CELL0_GATEWAY_LISTEN_HTPT is not a key's variable, did you mean CELL0_GATEWAY_LISTEN_HTTP?");
}
