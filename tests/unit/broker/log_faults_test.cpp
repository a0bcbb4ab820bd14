// The log on a disk that fails.
#include <doctest/doctest.h>

#include "broker/log/log_sequencer.h"
#include "tests/support/faulty_vfs.h"
#include "tests/unit/broker/log_fixture.h"

namespace cell0::broker {
namespace {

using Seqs = std::vector<std::uint64_t>;

struct Fixture : LogFixture {
  explicit Fixture(std::uint64_t ballast = 0) {
    faults.reset();
    vfs = kFaultyVfs;
    ballast_bytes = ballast;
    start();
    if (ballast == 0) return;
    faults.ballast = dir.path() / "log.ballast";
    faults.ballast_bytes = static_cast<std::int64_t>(ballast);
  }
  ~Fixture() { faults.reset(); }

  DiskFaults& faults = faulty_vfs();
};

v1::Envelope large() { return chat_event(std::string(50'000, 'x')); }

TEST_CASE("durable events are synced before they are acknowledged, relaxed ones are not") {
  Fixture f;
  f.append(chat_event());
  f.faults.syncs = 0;
  f.append(log_event(), v1::RELAXED);
  CHECK(f.faults.syncs == 0);
  f.append(chat_event());
  CHECK(f.faults.syncs == 1);
  auto mixed = f.drafts({log_event()}, v1::RELAXED);
  f.add(*mixed, chat_event());
  REQUIRE(f.append(std::move(mixed)));
  CHECK(f.faults.syncs == 2);
}

TEST_CASE("a full disk refuses what would be stored and keeps what is; ephemeral events and reading go on") {
  Fixture f;
  const Seq kept = f.append(chat_event());
  f.faults.room_bytes = 0;
  const auto refused = f.append(f.drafts({large()}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kFull);
  CHECK(f.log->trouble().substr(0, 5) == "full:");
  CHECK(f.log->head() == kept);
  const Seq ephemeral = f.append(chat_event(), v1::EPHEMERAL);
  CHECK(ephemeral == kept.next());  // the numbers were given back
  CHECK(f.stored() == Seqs{kept.value});
  f.faults.room_bytes = INT64_MAX;
  f.log->keep_house();
  f.worker.run_all();
  CHECK(f.log->trouble().empty());
  const Seq after = f.append(large());
  CHECK(after == ephemeral.next());
  CHECK(f.stored() == Seqs{kept.value, after.value});
}

TEST_CASE("with a ballast a full disk loses its oldest events, says so, and goes on by itself") {
  Fixture f(4 << 20);
  CHECK(f.log->figures().ballast);
  Seq first = f.append(large());
  for (int i = 0; i < 300; ++i) f.append(large());
  f.faults.room_bytes = 0;
  int refused = 0;
  int taken = 0;
  for (int i = 0; i < 400; ++i) {
    const auto result = f.append(f.drafts({large()}));
    if (!result) CHECK(result.error().code == ErrorCode::kFull);
    ++(result ? taken : refused);
  }
  CHECK(refused > 0);
  CHECK(taken > 350);
  CHECK(f.notices.size() == 1);
  const v1::HistoryPage page = f.page({});
  CHECK(page.trimmed_through() >= first.value);
  CHECK(page.events(0).seq() == page.trimmed_through() + 1);
  CHECK(f.log->kept().events > 0);
}

TEST_CASE("after a failed sync the log is opened anew, and what was refused is not in it") {
  Fixture f;
  auto before = f.drafts({chat_event("before")});
  before->notes.origins = {{"emitter", 1, 5}};
  REQUIRE(f.append(std::move(before)));
  f.faults.syncs_to_fail = 1;
  auto doubtful = f.drafts({chat_event("a"), chat_event("b")});
  doubtful->notes.origins = {{"emitter", 1, 7}, {"other", 1, 1}};
  doubtful->notes.keys = {{"entity", "key", 1, f.clock.wall(), 0}};
  const auto failed = f.append(std::move(doubtful));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::kTimeout);
  CHECK_FALSE(f.log->trouble().empty());
  const auto closed = f.append(f.drafts({chat_event("too soon")}));
  REQUIRE_FALSE(closed);
  CHECK(closed.error().code == ErrorCode::kUnavailable);
  const Seq ephemeral = f.append(chat_event(), v1::EPHEMERAL);  // which needs no log
  f.clock.advance(std::chrono::seconds(1));
  const Seq after = f.append(chat_event("after"));
  CHECK(after == ephemeral.next());
  CHECK(f.log->trouble().empty());
  CHECK(f.log->figures().reopened == 1);
  CHECK(f.log->kept().events == 2);
  const v1::HistoryPage page = f.page({});
  REQUIRE(page.events_size() == 2);
  CHECK(page.events(1).seq() == after.value);
  f.crash();
  f.start();
  REQUIRE(f.log->restored().origins.size() == 1);
  CHECK(f.log->restored().origins[0].last_n == 5);
  CHECK(f.log->restored().keys.empty());
  CHECK(f.log->holes().empty());
}

TEST_CASE("a log that cannot be opened again is tried ever more seldom, and by itself") {
  Fixture f;
  f.append(chat_event());
  f.faults.writes_to_fail = 1;
  REQUIRE_FALSE(f.append(f.drafts({chat_event()})));
  f.faults.opens_to_fail = 1000;
  int tries = 0;
  for (int i = 0; i < 60; ++i) {
    f.clock.advance(std::chrono::seconds(1));
    const int before = f.faults.opens_to_fail;
    f.log->keep_house();
    f.worker.run_all();
    tries += f.faults.opens_to_fail < before ? 1 : 0;
  }
  CHECK(tries > 3);
  CHECK(tries < 15);
  CHECK(f.log->trouble().find("log.db") != std::string::npos);
  f.faults.opens_to_fail = 0;
  f.clock.advance(std::chrono::seconds(10));
  f.log->keep_house();
  f.worker.run_all();
  CHECK(f.log->trouble().empty());
  f.append(chat_event());
  CHECK(f.log->kept().events == 2);
}

TEST_CASE("a page that cannot be read says why, and the next one is read again") {
  Fixture f;
  f.append(chat_event());
  f.faults.opens_to_fail = 1;
  std::string why;
  f.history->page(HistoryQuery::create({}, f.log->head(), 1000).value(), [&](const Result<std::string>& page) {
    if (!page) why = page.error().text;
  });
  f.reader.run_all();
  CHECK(why.find("log.db") != std::string::npos);
  CHECK(f.stored().size() == 1);
}

}  // namespace
}  // namespace cell0::broker
