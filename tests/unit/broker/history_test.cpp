#include "broker/history.h"

#include <doctest/doctest.h>

#include "tests/unit/broker/log_fixture.h"

namespace cell0::broker {
namespace {

constexpr std::size_t kPageBytes = 256 * 1024;

// A log with events 1000, 1001, ...: every third a spell, the others chat; spells have a rule of their own.
struct Fixture {
  explicit Fixture(std::uint64_t events, KeepLimits keep = {}) : f({{"", "spell", v1::DURABLE, 0, {}, 0}}, keep) {
    f.start();
    f.log.reset();
    writer = LogWriter::open(f.options().log, *f.rules, Seq{}).value();
    for (std::uint64_t i = 0; i < events; ++i) add();
  }

  void add() {
    const Seq seq = head.next();
    const char* type = seq.value % 3 == 0 ? "spell" : "chat_message";
    const std::string topic = std::string("events.") + type;
    v1::Envelope envelope = chat_event();
    if (seq.value % 5 == 0) envelope.set_session_id("s5");
    if (seq.value % 7 == 0) envelope.set_source("seven");
    Drafts drafts(16, 1 << 20);
    drafts.add({topic, type, seq.value % 2 == 0 ? 2u : 7u, v1::RELAXED, f.rules->match(topic, type)},
               envelope.SerializeAsString());
    drafts.number(seq);
    f.clock.advance(std::chrono::seconds(1));
    REQUIRE(writer->commit(drafts, f.clock.wall(), Seq{}));
    head = seq;
  }

