#include "common/line_splitter.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using cell0::LineSplitter;

namespace {

struct Bench {
  void feed(std::string_view bytes) {
    splitter.feed(bytes, [this](const LineSplitter::Line& line) { take(line); });
  }
  void finish() {
    splitter.finish([this](const LineSplitter::Line& line) { take(line); });
  }
  void take(const LineSplitter::Line& line) { lines.push_back(std::string(line.text) + (line.cut ? "~" : "")); }

  LineSplitter splitter{5};
  std::vector<std::string> lines;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("bytes become lines, however they are cut up") {
  const std::string text = "a\nbc\r\n\n12345\nlast";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    CAPTURE(step);
    Bench bench;
    for (std::size_t i = 0; i < text.size(); i += step) bench.feed(std::string_view(text).substr(i, step));
    bench.finish();
    CHECK(bench.lines == Lines{"a", "bc", "", "12345", "last"});
  }
}

TEST_CASE("a line that is too long is cut once, and its rest thrown away") {
  Bench bench;
  bench.feed("1234567");
  CHECK(bench.lines == Lines{"12345~"});
  bench.feed("89");
  CHECK(bench.splitter.held_bytes() == 0);
  bench.feed("0\nnext\n");
  CHECK(bench.lines == Lines{"12345~", "next"});
  bench.feed("1234567");
  bench.finish();
  bench.feed("new\n");
  CHECK(bench.lines == Lines{"12345~", "next", "12345~", "new"});
}

TEST_CASE("reset forgets an unfinished line") {
  Bench bench;
  bench.feed("half");
  bench.splitter.reset();
  bench.feed("new\n");
  CHECK(bench.lines == Lines{"new"});
}
