#include "common/store/scan.h"

#include <algorithm>
#include <array>

#include "tests/unit/common/store/fixture.h"

namespace cell0::store {
namespace {

using Seqs = std::vector<std::uint64_t>;

// Events 1 to 300: three types, priorities 1 to 7, five topics, two sources, one session.
struct Fixture : LogFile {
  Fixture() {
    for (std::uint64_t seq = 1; seq <= 300; ++seq) {
      add(seq, type_of(seq), "t." + std::to_string(seq % 5), priority_of(seq),
          envelope(seq % 2 == 0 ? "even" : "odd", seq % 11 == 0 ? "s" : ""),
          static_cast<std::int64_t>(seq / 10 * 1000));
    }
    reader = LogReader::open(path()).value();
  }
  static std::string type_of(std::uint64_t seq) { return std::array{"a.one", "a.two", "b"}[seq % 3]; }
  static std::uint32_t priority_of(std::uint64_t seq) { return static_cast<std::uint32_t>(1 + seq % 7); }

  // In slices of `rows`, each a walk of its own.
  Seqs walk(const v1::Filter& filter, Range range, Direction direction, std::size_t rows) {
    RowFilter row_filter(EventFilter::create(filter).value());
    Seqs found;
    for (int slices = 0;; ++slices) {
      REQUIRE(slices < 10'000);
      auto snapshot = reader->begin();
      auto walk = reader->walk(row_filter, range, direction);
      REQUIRE(walk);
      std::size_t left = rows;
      auto more = walk->next(left);
      for (; more && *more; more = walk->next(left)) found.push_back(walk->seq().value);
      REQUIRE(more);
      if (walk->ended()) return found;
      if (direction == Direction::kForward)
        range.after = walk->reached();
      else
        range.through = walk->reached().prev();
    }
  }
  void check(const v1::Filter& filter, auto fits) {
    for (const std::size_t rows : {1, 7, 1000}) {
      Seqs wanted;
      for (std::uint64_t seq = 11; seq <= 290; ++seq) {
        if (fits(seq)) wanted.push_back(seq);
      }
      CHECK(walk(filter, {Seq{10}, Seq{290}}, Direction::kForward, rows) == wanted);
      std::reverse(wanted.begin(), wanted.end());
      CHECK(walk(filter, {Seq{10}, Seq{290}}, Direction::kBackward, rows) == wanted);
    }
  }

  std::unique_ptr<LogReader> reader;
};

TEST_CASE("every filter finds its events, both ways, whatever index is walked and however large the slices") {
  Fixture f;
  v1::Filter filter;
  f.check(filter, [](auto) { return true; });
  filter.add_types("b");
  f.check(filter, [](auto seq) { return seq % 3 == 2; });
  filter.set_types(0, "a.*");
  f.check(filter, [](auto seq) { return seq % 3 != 2; });
  filter.set_min_priority(2);
  f.check(filter, [](auto seq) { return seq % 3 != 2 && seq % 7 <= 1; });
  filter.clear_types();
  f.check(filter, [](auto seq) { return seq % 7 <= 1; });
  filter.set_min_priority(6);
  f.check(filter, [](auto seq) { return seq % 7 <= 5; });
  filter.add_topics("t.3");
  filter.add_topics("t.4");
  f.check(filter, [](auto seq) { return seq % 7 <= 5 && seq % 5 >= 3; });
  filter.Clear();
  filter.add_sources("ev*");
  f.check(filter, [](auto seq) { return seq % 2 == 0; });
  filter.set_session_id("s");
  f.check(filter, [](auto seq) { return seq % 22 == 0; });
  filter.add_types("no such type");
  f.check(filter, [](auto) { return false; });
}

TEST_CASE("types that come later are found by a reader that is open") {
  Fixture f;
  v1::Filter filter;
  filter.add_types("new");
  CHECK(f.walk(filter, {Seq{}, Seq{1000}}, Direction::kForward, 100).empty());
  f.add(301, "new", "t.new");
  CHECK(f.walk(filter, {Seq{}, Seq{1000}}, Direction::kForward, 100) == Seqs{301});
}

TEST_CASE("more types than are merged are walked by seq") {
  LogFile log;
  v1::Filter filter;
  for (std::uint64_t seq = 1; seq <= 60; ++seq) log.add(seq, "type." + std::to_string(seq % 30), "t");
  for (int i = 0; i < 20; ++i) filter.add_types("type." + std::to_string(i));
  auto reader = LogReader::open(log.path()).value();
  RowFilter row_filter(EventFilter::create(filter).value());
  auto snapshot = reader->begin();
  auto walk = reader->walk(row_filter, {Seq{}, Seq{60}}, Direction::kForward).value();
  std::size_t rows = 1000;
  std::size_t found = 0;
  while (walk.next(rows).value()) ++found;
  CHECK(found == 40);
  CHECK(rows == 940);  // all were looked at
}

TEST_CASE("an event has all that was written") {
  LogFile log;
  log.add(7, "chat_message", "events.chat_message", 4, LogFile::envelope("me", "s"), 123);
  auto reader = LogReader::open(log.path()).value();
  RowFilter everything{EventFilter()};
  auto snapshot = reader->begin();
  auto walk = reader->walk(everything, {Seq{}, kSeqMax}, Direction::kForward).value();
  std::size_t rows = 10;
  REQUIRE(walk.next(rows).value());
  CHECK(walk.seq() == Seq{7});
  CHECK(to_unix_us(walk.taken()) == 123);
  CHECK(reader->type_name(walk.type()).value() == "chat_message");
  CHECK(reader->topic_name(walk.topic()).value() == "events.chat_message");
  CHECK(walk.priority() == 4);
  CHECK_FALSE(walk.relaxed());
  CHECK(facts_of_envelope(walk.body()).source == "me");
  CHECK(facts_of_envelope(walk.body()).session_id == "s");
}

TEST_CASE("a time is found by halves") {
  Fixture f;  // events 10n to 10n + 9 were taken at n thousand
  auto snapshot = f.reader->begin();
  CHECK(f.reader->before_time(from_unix_us(0)).value() == Seq{0});
  CHECK(f.reader->before_time(from_unix_us(1)).value() == Seq{9});
  CHECK(f.reader->before_time(from_unix_us(1000)).value() == Seq{9});
  CHECK(f.reader->before_time(from_unix_us(1001)).value() == Seq{19});
  CHECK(f.reader->before_time(from_unix_us(30'000)).value() == Seq{299});
  CHECK(f.reader->before_time(from_unix_us(30'001)).value() == Seq{300});
  CHECK(f.reader->newest().value() == Seq{300});
}

TEST_CASE("what is no log is refused") {
  LogFile log;
  REQUIRE(log.database->execute("PRAGMA user_version = 0"));
  const auto old = LogReader::open(log.path());
  REQUIRE_FALSE(old);
  CHECK(old.error().code == ErrorCode::kInvalid);
  REQUIRE(log.database->execute("PRAGMA user_version = 77"));
  const auto newer = LogReader::open(log.path());
  REQUIRE_FALSE(newer);
  CHECK(newer.error().text.find("newer cell0") != std::string::npos);
  const auto missing = LogReader::open(log.path().parent_path() / "nothing.db");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace cell0::store
