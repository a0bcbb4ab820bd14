#include "emitters/log/multiline.h"

#include <doctest/doctest.h>

#include <vector>

using namespace cell0;
using namespace cell0::emit;

namespace {

struct Bench {
  void add(std::string_view line, bool cut = false) {
    lines.add(line, cut, now, [this](const JoinedLine& message) { out.push_back(message.text); });
  }
  void flush() {
    lines.flush(now, [this](const JoinedLine& message) { out.push_back(message.text); });
  }

  MultiLine lines{40};
  MonoTime now{std::chrono::hours(1)};
  std::vector<std::string> out;
};

}  // namespace

TEST_CASE("indented lines belong to the line before") {
  Bench bench;
  bench.add("Exception: x");
  bench.add("  at a");
  bench.add("\tat b");
  bench.add("next");
  CHECK(bench.out == std::vector<std::string>{"Exception: x\n  at a\n\tat b"});
  bench.now += MultiLine::kQuiet;
  bench.flush();
  CHECK(bench.out.size() == 2);
  CHECK(bench.out[1] == "next");
  CHECK_FALSE(bench.lines.flush_at().has_value());
}

TEST_CASE("a line is held for as long as the log is not quiet") {
  Bench bench;
  bench.add("a");
  bench.now += MultiLine::kQuiet / 2;
  bench.flush();
  bench.add(" b");
  bench.now += MultiLine::kQuiet / 2;
  bench.flush();
  CHECK(bench.out.empty());
  REQUIRE(bench.lines.flush_at().has_value());
  bench.now = *bench.lines.flush_at();
  bench.flush();
  CHECK(bench.out == std::vector<std::string>{"a\n b"});
}

TEST_CASE("a message is bounded: what is too long begins another") {
  Bench bench;
  bench.add("0123456789");
  for (int i = 0; i < 5; ++i) bench.add(" 123456789");
  bench.now = MonoTime::max();
  bench.flush();
  REQUIRE(bench.out.size() == 2);
  CHECK(bench.out[0].size() <= 40);
}

TEST_CASE("empty lines are no messages, an indented one without a first is one, and nothing joins a cut one") {
  Bench bench;
  bench.add("");
  bench.add("  lone");
  bench.add("");
  CHECK(bench.out == std::vector<std::string>{"  lone"});
  bench.add("cut", true);
  bench.add(" more");
  bench.now = MonoTime::max();
  bench.flush();
  CHECK(bench.out == std::vector<std::string>{"  lone", "cut", " more"});
}
