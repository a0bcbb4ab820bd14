#include "common/config/schema.h"

#include <doctest/doctest.h>

#include <limits>

#include "common/config/toml_reader.h"

using namespace cell0;

namespace {

enum class Colour { kRed, kBlue };

struct Part {
  std::uint16_t port = 80;
  std::uint16_t off = 0;
  std::size_t bytes = 100;
  std::chrono::milliseconds wait{250};
  bool flag = true;
  double rate = 2.0;
  std::string name = "a \"quoted\"\nline";
  std::vector<std::string> hosts = {"::1"};
  Colour colour = Colour::kBlue;
};

struct Row {
  std::string topic;
  int count = 0;
};

struct Fixture {
  Fixture() {
    ConfigSection& section = schema.section("part.one",
                                            "A part, with a doc that is long enough to be wrapped once it "
                                            "is written as a comment over its section in the file.");
    section.port("port", part.port, "A port.");
    section.optional_port("off", part.off, "Another.");
    section.integer("bytes_max", part.bytes, 1, 1000, "Bytes.");
    section.duration("wait_ms", part.wait, 0, 1000, "Milliseconds.");
    section.flag("flag", part.flag, "A flag.");
    section.number("rate", part.rate, 0.5, 10, "A rate.");
    section.text("name", part.name, {[](std::string_view) { return true; }, "any text"}, "A name.");
    section.list("hosts", part.hosts, kAddress, "Hosts.");
    section.choice("colour", part.colour, {{"red", Colour::kRed}, {"blue", Colour::kBlue}}, "A colour.");
    schema.rows<Row>("row", "Rows.", rows, [](ConfigSection& row, Row& to) {
      row.text("topic", to.topic, kTopicPrefix, "A topic.");
      row.integer("count", to.count, 0, 9, "A count.");
    });
  }

  std::string error_of(std::string path, ConfigValue value, bool untyped = false) {
    const auto applied = schema.apply({"here:1", std::move(path), std::move(value), untyped});
    return applied.ok() ? "" : applied.error().text;
  }

