#include "emitters/log/entry.h"

#include <doctest/doctest.h>

#include "common/json.h"

using namespace cell0;
using namespace cell0::emit;

TEST_CASE("a plain line is its own message") {
  const LogEntry entry = entry_of_line("2026-11-20 ERROR it burns", false, "app");
  CHECK(entry.level == LineLevel::kError);
  CHECK(entry.message == "2026-11-20 ERROR it burns");
  CHECK(entry.logger == "app");
  CHECK(entry.metadata_json.empty());
  CHECK(entry_of_line("bad \xff", false, "app").message == "bad \xEF\xBF\xBD");
}

TEST_CASE("a JSON line is understood; one that is not quite is text") {
  const LogEntry entry = entry_of_line(R"({"level":"warning","msg":"odd","logger":"db","n":1})", false, "app");
  CHECK(entry.level == LineLevel::kWarn);
  CHECK(entry.message == "odd");
  CHECK(entry.logger == "db");
  CHECK(entry.metadata_json == R"({"level":"warning","msg":"odd","logger":"db","n":1})");
  for (const char* line : {R"({"level":"error"})", R"({"message":7})", R"({"message":"cut)", "{}"}) {
    CAPTURE(line);
    CHECK(entry_of_line(line, false, "app").message == line);
  }
  CHECK(entry_of_line(R"({"message":"x"})", true, "app").message == R"({"message":"x"})");  // cut: no JSON for sure
}

TEST_CASE("an entry of the journal") {
  const auto entry = entry_of_journal(
      R"({"MESSAGE":"Started x","PRIORITY":"3","SYSLOG_IDENTIFIER":"systemd","_SYSTEMD_UNIT":"init.scope",)"
      R"("_PID":"1","__REALTIME_TIMESTAMP":"1770000000000001","__CURSOR":"s=1"})");
  REQUIRE(entry.has_value());
  CHECK(entry->level == LineLevel::kError);
  CHECK(entry->message == "Started x");
  CHECK(entry->logger == "systemd");
  CHECK(entry->program == "systemd");
  CHECK(entry->time_us == 1770000000000001);
  CHECK(entry->metadata_json == R"({"origin":"journald","unit":"init.scope","pid":1})");
  CHECK(journal_cursor(R"({"__CURSOR":"s=1"})") == "s=1");
}

TEST_CASE("a journal's message may be bytes, too large, or missing") {
  CHECK(entry_of_journal(R"({"MESSAGE":[104,105,255]})")->message == "hi\xEF\xBF\xBD");
  CHECK_FALSE(entry_of_journal(R"({"MESSAGE":null})").has_value());
  CHECK_FALSE(entry_of_journal(R"({"PRIORITY":"3"})").has_value());
  CHECK_FALSE(entry_of_journal("no json").has_value());
  CHECK(journal_cursor("no json").empty());
}

TEST_CASE("cell0's own routine makes no events, its troubles do, and the log emitter's never") {
  const struct {
    const char* line;
    bool noise;
  } rows[] = {{R"({"level":"info","program":"cell0-broker","message":"m"})", true},
              {R"({"level":"warn","program":"cell0-broker","message":"m"})", false},
              {R"({"level":"error","program":"cell0-gateway","message":"m"})", false},
              {R"({"level":"error","program":"cell0-emit-log","message":"m"})", true},
              {R"({"level":"info","program":"nginx","message":"m"})", false},
              {"cell0-broker says INFO", false}};
  for (const auto& row : rows) {
    CAPTURE(row.line);
    CHECK(own_noise(entry_of_line(row.line, false, "x")) == row.noise);
  }
  const auto journal =
      entry_of_journal(R"({"MESSAGE":"{\"level\":\"info\",\"program\":\"cell0-broker\",\"message\":\"m\"}"})");
  REQUIRE(journal.has_value());
  CHECK(own_noise(*journal));
}
