#include "broker/log/log_sequencer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "tests/unit/broker/log_fixture.h"

namespace cell0::broker {
namespace {

using Seqs = std::vector<std::uint64_t>;

TEST_CASE("what was committed is there after a crash, with its number, and numbers go on above it") {
  LogFixture f;
  f.start();
  const Seq first = f.append(chat_event("a"));
  const Seq second = f.append(log_event(), v1::RELAXED);
  CHECK(first == f.log->start());
  CHECK(second == first.next());
  CHECK(f.log->head() == second);
  CHECK(f.published == 2);
  CHECK(f.log->kept().events == 2);
  f.crash();
  f.start();
  CHECK(f.log->start() > second);
  CHECK(f.log->kept().events == 2);
  CHECK(f.stored() == Seqs{first.value, second.value});
  const v1::HistoryPage page = f.page({});
  CHECK(page.trimmed_through() == 0);
  CHECK(page.events(0).durability() == v1::DURABLE);
  CHECK(page.events(0).envelope() == chat_event("a").SerializeAsString());
  CHECK(page.events(1).durability() == v1::RELAXED);
  CHECK(page.events(1).topic() == "events.log_stream");
  CHECK(page.events(1).type() == "log_stream");
  CHECK(page.events(1).priority() == 7);
}

TEST_CASE("a batch of ephemeral events takes numbers and does not touch the log") {
  LogFixture f;
  f.start();
  const Seq seq = f.append(chat_event(), v1::EPHEMERAL);
  CHECK(seq == f.log->start());
  CHECK(f.log->figures().commits == 0);
  auto mixed = f.drafts({chat_event("kept")});
  f.add(*mixed, chat_event("not kept"), v1::EPHEMERAL);
  REQUIRE(f.append(std::move(mixed)));
  CHECK(f.log->kept().events == 1);
  CHECK(f.stored() == Seqs{seq.value + 1});
}

TEST_CASE("one commit is in flight, and the loop does not wait for it") {
  LogFixture f;
  f.start();
  bool done = false;
  f.log->append(f.drafts({chat_event()}), f.clock.wall(), [&](auto, const auto& result) { done = result.ok(); });
  CHECK(f.log->busy());
  CHECK_FALSE(done);
  CHECK(f.published == 0);
  f.worker.run_all();
  CHECK(done);
  CHECK_FALSE(f.log->busy());
}

TEST_CASE("notes are committed with the events and come back at the next start") {
  LogFixture f;
  f.start();
  auto drafts = f.drafts({chat_event()});
  drafts->notes.origins = {{"emitter", 0xFFFFFFFFFFFFFFFFu, 7}, {"emitter", 2, 1}};
  drafts->notes.keys = {{"entity", "key", 99, f.clock.wall(), 0}};
  drafts->notes.consumers = {{"entity", "consumer", Seq{5}, false}, {"entity", "gone", Seq{6}, false}};
  const auto seqs = f.append(std::move(drafts));
  REQUIRE(seqs);
  auto later = std::make_unique<Drafts>(16, 1 << 20);
  later->notes.consumers = {{"entity", "consumer", Seq{9}, false}, {"entity", "gone", Seq{}, true}};
  REQUIRE(f.append(std::move(later)));
  f.crash();
  f.start();
  const Restored& restored = f.log->restored();
  REQUIRE(restored.origins.size() == 2);
  CHECK(restored.origins[0].last_n + restored.origins[1].last_n == 8);
  CHECK(std::max(restored.origins[0].incarnation, restored.origins[1].incarnation) == 0xFFFFFFFFFFFFFFFFu);
  REQUIRE(restored.keys.size() == 1);
  CHECK(restored.keys[0].note.key == "key");
  CHECK(restored.keys[0].note.digest == 99);
  CHECK(restored.keys[0].note.at == f.clock.wall());
  CHECK(restored.keys[0].seq == seqs->at(0));
  REQUIRE(restored.consumers.size() == 1);
  CHECK(restored.consumers[0].seq == Seq{9});
}

TEST_CASE("a revoked token is remembered until it would have expired") {
  LogFixture f;
  f.start();
  auto drafts = f.drafts({chat_event()});
  drafts->notes.revocations = {{"short", f.clock.wall() + std::chrono::hours(1)},
                               {"long", f.clock.wall() + std::chrono::hours(24 * 400)}};
  REQUIRE(f.append(std::move(drafts)));
  f.crash();
  f.start();
  REQUIRE(f.log->restored().revocations.size() == 2);
  f.clock.advance(std::chrono::hours(24 * 300));
  f.log->keep_house();
  f.worker.run_all();
  f.crash();
  f.start();
  REQUIRE(f.log->restored().revocations.size() == 1);
  CHECK(f.log->restored().revocations[0].token_id == "long");
  CHECK(f.log->restored().revocations[0].expires == f.clock.wall() + std::chrono::hours(24 * 100));
}

TEST_CASE("the states of services are kept, and who is active; what is empty is not") {
  LogFixture f;
  f.start();
  auto drafts = f.drafts({});
  drafts->notes.services = {
      {"a", "first"}, {"a", std::nullopt, "incarnation"}, {"a", "second"}, {"b", std::nullopt, "i"}};
  REQUIRE(f.append(std::move(drafts)));
  f.crash();
  f.start();
  const auto& restored = f.log->restored().services;
  REQUIRE(restored.size() == 2);
  CHECK(restored[0].service == "a");
  CHECK(restored[0].state == "second");
  CHECK(restored[0].active == "incarnation");
  CHECK_FALSE(restored[1].state);
  CHECK(restored[1].active == "i");
  drafts = f.drafts({});
  drafts->notes.services = {{"b", std::nullopt, ""}, {"a", "", ""}};
  REQUIRE(f.append(std::move(drafts)));
  f.crash();
  f.start();
  CHECK(f.log->restored().services.empty());
}

TEST_CASE("origins are forgotten after seven idle days, keys after one") {
  LogFixture f;
  f.start();
  auto drafts = f.drafts({chat_event()});
  drafts->notes.origins = {{"old", 1, 7}};
  drafts->notes.keys = {{"entity", "key", 99, f.clock.wall(), 0}};
  REQUIRE(f.append(std::move(drafts)));
  f.clock.advance(std::chrono::hours(25));
  f.log->keep_house();
  f.worker.run_all();
  f.crash();
  f.start();
  CHECK(f.log->restored().origins.size() == 1);
  CHECK(f.log->restored().keys.empty());
  f.clock.advance(std::chrono::hours(24 * 7));
  f.log->keep_house();
  f.worker.run_all();
  f.crash();
  f.start();
  CHECK(f.log->restored().origins.empty());
}

TEST_CASE("without numbers nothing is stored; once there are some again it goes on") {
  LogFixture f;
  f.start();
  f.reserve.failing = true;
  Result<std::vector<Seq>> last = std::vector<Seq>{};
  for (int i = 0; i < 1100 && last; ++i) last = f.append(f.drafts({chat_event()}));
  REQUIRE_FALSE(last);
  CHECK(last.error().code == ErrorCode::kUnavailable);
  CHECK(f.log->kept().events == 1000);
  CHECK(f.log->trouble() == "seq.reserve: the disk is full");
  f.reserve.failing = false;
  CHECK(f.append(chat_event()) == Seq{f.log->start().value + 1000});
  CHECK(f.log->trouble().empty());
}

TEST_CASE(
    "a clean end and a killed broker leave no hole; a machine that was started anew leaves one for relaxed events") {
  LogFixture f({{"", "spell", v1::DURABLE, 0, {}, 0}});
  f.start();
  const Seq last = f.append(chat_event());
  f.stop();
  f.machine = "machine-2";
  f.start();
  CHECK(f.log->holes().empty());
  f.crash();  // killed
  f.start();
  CHECK(f.log->holes().empty());
  f.crash();
  f.machine = "machine-3";  // power cut
  f.start();
  REQUIRE(f.log->holes().size() == 1);
  CHECK(f.log->holes()[0].after == last);
  CHECK(f.log->holes()[0].start == f.log->start());
  CHECK(f.log->holes()[0].relaxed);
  CHECK(f.page({}).trimmed_through() == f.log->start().value - 1);
  v1::HistoryRequest spells;
  spells.mutable_filter()->add_types("spell");
  CHECK(f.page(spells).trimmed_through() == 0);
  v1::HistoryRequest logs;
  logs.mutable_filter()->add_types("log_stream");
  CHECK(f.page(logs).trimmed_through() == f.log->start().value - 1);
}

TEST_CASE("a log that was lost, or replaced by an older copy, leaves a hole for everything") {
  LogFixture f;
  f.start();
  f.append(chat_event());
  f.stop();
  const auto path = f.dir.path() / "log.db";
  const auto copy = f.dir.path() / "copy.db";
  std::filesystem::copy_file(path, copy);
  SUBCASE("lost") {
    std::filesystem::remove(path);
    f.start();
    REQUIRE(f.log->holes().size() == 1);
    CHECK(f.log->holes()[0].after == Seq{0});
  }
  SUBCASE("restored from a backup") {
    f.start();
    f.append(chat_event());
    f.stop();
    std::filesystem::remove(path);
    std::filesystem::rename(copy, path);
    f.start();
    REQUIRE(f.log->holes().size() == 1);
  }
  CHECK_FALSE(f.log->holes()[0].relaxed);
  CHECK(f.log->holes()[0].start == f.log->start());
  v1::HistoryRequest spells;
  spells.mutable_filter()->add_types("spell");
  CHECK(f.page(spells).trimmed_through() == f.log->start().value - 1);
}

TEST_CASE("a damaged file, another program's and a newer version's are refused with what to do, and left alone") {
  LogFixture f;
  const auto path = f.dir.path() / "log.db";
  std::string wanted;
  SUBCASE("no database") {
    std::ofstream(path) << std::string(8192, 'x');
    wanted = "log verify";
  }
  SUBCASE("another program's") {
    store::Database::Options options;
    options.access = store::Database::Access::kCreate;
    REQUIRE(store::Database::open(path, options).value().execute("CREATE TABLE theirs(x)"));
    wanted = "no log of cell0";
  }
  SUBCASE("a newer one") {
    f.start();
    f.stop();
    store::Database::Options options;
    options.access = store::Database::Access::kWrite;
    REQUIRE(store::Database::open(path, options).value().execute("PRAGMA user_version = 99"));
    wanted = "newer cell0 (log version 99";
  }
  const auto size = std::filesystem::file_size(path);
  const auto started = f.try_start();
  REQUIRE_FALSE(started);
  CHECK(started.error().code == ErrorCode::kInvalid);
  INFO(started.error().text);
  CHECK(started.error().text.find(wanted) != std::string::npos);
  CHECK(started.error().text.find("log.db") != std::string::npos);
  CHECK(std::filesystem::file_size(path) == size);
}

}  // namespace
}  // namespace cell0::broker
