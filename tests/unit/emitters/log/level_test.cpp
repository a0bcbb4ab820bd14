#include "emitters/log/level.h"

#include <doctest/doctest.h>

using namespace cell0::emit;

TEST_CASE("the level of a line") {
  const struct {
    const char* line;
    LineLevel level;
  } rows[] = {
      {"", LineLevel::kInfo},
      {"nothing in particular", LineLevel::kInfo},
      {"there was no error at all", LineLevel::kInfo},
      {"terror and warnings galore", LineLevel::kInfo},
      {"2026-11-20 10:00:00 ERROR disk: it burns", LineLevel::kError},
      {"2026/11/20 10:00:00 [error] 123#0: upstream", LineLevel::kError},
      {"E1120 WARNING: odd", LineLevel::kWarn},
      {"[WARN] odd", LineLevel::kWarn},
      {"time=1 level=warning msg=odd", LineLevel::kWarn},
      {"error: no such file", LineLevel::kError},
      {"fatal: not a repository", LineLevel::kCritical},
      {"kernel: CRITICAL temperature", LineLevel::kCritical},
      {"DEBUG x ERROR y", LineLevel::kDebug},
      {"<3>something", LineLevel::kError},
      {"<12>something", LineLevel::kWarn},
      {"<0>something", LineLevel::kCritical},
      {"<7>something", LineLevel::kDebug},
      {"<1234>INFO", LineLevel::kInfo},
      {"<", LineLevel::kInfo},
      {"ERRORS", LineLevel::kInfo},
  };
  for (const auto& row : rows) {
    CAPTURE(row.line);
    CHECK(name_of(detect_level(row.line)) == name_of(row.level));
  }
}

TEST_CASE("a level far into the line is prose") {
  CHECK(detect_level(std::string(200, '.') + " ERROR") == LineLevel::kInfo);
}

TEST_CASE("spellings of levels") {
  CHECK(parse_level("Warning") == LineLevel::kWarn);
  CHECK(parse_level("ERR") == LineLevel::kError);
  CHECK(parse_level("panic") == LineLevel::kCritical);
  CHECK(parse_level("trace") == LineLevel::kDebug);
  CHECK_FALSE(parse_level("").has_value());
  CHECK_FALSE(parse_level("errors").has_value());
}
