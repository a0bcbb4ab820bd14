#include "common/time_text.h"

#include <doctest/doctest.h>

using namespace cell0;

TEST_CASE("what is not a time is refused, with what would be right") {
  for (const char* text : {"",
                           "now",
                           "2026",
                           "2026-02-12",
                           "2026-02-12T10:30Z",
                           "2026-02-12T10:30:00",
                           "26-02-12T10:30:00Z",
                           "2026-13-12T10:30:00Z",
                           "2026-02-30T10:30:00Z",
                           "2026-02-12T24:00:00Z",
                           "2026-02-12T10:60:00Z",
                           "2026-02-12T10:30:61Z",
                           "2026-02-12T10:30:00.Z",
                           "2026-02-12T10:30:00+1:00",
                           "2026-02-12T10:30:00+24:00",
                           "2026-02-12T10:30:00+01:60",
                           "2026-02-12T10:30:00Zx",
                           "@",
                           "@-1",
                           "@1.",
                           "@1e9",
                           "@1770892200 ",
                           "@99999999999999",
                           "1770892200"}) {
    CAPTURE(text);
    const auto time = parse_time(text);
    REQUIRE_FALSE(time.ok());
    CHECK(time.error().text.find("is not a time (2026-02-12T10:30:00Z") != std::string::npos);
  }
}

TEST_CASE("RFC 3339 and seconds since 1970") {
  struct Row {
    const char* text;
    const char* utc;
  };
  const Row rows[] = {
      {"2026-02-12T10:30:00Z", "2026-02-12T10:30:00.000000Z"},
      {"2026-02-12t10:30:00.5z", "2026-02-12T10:30:00.500000Z"},
      {"2026-02-12 10:30:00.123456789Z", "2026-02-12T10:30:00.123456Z"},
      {"2026-02-12T11:30:00+01:00", "2026-02-12T10:30:00.000000Z"},
      {"2026-02-12T00:15:00.25-10:15", "2026-02-12T10:30:00.250000Z"},
      {"2024-02-29T23:59:60Z", "2024-03-01T00:00:00.000000Z"},
      {"@0", "1970-01-01T00:00:00.000000Z"},
      {"@1770892200", "2026-02-12T10:30:00.000000Z"},
      {"@1770892200.000007", "2026-02-12T10:30:00.000007Z"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto time = parse_time(row.text);
    REQUIRE(time.ok());
    CHECK(to_iso8601(*time) == row.utc);
  }
}