  v1::HistoryPage page(const v1::HistoryRequest& request, std::size_t slice = 7) const {
    auto query = HistoryQuery::create(request, head, kPageBytes);
    REQUIRE(query);
    auto reader = store::LogReader::open(f.dir.path() / "log.db").value();
    PageScan scan(*query, f.rules->touched(query->filter), Seq{});
    int slices = 0;
    for (auto complete = scan.step(*reader, slice); !complete.value(); complete = scan.step(*reader, slice)) {
      REQUIRE(++slices < 100'000);
    }
    v1::HistoryPage page;
    REQUIRE(page.ParseFromString(scan.take_page()));
    return page;
  }

  LogFixture f;
  Seq head{999};
  std::unique_ptr<LogWriter> writer;
};

std::vector<std::uint64_t> seqs(const v1::HistoryPage& page) {
  std::vector<std::uint64_t> found;
  for (const v1::Delivered& event : page.events()) found.push_back(event.seq());
  return found;
}

std::vector<std::uint64_t> every(std::uint64_t from, std::uint64_t through, auto fits) {
  std::vector<std::uint64_t> wanted;
  for (std::uint64_t seq = from; seq <= through; ++seq) {
    if (fits(seq)) wanted.push_back(seq);
  }
  return wanted;
}

TEST_CASE("everything comes in order, whatever rule it is kept by, with all its fields") {
  const Fixture f(50);
  const v1::HistoryPage page = f.page({});
  CHECK(seqs(page) == every(1000, 1049, [](auto) { return true; }));
  CHECK(page.scanned_through() == 1049);
  CHECK(page.trimmed_through() == 0);
  CHECK(page.end());
  CHECK(page.events(0).topic() == "events.chat_message");
  CHECK(page.events(0).priority() == 2);
  CHECK(page.events(0).durability() == v1::RELAXED);
  v1::Envelope envelope;
  REQUIRE(envelope.ParseFromString(page.events(0).envelope()));
  CHECK(envelope.chat_message().message() == "hello");
}

TEST_CASE("since and through bound the range; through beyond the head is the head") {
  const Fixture f(50);
  v1::HistoryRequest request;
  request.set_since(1010);
  request.set_through(1013);
  CHECK(seqs(f.page(request)) == std::vector<std::uint64_t>{1011, 1012, 1013});
  CHECK(f.page(request).scanned_through() == 1013);
  request.set_through(5000);
  CHECK(f.page(request).scanned_through() == 1049);
  request.set_since(2000);
  const v1::HistoryPage beyond = f.page(request);
  CHECK(beyond.events_size() == 0);
  CHECK(beyond.scanned_through() == 2000);
  CHECK(beyond.end());
}

TEST_CASE("each part of a filter holds") {
  const Fixture f(210);
  const auto check = [&](auto set, auto fits) {
    v1::HistoryRequest request;
    set(*request.mutable_filter());
    CHECK(seqs(f.page(request)) == every(1000, 1209, fits));
  };
  check([](v1::Filter& of) { of.add_types("spell"); }, [](auto seq) { return seq % 3 == 0; });
  check([](v1::Filter& of) { of.add_types("chat_*"); }, [](auto seq) { return seq % 3 != 0; });
  check([](v1::Filter& of) { of.add_topics("*.spell"); }, [](auto seq) { return seq % 3 == 0; });
  check([](v1::Filter& of) { of.set_min_priority(3); }, [](auto seq) { return seq % 2 == 0; });
  check([](v1::Filter& of) { of.set_session_id("s5"); }, [](auto seq) { return seq % 5 == 0; });
  check([](v1::Filter& of) { of.add_sources("seven"); }, [](auto seq) { return seq % 7 == 0; });
  check([](v1::Filter& of) { of.add_sources("seven"), of.add_types("spell"); }, [](auto seq) { return seq % 21 == 0; });
}

TEST_CASE("a limit ends the answer, the newest are asked for from behind, oldest first") {
  const Fixture f(60);
  v1::HistoryRequest request;
  request.mutable_filter()->add_types("spell");
  request.set_limit(4);
  v1::HistoryPage page = f.page(request);
  CHECK(seqs(page) == std::vector<std::uint64_t>{1002, 1005, 1008, 1011});
  CHECK(page.end());
  CHECK(page.scanned_through() == 1011);

  request.set_newest(true);
  page = f.page(request);
  CHECK(seqs(page) == std::vector<std::uint64_t>{1050, 1053, 1056, 1059});
  CHECK(page.end());
  request.set_through(1050);
  CHECK(seqs(f.page(request)) == std::vector<std::uint64_t>{1041, 1044, 1047, 1050});
  request.set_limit(1000);
  request.set_since(1040);
  CHECK(seqs(f.page(request)) == std::vector<std::uint64_t>{1041, 1044, 1047, 1050});
}

TEST_CASE("pages are bounded in bytes and follow one another without a seam") {
  const Fixture f(100);
  for (const bool newest : {false, true}) {
    v1::HistoryRequest request;
    request.set_bytes_max(1000);
    if (newest) request.set_limit(90), request.set_newest(true);
    std::vector<std::uint64_t> all;
    for (int pages = 0; pages < 100; ++pages) {
      const v1::HistoryPage page = f.page(request);
      std::size_t bytes = 0;
      for (const v1::Delivered& event : page.events()) bytes += event.ByteSizeLong();
      CHECK(bytes <= 1000);
      for (const std::uint64_t seq : seqs(page)) all.push_back(seq);
      request.set_since(page.scanned_through());
      request.set_newest(false);
      if (newest) request.set_limit(90 - static_cast<std::uint32_t>(all.size()));
      if (page.end()) break;
    }
    CHECK(all == every(newest ? 1010 : 1000, 1099, [](auto) { return true; }));
  }
}

TEST_CASE("a page holds one event at least, however large") {
  const Fixture f(3);
  v1::HistoryRequest request;
  request.set_bytes_max(1);
  const v1::HistoryPage page = f.page(request);
  CHECK(page.events_size() == 1);
  CHECK_FALSE(page.end());
  CHECK(page.scanned_through() == 1000);
}

TEST_CASE("the size of the slices changes nothing") {
  const Fixture f(100);
  v1::HistoryRequest request;
  request.mutable_filter()->add_types("spell");
  request.set_limit(20);
  for (const bool newest : {false, true}) {
    request.set_newest(newest);
    const auto whole = seqs(f.page(request, 100'000));
    CHECK(whole.size() == 20);
    for (const std::size_t slice : {1, 2, 33}) CHECK(seqs(f.page(request, slice)) == whole);
  }
}

TEST_CASE("what was trimmed is told, by the rules that the filter touches") {
  Fixture f(0, {10, 1u << 30});
  for (int i = 0; i < 40; ++i) f.add();
  CHECK(f.page({}).trimmed_through() == 1029);
  v1::HistoryRequest spells;
  spells.mutable_filter()->add_types("spell");
  CHECK(f.page(spells).trimmed_through() == 1029);
  f.add();
  CHECK(f.page(spells).trimmed_through() == 1029);  // 1030 was chat
  CHECK(f.page({}).trimmed_through() == 1030);
}

TEST_CASE("a scan goes on while the store grows and loses its oldest, and tells what it missed") {
  Fixture f(100, {100, 1u << 30});
  auto query = HistoryQuery::create({}, f.head, kPageBytes);
  auto reader = store::LogReader::open(f.f.dir.path() / "log.db").value();
  PageScan scan(*query, f.f.rules->touched(query->filter), Seq{});
  CHECK_FALSE(scan.step(*reader, 10).value());  // 1000 to 1009
  for (int i = 0; i < 50; ++i) f.add();         // gone: up to 1049
  while (!scan.step(*reader, 10).value()) {
  }
  v1::HistoryPage page;
  REQUIRE(page.ParseFromString(scan.take_page()));
  CHECK(page.trimmed_through() == 1049);
  CHECK(page.events(9).seq() == 1009);
  CHECK(page.events(10).seq() == 1050);
  CHECK(page.scanned_through() == 1099);  // the head when it was asked
}

TEST_CASE("since a time is since the first event that was taken then, and the page says which seq that is") {
  const Fixture f(50);
  const std::int64_t first_us = to_unix_us(f.f.clock.wall()) - 49'000'000;  // event 1000's; one a second
  v1::HistoryRequest request;
  request.set_since_time_us(first_us + 10'000'000);
  CHECK(seqs(f.page(request)) == every(1010, 1049, [](auto) { return true; }));
  CHECK(f.page(request).since_seq() == 1009);
  request.set_since_time_us(first_us + 10'000'001);
  CHECK(f.page(request).since_seq() == 1010);
  request.set_since(1030);
  CHECK(f.page(request).since_seq() == 1030);
  request.set_since_time_us(first_us - 1);
  request.set_since(0);
  CHECK(seqs(f.page(request)).size() == 50);
  request.set_since_time_us(first_us + 3'600'000'000);
  CHECK(f.page(request).events_size() == 0);
  CHECK(f.page(request).scanned_through() == 1049);
}

TEST_CASE("a filter that is none is refused with its field") {
  v1::HistoryRequest request;
  request.mutable_filter()->add_topics("a.>.b");
  const auto query = HistoryQuery::create(request, Seq{1}, kPageBytes);
  REQUIRE_FALSE(query);
  CHECK(query.error().code == ErrorCode::kInvalid);
  CHECK(query.error().text.find("topics") != std::string::npos);
}

}  // namespace
}  // namespace cell0::broker
