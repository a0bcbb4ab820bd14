#include "emitters/runners/command_output.h"

#include <doctest/doctest.h>

#include "tests/unit/emitters/runners/run_log.h"

namespace cell0::emit {
namespace {

using Lines = std::vector<std::string>;

struct Fixture {
  RunLog log;
  RunOutput output{log, 1 << 20};
  CommandOutput command{output, true};
};

struct Row {
  const char* why;
  std::string printed;
  Lines expected;
};

TEST_CASE("lines of a command are understood, and everything else is text") {
  const std::vector<Row> rows = {
      {"plain text", "hello\nworld\n", {"text: hello\nworld\n"}},
      {"not JSON", "{oops\n", {"text: {oops\n"}},
      {"JSON of another kind", "{\"level\":\"info\"}\n", {"text: {\"level\":\"info\"}\n"}},
      {"an unknown type", "{\"type\":\"dance\"}\n", {"text: {\"type\":\"dance\"}\n"}},
      {"a call without a name", "{\"type\":\"tool_call\"}\n", {"text: {\"type\":\"tool_call\"}\n"}},
      {"a name that is none", "{\"type\":\"tool_call\",\"name\":7}\n", {"text: {\"type\":\"tool_call\",\"name\":7}\n"}},
      {"a brace within a line",
       "a {\"type\":\"text\",\"text\":\"x\"}\n",
       {"text: a {\"type\":\"text\",\"text\":\"x\"}\n"}},
      {"text", "{\"type\":\"text\",\"text\":\"a\\nb\"}\n", {"text: a\nb"}},
      {"thinking", "{\"type\":\"thinking\",\"text\":\"hm\"}\n", {"thinking: hm"}},
      {"a call", "{\"type\":\"tool_call\",\"name\":\"ls\",\"input\":{\"a\":1}}\n", {"start ls {\"a\":1}"}},
      {"a call without input", "{\"type\":\"tool_call\",\"name\":\"ls\"}\n", {"start ls {}"}},
      {"a result", "{\"type\":\"tool_result\",\"name\":\"ls\",\"result\":[1]}\n", {"result ls [1]"}},
      {"a failed call", "{\"type\":\"tool_result\",\"name\":\"ls\",\"error\":\"no\"}\n", {"result ls no"}},
      {"the last line without its end", "{\"type\":\"thinking\",\"text\":\"hm\"}", {"thinking: hm"}},
      {"text around", "a\n{\"type\":\"thinking\",\"text\":\"b\"}\nc", {"text: a\n", "thinking: b", "text: c"}},
      {"a carriage return", "{\"type\":\"thinking\",\"text\":\"b\"}\r\n", {"thinking: b"}},
      {"two in a row",
       "{\"type\":\"text\",\"text\":\"a\"}\n{\"type\":\"text\",\"text\":\"b\"}\n",
       {"text: a", "text: b"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    Fixture whole;
    CHECK(whole.command.feed(row.printed));
    CHECK(whole.command.finish());
    CHECK(whole.log.lines == row.expected);
    Fixture bytewise;
    for (const char byte : row.printed) CHECK(bytewise.command.feed({&byte, 1}));
    CHECK(bytewise.command.finish());
    CHECK(bytewise.log.text() == whole.log.text());
  }
}

TEST_CASE_FIXTURE(Fixture, "text without a line's end is passed on at once") {
  CHECK(command.feed("no end"));
  CHECK(log.lines == Lines{"text: no end"});
}

TEST_CASE_FIXTURE(Fixture, "a line that is too long to be JSON is text") {
  const std::string line = "{" + std::string(CommandOutput::kLineBytesMax, 'x');
  CHECK(command.feed(line));
  CHECK(log.text() == line);
  CHECK(command.feed("{\"type\":\"thinking\",\"text\":\"still the same line\"}\n"));
  CHECK(log.lines.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "what the task used and came to are kept") {
  CHECK(command.feed("{\"type\":\"usage\",\"tokens\":12}\n{\"type\":\"result\",\"result\":{\"files\":2}}\n"));
  CHECK(command.result_json() == "{\"files\":2}");
  output.succeed("{}");
  CHECK(log.end->tokens == 12);
  CHECK_FALSE(log.end->tokens_counted);
}

TEST_CASE("without JSON lines all of it is text") {
  RunLog log;
  RunOutput output(log, 1000);
  CommandOutput command(output, false);
  CHECK(command.feed("{\"type\":\"thinking\",\"text\":\"hm\"}\n"));
  CHECK(log.lines == Lines{"text: {\"type\":\"thinking\",\"text\":\"hm\"}\n"});
}

TEST_CASE("the beginning of a long text is kept, in whole code points") {
  RunLog log;
  RunOutput output(log, 1 << 20);
  for (std::size_t i = 0; i < kResultTextMax; ++i) CHECK(output.chunk(ChunkType::kText, "€"));
  output.succeed("{}");
  CHECK(log.end->text_cut);
  CHECK(log.end->text.size() == kResultTextMax / 3 * 3);
}

}  // namespace
}  // namespace cell0::emit
