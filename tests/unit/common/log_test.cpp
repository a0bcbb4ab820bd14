#include "common/log.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "common/json.h"
#include "common/utf8.h"

using namespace cell0;

namespace {

struct Lines {
  std::vector<std::string> lines;

  Log::Sink sink() {
    return [this](std::string_view line) { lines.emplace_back(line); };
  }
};

}  // namespace

TEST_CASE("a JSON line holds time, level, program, text and the fields with their types") {
  Lines out;
  Log log({.program = "cell0-gateway", .format = LogFormat::kJson}, out.sink());
  const std::string link = "control";
  log.warn("broker link down", {{"since_ms", 1200}, {"link", link}, {"up", false}, {"load", 0.5}, {"bytes", 7u}});
  REQUIRE(out.lines.size() == 1);
  const auto line = parse_json(out.lines[0]);
  REQUIRE(line.ok());
  CHECK(json_string(*line, "time")->ends_with("Z"));
  CHECK(json_string(*line, "level") == "warn");
  CHECK(json_string(*line, "program") == "cell0-gateway");
  CHECK(json_string(*line, "message") == "broker link down");
  CHECK(json_int(*line, "since_ms") == 1200);
  CHECK(json_string(*line, "link") == "control");
  CHECK(json_bool(*line, "up") == false);
  CHECK(json_number(*line, "load") == 0.5);
  CHECK(json_uint(*line, "bytes") == 7u);
}

TEST_CASE("a JSON line is valid JSON on one line, whatever bytes are logged") {
  Lines out;
  Log log({.program = "p", .format = LogFormat::kJson}, out.sink());
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  log.error(every, {{"value", every}, {"nan", std::numeric_limits<double>::quiet_NaN()}});
  REQUIRE(out.lines.size() == 1);
  CHECK(parse_json(out.lines[0]).ok());
  CHECK(out.lines[0].find('\n') == std::string::npos);
}

TEST_CASE("a text line is one line of UTF-8 without control characters") {
  Lines out;
  Log log({.program = "p", .format = LogFormat::kText}, out.sink());
  log.info("up\n\x1B[31m\xFF", {{"where", "a b"}, {"empty", ""}, {"n", 3}, {"ok", true}});
  REQUIRE(out.lines.size() == 1);
  CHECK(out.lines[0].ends_with(" info  p: up\\x0a\\x1b[31m\xEF\xBF\xBD where=\"a b\" empty=\"\" n=3 ok=true"));
  CHECK(is_utf8(out.lines[0]));
}

TEST_CASE("lines below the level are not made, and the level can change") {
  Lines out;
  Log log({.program = "p", .level = LogLevel::kWarn, .format = LogFormat::kJson}, out.sink());
  log.info("quiet");
  CHECK(out.lines.empty());
  CHECK(!log.enabled(LogLevel::kInfo));
  log.set_level(LogLevel::kDebug);
  log.debug("loud");
  CHECK(out.lines.size() == 1);
  log.set_level(LogLevel::kOff);
  log.error("silence");
  CHECK(out.lines.size() == 1);
}

TEST_CASE("braces in a text are not a format") {
  Lines out;
  Log log({.program = "p", .format = LogFormat::kText}, out.sink());
  log.info("{} {0} {{");
  CHECK(out.lines.at(0).ends_with("p: {} {0} {{"));
}

TEST_CASE("a throttle lets one line through per interval and counts the others") {
  ManualClock clock;
  LogThrottle throttle(std::chrono::seconds(10));
  REQUIRE(throttle.admit(clock.mono()));
  for (int i = 0; i < 5; ++i) CHECK(!throttle.admit(clock.mono()));
  clock.advance(std::chrono::seconds(10));
  const auto pass = throttle.admit(clock.mono());
  REQUIRE(pass);
  CHECK(pass->suppressed == 5);
  clock.advance(std::chrono::seconds(10));
  CHECK(throttle.admit(clock.mono())->suppressed == 0);
}
