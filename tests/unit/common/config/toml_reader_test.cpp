#include "common/config/toml_reader.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

using namespace cell0;

TEST_CASE("a file becomes settings with dotted paths and lines") {
  const auto settings = read_toml(
      "[log]\n"
      "level = 'warn'\n"
      "[gateway]\n"
      "listen.http = 8081\n"
      "[gateway.auth]\n"
      "allow_anonymous = true\n"
      "allowed_origins = ['a',\n 'b']\n"
      "[[rule]]\n"
      "topic = 'events'\n"
      "[[rule]]\n"
      "count = 5\n"
      "[emit.demo]\n"
      "rate = 2.5\n",
      "f.toml");
  REQUIRE(settings.ok());
  std::map<std::string, Setting> by_path;
  for (const Setting& setting : *settings) by_path[setting.path] = setting;
  CHECK(by_path.size() == 7);
  CHECK(by_path["log.level"].where == "f.toml:2");
  CHECK(by_path["log.level"].value == ConfigValue(std::string("warn")));
  CHECK(by_path["gateway.listen.http"].value == ConfigValue(std::int64_t{8081}));
  CHECK(by_path["gateway.listen.http"].where == "f.toml:4");
  CHECK(by_path["gateway.auth.allow_anonymous"].value == ConfigValue(true));
  CHECK(by_path["gateway.auth.allowed_origins"].value == ConfigValue(std::vector<std::string>{"a", "b"}));
  CHECK(by_path["rule[0].topic"].where == "f.toml:10");
  CHECK(by_path["rule[1].count"].value == ConfigValue(std::int64_t{5}));
  CHECK(by_path["emit.demo.rate"].value == ConfigValue(2.5));
  CHECK(!by_path["log.level"].untyped);
}

TEST_CASE("what is not TOML, or holds what no key takes, is an error with its place") {
  CHECK(read_toml("[log\nlevel = 1", "f").error().text.starts_with("f:1:"));
  CHECK(read_toml("a = 1\na = 2", "f").error().text.starts_with("f:2:"));
  CHECK(read_toml("\nwhen = 2026-01-01", "f").error().text.starts_with("f:2: when is a date or time"));
  CHECK(read_toml("n = [1, 2]", "f").error().text == "f:1: n is a list of other things than texts");
  CHECK(read_toml("n = ['a', {b = 1}]", "f").error().text == "f:1: n is a list that mixes texts and tables");
  CHECK(read_toml("n = ['a', ['b']]", "f").error().text == "f:1: n is a list of other things than texts");
  CHECK(!read_toml("\xFF = 1", "f").ok());
}

TEST_CASE("a file that cannot be read is named") {
  const auto missing = read_toml_file("/nonexistent/cell0.toml");
  CHECK(missing.error().code == ErrorCode::kNotFound);
  CHECK(missing.error().text.starts_with("/nonexistent/cell0.toml: cannot be read"));
  CHECK(read_toml_file("/").error().text.find("Is a directory") != std::string::npos);
}

TEST_CASE("a file beyond the limit is refused, not read to its end") {
  char path[] = "/tmp/cell0-toml-XXXXXX";
  const int fd = ::mkstemp(path);
  REQUIRE(fd >= 0);
  ::close(fd);
  std::ofstream(path) << "[log]\nlevel = \"info\" #" << std::string(kConfigFileBytesMax, 'x');
  CHECK(read_toml_file(path).error().code == ErrorCode::kTooLarge);
  std::ofstream(path) << "[log]\nlevel = \"info\"\n";
  const auto settings = read_toml_file(path);
  REQUIRE(settings.ok());
  CHECK(settings->at(0).where == std::string(path) + ":2");
  ::unlink(path);
}
