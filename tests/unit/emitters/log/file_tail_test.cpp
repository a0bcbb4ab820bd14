#include "emitters/log/file_tail.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

using namespace cell0::emit;
using cell0::LineSplitter;
namespace fs = std::filesystem;

namespace {

using Lines = std::vector<std::string>;
constexpr std::size_t kPlenty = 1u << 20;

struct Bench {
  Bench() {
    char path[] = "/tmp/cell0-tail-XXXXXX";
    REQUIRE(mkdtemp(path) != nullptr);
    directory = path;
    file = directory / "app.log";
  }
  ~Bench() { fs::remove_all(directory); }

  static void append(const fs::path& to, const std::string& text) { std::ofstream(to, std::ios::app) << text; }
  void append(const std::string& text) const { append(file, text); }

  Lines poll(FileTail& tail, std::size_t bytes = kPlenty) {
    Lines lines;
    state = tail.poll(bytes, [&](const LineSplitter::Line& line) { lines.emplace_back(line.text); });
    return lines;
  }
  Lines age(FileTail& tail) {
    Lines lines;
    for (int i = 0; i < FileTail::kOldAgeMax; ++i) {
      tail.age([&](const LineSplitter::Line& line) { lines.emplace_back(line.text); });
    }
    return lines;
  }

  fs::path directory;
  fs::path file;
  FileTail::State state = FileTail::State::kIdle;
};

}  // namespace

TEST_CASE("from the end: only what is added, in whole lines") {
  Bench bench;
  bench.append("old\n");
  FileTail tail(bench.file, FileTail::Start::kEnd, 100);
  CHECK(bench.poll(tail) == Lines{});
  bench.append("one\ntwo\r\nthr");
  CHECK(bench.poll(tail) == Lines{"one", "two"});
  bench.append("ee\n");
  CHECK(bench.poll(tail) == Lines{"three"});
  CHECK(bench.state == FileTail::State::kIdle);
}

TEST_CASE("from the beginning: all of it") {
  Bench bench;
  bench.append("old\n");
  FileTail tail(bench.file, FileTail::Start::kBeginning, 100);
  CHECK(bench.poll(tail) == Lines{"old"});
}

TEST_CASE("a file that is not there yet is read from its beginning when it comes") {
  Bench bench;
  FileTail tail(bench.file, FileTail::Start::kEnd, 100);
  CHECK(bench.poll(tail) == Lines{});
  CHECK(bench.state == FileTail::State::kAbsent);
  bench.append("first\n");
  CHECK(bench.poll(tail) == Lines{"first"});
}

TEST_CASE("renamed: the old one to its end, then the new one, and what its writer still adds to the old") {
  Bench bench;
  FileTail tail(bench.file, FileTail::Start::kBeginning, 100);
  bench.append("a\n");
  CHECK(bench.poll(tail) == Lines{"a"});
  bench.append("b\n");
  fs::rename(bench.file, bench.directory / "app.log.1");
  bench.append("c\n");
  CHECK(bench.poll(tail) == Lines{"b", "c"});
  Bench::append(bench.directory / "app.log.1", "late\n");
  CHECK(bench.poll(tail) == Lines{"late"});
  Bench::append(bench.directory / "app.log.1", "unfinished");
  CHECK(bench.age(tail) == Lines{"unfinished"});
  Bench::append(bench.directory / "app.log.1", "too late\n");
  CHECK(bench.poll(tail) == Lines{});
}

TEST_CASE("renamed twice between two looks at the new ones: the latest is followed") {
  Bench bench;
  bench.append("a\n");
  FileTail tail(bench.file, FileTail::Start::kBeginning, 100);
  CHECK(bench.poll(tail) == Lines{"a"});
  fs::rename(bench.file, bench.directory / "1");
  bench.append("b\n");
  CHECK(bench.poll(tail) == Lines{"b"});
  fs::rename(bench.file, bench.directory / "2");
  bench.append("c\n");
  CHECK(bench.poll(tail) == Lines{"c"});
}

TEST_CASE("truncated: read from its start, without what was held of a line") {
  Bench bench;
  FileTail tail(bench.file, FileTail::Start::kBeginning, 100);
  bench.append("one long line here\nhalf");
  CHECK(bench.poll(tail) == Lines{"one long line here"});
  fs::resize_file(bench.file, 0);
  bench.append("new\n");
  CHECK(bench.poll(tail) == Lines{"new"});
}

TEST_CASE("unlinked: read to its end, waited for, and read again from the beginning, also with the same inode") {
  Bench bench;
  FileTail tail(bench.file, FileTail::Start::kBeginning, 100);
  bench.append("a\n");
  CHECK(bench.poll(tail) == Lines{"a"});
  bench.append("b\n");
  fs::remove(bench.file);
  CHECK(bench.poll(tail) == Lines{"b"});
  CHECK(bench.state == FileTail::State::kAbsent);
  bench.append("c\n");
  CHECK(bench.poll(tail) == Lines{"c"});
}

TEST_CASE("a file that another tail reads already is no news under its new name") {
  Bench bench;
  bench.append("a\n");
  FileTail first(bench.file, FileTail::Start::kBeginning, 100);
  CHECK(bench.poll(first) == Lines{"a"});
  const fs::path rotated = bench.directory / "app.log.1";
  fs::rename(bench.file, rotated);
  FileTail second(rotated, FileTail::Start::kBeginning, 100, [&](FileIdentity file) { return first.holds(file); });
  CHECK(bench.poll(second) == Lines{});
  Bench::append(rotated, "b\n");
  CHECK(bench.poll(second) == Lines{"b"});
}

TEST_CASE("a long line is cut, and the rest of it is gone") {
  Bench bench;
  FileTail tail(bench.file, FileTail::Start::kBeginning, 10);
  bench.append(std::string(50, 'x') + "\nshort\n");
  CHECK(bench.poll(tail) == Lines{std::string(10, 'x'), "short"});
}

TEST_CASE("a look is bounded: the rest is for the next") {
  Bench bench;
  FileTail tail(bench.file, FileTail::Start::kBeginning, 100);
  for (int i = 0; i < 40'000; ++i) bench.append("line\n");
  std::size_t lines = bench.poll(tail, 1000).size();
  CHECK(bench.state == FileTail::State::kMore);
  CHECK(lines < 40'000);
  while (bench.state == FileTail::State::kMore) lines += bench.poll(tail, 1000).size();
  CHECK(lines == 40'000);
}

TEST_CASE("a directory and a FIFO are no logs; the error names the path") {
  Bench bench;
  fs::create_directory(bench.file);
  FileTail tail(bench.file, FileTail::Start::kBeginning, 100);
  CHECK(bench.poll(tail) == Lines{});
  CHECK(bench.state == FileTail::State::kUnreadable);
  CHECK(tail.error().find(bench.file.string()) == 0);
  fs::remove(bench.file);
  bench.append("now\n");
  CHECK(bench.poll(tail) == Lines{"now"});
}
