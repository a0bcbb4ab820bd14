#include "common/store/verify.h"

#include "common/store/summary.h"
#include "tests/unit/common/store/fixture.h"

namespace cell0::store {
namespace {

struct Fixture : LogFile {
  Fixture() {
    for (std::uint64_t seq = 1; seq <= 50; ++seq) add(seq, "chat_message", "events.chat_message");
  }
  Verified run() {
    problems.clear();
    auto reader = LogReader::open(path()).value();
    return verify(*reader, {[this](const std::string& problem) { problems += problem + "\n"; }}).value();
  }
  std::string problems;
};

TEST_CASE("a whole log has no problems") {
  Fixture f;
  const Verified verified = f.run();
  CHECK(verified.events == 50);
  CHECK(verified.problems == 0);
  CHECK(verified.first == Seq{1});
  CHECK(verified.last == Seq{50});
}

TEST_CASE("each event that is wrong is named") {
  Fixture f;
  REQUIRE(
      f.database->execute("UPDATE ev SET body = x'FFFF' WHERE seq = 7; UPDATE ev SET type = 99 WHERE seq = 8;"
                          "UPDATE ev SET ts = 5 WHERE seq = 20; INSERT INTO rule VALUES(0, '', '', 3, 0, 0, 0)"));
  const Verified verified = f.run();
  INFO(f.problems);
  CHECK(verified.events == 48);
  CHECK(f.problems.find("seq 7: its body is no Envelope") != std::string::npos);
  CHECK(f.problems.find("seq 8: its type has no name") != std::string::npos);
  CHECK(f.problems.find("seq 21: taken before") != std::string::npos);
  CHECK(f.problems.find("the rules count 3 events, there are 50") != std::string::npos);
}

TEST_CASE("a summary says what is there") {
  Fixture f;
  f.add(51, "spell", "events.spell");
  REQUIRE(f.database->execute("INSERT INTO hole VALUES(3, 9, 1); INSERT INTO meta VALUES('written_by', '0.1')"));
  auto reader = LogReader::open(f.path()).value();
  const Summary summary = summarise(*reader).value();
  CHECK(summary.version == newest_version());
  CHECK(summary.events == 51);
  CHECK(summary.first == Seq{1});
  CHECK(summary.last == Seq{51});
  REQUIRE(summary.types.size() == 2);
  CHECK(summary.types[0].name == "chat_message");
  CHECK(summary.types[0].events == 50);
  CHECK(summary.topics == 2);
  CHECK(summary.holes.at(0).relaxed);
  CHECK(summary.written_by == "0.1");
}

}  // namespace
}  // namespace cell0::store