  Part part;
  std::vector<Row> rows;
  Schema schema;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("values of a file go where they belong") {
  Fixture f;
  CHECK(f.error_of("part.one.port", std::int64_t{8080}) == "");
  CHECK(f.error_of("part.one.wait_ms", std::int64_t{30}) == "");
  CHECK(f.error_of("part.one.flag", false) == "");
  CHECK(f.error_of("part.one.rate", std::int64_t{3}) == "");
  CHECK(f.error_of("part.one.hosts", Texts{"127.0.0.1", "localhost"}) == "");
  CHECK(f.error_of("part.one.colour", std::string("RED")) == "");
  CHECK(f.part.port == 8080);
  CHECK(f.part.wait == std::chrono::milliseconds(30));
  CHECK(!f.part.flag);
  CHECK(f.part.rate == 3.0);
  CHECK(f.part.hosts == Texts{"127.0.0.1", "localhost"});
  CHECK(f.part.colour == Colour::kRed);
}

TEST_CASE("texts of the environment and of flags are read as the key wants them") {
  Fixture f;
  CHECK(f.error_of("part.one.port", std::string("8080"), true) == "");
  CHECK(f.error_of("part.one.flag", std::string("no"), true) == "");
  CHECK(f.error_of("part.one.rate", std::string("2.5"), true) == "");
  CHECK(f.error_of("part.one.name", std::string("true"), true) == "");
  CHECK(f.error_of("part.one.hosts", std::string("127.0.0.1, ::1"), true) == "");
  CHECK(f.part.port == 8080);
  CHECK(!f.part.flag);
  CHECK(f.part.rate == 2.5);
  CHECK(f.part.name == "true");
  CHECK(f.part.hosts == Texts{"127.0.0.1", "::1"});
  CHECK(f.error_of("part.one.hosts", std::string(), true) == "");
  CHECK(f.part.hosts.empty());
}

TEST_CASE("an error names source, key, value and what is right") {
  Fixture f;
  CHECK(f.error_of("part.one.port", std::int64_t{80800}) == "here:1: part.one.port: 80800 is not a port (1-65535)");
  CHECK(f.error_of("part.one.port", std::string("80800"), true) ==
        "here:1: part.one.port: 80800 is not a port (1-65535)");
  CHECK(f.error_of("part.one.port", std::int64_t{0}) == "here:1: part.one.port: 0 is not a port (1-65535)");
  CHECK(f.error_of("part.one.port", std::string("8080")) == "here:1: part.one.port: \"8080\" is not a port (1-65535)");
  CHECK(f.error_of("part.one.off", std::int64_t{-1}) ==
        "here:1: part.one.off: -1 is not a port (1-65535, or 0 for none)");
  CHECK(f.error_of("part.one.bytes_max", std::string("12k"), true) ==
        "here:1: part.one.bytes_max: 12k is not a whole number from 1 to 1000");
  CHECK(f.error_of("part.one.bytes_max", 1.5) ==
        "here:1: part.one.bytes_max: 1.5 is not a whole number from 1 to 1000");
  CHECK(f.error_of("part.one.flag", std::string("maybe"), true) == "here:1: part.one.flag: maybe is not true or false");
  CHECK(f.error_of("part.one.rate", 0.25) == "here:1: part.one.rate: 0.25 is not a number from 0.5 to 10");
  CHECK(f.error_of("part.one.rate", std::numeric_limits<double>::quiet_NaN()).find("is not a number from") !=
        std::string::npos);
  CHECK(f.error_of("part.one.colour", std::string("green"), true) ==
        "here:1: part.one.colour: green is not one of red, blue");
  CHECK(f.error_of("part.one.hosts", Texts{"example"}) ==
        "here:1: part.one.hosts: [\"example\"] is not a list, each item an IP address like 127.0.0.1 or ::1, or "
        "localhost");
  CHECK(f.part.port == 80);
  CHECK(f.part.hosts == Texts{"::1"});
}

TEST_CASE("an unknown key is an error that suggests the nearest") {
  Fixture f;
  CHECK(f.error_of("part.one.prot", true) == "here:1: part.one.prot is not a key, did you mean part.one.port?");
  CHECK(f.error_of("patr.one.wait_ms", true) ==
        "here:1: patr.one.wait_ms is not a key, did you mean part.one.wait_ms?");
  CHECK(f.error_of("quite.another.colour", true) ==
        "here:1: quite.another.colour is not a key, did you mean part.one.colour?");
  CHECK(f.error_of("xyz", true) == "here:1: xyz is not a key");
  CHECK(f.error_of("part.one", true).starts_with("here:1: part.one is not a key"));
  CHECK(f.error_of("", true) == "here:1:  is not a key");
}

TEST_CASE("tables of an array become rows, each with its own defaults") {
  Fixture f;
  CHECK(f.error_of("row[0].topic", std::string("events")) == "");
  CHECK(f.error_of("row[1].count", std::int64_t{7}) == "");
  REQUIRE(f.rows.size() == 2);
  CHECK(f.rows[0].topic == "events");
  CHECK(f.rows[0].count == 0);
  CHECK(f.rows[1].count == 7);
  CHECK(f.error_of("row[1].count", std::int64_t{10}) == "here:1: row[1].count: 10 is not a whole number from 0 to 9");
  CHECK(f.error_of("row[1].topik", true) == "here:1: row[1].topik is not a key, did you mean topic?");
  CHECK(f.error_of("row.topic", true).ends_with("each row is a table of its own in the file: [[row]]"));
  CHECK(f.error_of("row[1000].count", std::int64_t{1}) == "here:1: more than 1000 [[row]] tables");
  CHECK(f.error_of("row[99999999999999999999].count", std::int64_t{1}).find("is not a key") != std::string::npos);
  CHECK(f.error_of("row[x].count", std::int64_t{1}).find("is not a key") != std::string::npos);
  CHECK(f.error_of("wor[0].count", std::int64_t{1}).find("is not a key") != std::string::npos);
}

TEST_CASE("the written file loads back to the same values") {
  Fixture f;
  const std::string file = f.schema.to_toml();
  Fixture other;
  other.part = Part{1, 1, 1, std::chrono::milliseconds(1), false, 1.0, "", {}, Colour::kRed};
  const auto settings = read_toml(file, "file");
  REQUIRE(settings.ok());
  CHECK(settings->size() == 9);
  for (const Setting& setting : *settings) CHECK(other.schema.apply(setting).ok());
  CHECK(other.schema.to_toml() == file);
  CHECK(other.part.name == f.part.name);
  CHECK(other.part.rate == f.part.rate);
}

TEST_CASE("the written file comments every key and stays narrow") {
  Fixture f;
  const std::string file = f.schema.to_toml();
  CHECK(file.find("# A port. Must be a port (1-65535). [CELL0_PART_ONE_PORT]\nport = 80\n") != std::string::npos);
  CHECK(file.find("# [[row]]\n# A topic. Must be") != std::string::npos);
  CHECK(file.find("\n# topic = \"\"\n") != std::string::npos);
  std::size_t start = 0;
  for (std::size_t end = file.find('\n'); end != std::string::npos; end = file.find('\n', start)) {
    CHECK(end - start <= 120);
    start = end + 1;
  }
}
