#include "emitters/runners/sse_parser.h"

#include <doctest/doctest.h>

#include <vector>

namespace cell0::emit {
namespace {

using Events = std::vector<std::string>;

Result<void> feed(SseParser& parser, std::string_view bytes, Events& events) {
  return parser.feed(bytes, [&](std::string_view data) {
    events.emplace_back(data);
    return true;
  });
}

TEST_CASE("what is no event stream is refused") {
  for (const char* bytes : {"<html>\n", "{\"error\":1}\n", "dat: x\n", "DATA: x\n"}) {
    CAPTURE(bytes);
    SseParser parser;
    Events events;
    const auto fed = feed(parser, bytes, events);
    REQUIRE_FALSE(fed.ok());
    CHECK(fed.error().code == ErrorCode::kInvalid);
  }
}

TEST_CASE("a line and an event have a bound") {
  SseParser parser;
  Events events;
  CHECK(feed(parser, "data: ", events).ok());
  CHECK(feed(parser, std::string(SseParser::kEventBytesMax + 1, 'x'), events).error().code == ErrorCode::kTooLarge);
  SseParser many;
  const std::string line = "data: " + std::string(100'000, 'x') + "\n";
  Result<void> fed;
  for (int i = 0; i < 11 && fed.ok(); ++i) fed = feed(many, line, events);
  CHECK_FALSE(fed.ok());
  CHECK(events.empty());
}

struct Row {
  const char* why;
  std::string bytes;
  Events expected;
};

TEST_CASE("events come out with their data, however their lines end and wherever they are cut") {
  const std::vector<Row> rows = {
      {"line feeds", "data: a\n\ndata: b\n\n", {"a", "b"}},
      {"carriage returns and line feeds", "data: a\r\n\r\ndata: b\r\n\r\n", {"a", "b"}},
      {"carriage returns", "data: a\r\rdata: b\r\r", {"a", "b"}},
      {"no blank after the colon", "data:a\n\n", {"a"}},
      {"two blanks: one is data", "data:  a\n\n", {" a"}},
      {"lines of one event", "data: a\ndata: b\n\n", {"a\nb"}},
      {"an empty line of data", "data\ndata: b\n\n", {"\nb"}},
      {"comments and other fields", ": hello\nevent: x\nid: 7\nretry: 10\ndata: a\n\n", {"a"}},
      {"an event without data is none", "event: x\n\n\n\ndata: a\n\n", {"a"}},
      {"a byte order mark",
       "\xEF\xBB\xBF"
       "data: a\n\n",
       {"a"}},
      {"the last one without its empty line", "data: a\n\ndata: b\n", {"a"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    SseParser whole;
    Events events;
    CHECK(feed(whole, row.bytes, events).ok());
    CHECK(events == row.expected);
    SseParser bytewise;
    Events one_by_one;
    for (const char byte : row.bytes) CHECK(feed(bytewise, {&byte, 1}, one_by_one).ok());
    CHECK(one_by_one == row.expected);
  }
}

TEST_CASE("who has enough gets no more") {
  SseParser parser;
  int events = 0;
  CHECK(parser.feed("data: a\n\ndata: b\n\n", [&](std::string_view) { return ++events < 1; }).ok());
  CHECK(events == 1);
}

}  // namespace
}  // namespace cell0::emit
