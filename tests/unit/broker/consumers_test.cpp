// Acknowledged consumers: positions that only grow, one holder at a time, over restarts of the broker.
#include "broker/consumers.h"

#include <doctest/doctest.h>

namespace cell0::broker {
namespace {

using Name = Consumers::Name;

const WallTime kNow = from_unix_us(1'700'000'000'000'000);
const Name kName{"admin", "mail"};

std::string notes_of(Consumers& consumers) {
  std::vector<ConsumerNote> notes;
  consumers.take_notes(notes);
  std::string text;
  for (const ConsumerNote& note : notes) {
    text += (text.empty() ? "" : " ") + note.entity + "/" + note.consumer +
            (note.forget ? std::string("-") : "@" + std::to_string(note.seq.value));
  }
  return text;
}

TEST_CASE("a new consumer begins where it is told, and is kept from then on") {
  Consumers consumers({});
  const auto opened = consumers.open(kName, Seq{100}, 0, "g1", kNow);
  CHECK_FALSE(opened->known);
  CHECK(opened->position == Seq{100});
  CHECK(opened->displaced.empty());
  CHECK(notes_of(consumers) == "admin/mail@100");
  CHECK(notes_of(consumers).empty());
  const auto again = consumers.open(kName, Seq{500}, 0, "g1", kNow);
  CHECK(again->known);
  CHECK(again->position == Seq{100});
  CHECK(notes_of(consumers).empty());
}

TEST_CASE("a look changes nothing") {
  Consumers consumers({});
  CHECK_FALSE(consumers.look(kName));
  const std::uint64_t epoch = consumers.open(kName, Seq{100}, 0, "g1", kNow)->epoch;
  CHECK(consumers.acknowledge(kName, epoch, Seq{110}, kNow).ok());
  notes_of(consumers);
  REQUIRE(consumers.look(kName));
  CHECK(consumers.look(kName)->position == Seq{110});
  CHECK_FALSE(consumers.look({"admin", "other"}));
  CHECK(notes_of(consumers).empty());
  CHECK(consumers.acknowledge(kName, epoch, Seq{120}, kNow)->open);
}

TEST_CASE("positions only grow, and many acknowledgements are one note") {
  Consumers consumers({});
  const std::uint64_t epoch = consumers.open(kName, Seq{100}, 0, "g1", kNow)->epoch;
  CHECK(consumers.acknowledge(kName, epoch, Seq{110}, kNow)->position == Seq{110});
  CHECK(consumers.acknowledge(kName, epoch, Seq{105}, kNow)->position == Seq{110});
  CHECK(consumers.acknowledge(kName, epoch, Seq{120}, kNow)->open);
  CHECK(notes_of(consumers) == "admin/mail@120");
  consumers.acknowledge(kName, epoch, Seq{120}, kNow).ok();
  CHECK(notes_of(consumers).empty());
}

TEST_CASE("the last to open it has it; the one before is named, and its acknowledgements count no more") {
  Consumers consumers({});
  const std::uint64_t first = consumers.open(kName, Seq{100}, 0, "g1", kNow)->epoch;
  const auto second = consumers.open(kName, Seq{100}, 0, "g2", kNow);
  CHECK(second->epoch > first);
  CHECK(second->displaced == "g1");
  const auto refused = consumers.acknowledge(kName, first, Seq{200}, kNow);
  CHECK_FALSE(refused->open);
  CHECK(refused->epoch == second->epoch);
  CHECK(refused->position == Seq{100});
  CHECK(consumers.open(kName, Seq{}, 0, "g2", kNow)->displaced.empty());
}

TEST_CASE("after a restart whoever had it opens it again with its epoch, and brings its position") {
  Consumers before({});
  const std::uint64_t old_epoch = before.open(kName, Seq{100}, 0, "g1", kNow)->epoch;
  const std::uint64_t epoch = before.open(kName, Seq{100}, 0, "g2", kNow)->epoch;

  Consumers after({});
  after.restore(kName, Seq{140}, kNow);
  const auto again = after.open(kName, Seq{150}, epoch, "g2", kNow);
  CHECK(again->open);
  CHECK(again->epoch == epoch);
  CHECK(again->position == Seq{150});
  CHECK(notes_of(after) == "admin/mail@150");
  CHECK_FALSE(after.open(kName, Seq{}, old_epoch, "g1", kNow)->open);
}

TEST_CASE("one that is opened anew after a restart is newer than one of before that comes later") {
  Consumers before({});
  const std::uint64_t epoch = before.open(kName, Seq{100}, 0, "g1", kNow)->epoch;
  Consumers after({});
  after.restore(kName, Seq{100}, kNow);
  CHECK(after.open(kName, Seq{100}, 0, "g2", kNow + std::chrono::seconds(1))->open);
  CHECK_FALSE(after.open(kName, Seq{100}, epoch, "g1", kNow + std::chrono::seconds(1))->open);
}

TEST_CASE("one that the broker does not know any more goes on from its own position") {
  Consumers consumers({});
  const auto opened = consumers.open(kName, Seq{170}, 5, "g1", kNow);
  CHECK(opened->open);
  CHECK(opened->epoch == 5);
  CHECK(opened->position == Seq{170});
  CHECK(consumers.acknowledge({"admin", "other"}, 1, Seq{1}, kNow).error().code == ErrorCode::kNotFound);
}

TEST_CASE("consumers of different entities are different, however the names are cut") {
  Consumers consumers({});
  CHECK_FALSE(consumers.open({"a", "bc"}, Seq{1}, 0, "g", kNow)->known);
  CHECK_FALSE(consumers.open({"ab", "c"}, Seq{2}, 0, "g", kNow)->known);
  CHECK(consumers.size() == 2);
}

TEST_CASE("over the bound the one longest unused goes if it is old, else the new one is refused") {
  Consumers consumers({.consumers_max = 2, .idle_min = std::chrono::hours(1)});
  const std::uint64_t epoch = consumers.open({"e", "1"}, Seq{1}, 0, "g", kNow)->epoch;
  consumers.open({"e", "2"}, Seq{1}, 0, "g", kNow).ok();
  CHECK(consumers.open({"e", "3"}, Seq{1}, 0, "g", kNow).error().code == ErrorCode::kFull);
  CHECK(notes_of(consumers) == "e/1@1 e/2@1");
  const WallTime later = kNow + std::chrono::hours(2);
  consumers.acknowledge({"e", "1"}, epoch, Seq{1}, later).ok();
  CHECK(consumers.open({"e", "3"}, Seq{1}, 0, "g", later).ok());
  CHECK(notes_of(consumers) == "e/2- e/3@1");
  CHECK_FALSE(consumers.open({"e", "2"}, Seq{1}, 0, "g", later).ok());
}

TEST_CASE("what could not be committed is noted again, as it is by then") {
  Consumers consumers({});
  const std::uint64_t epoch = consumers.open(kName, Seq{100}, 0, "g", kNow)->epoch;
  std::vector<ConsumerNote> notes;
  consumers.take_notes(notes);
  consumers.acknowledge(kName, epoch, Seq{130}, kNow).ok();
  consumers.not_committed(notes);
  CHECK(notes_of(consumers) == "admin/mail@130");
  consumers.not_committed({{"gone", "x", Seq{1}, true}});
  CHECK(notes_of(consumers) == "gone/x-");
}

}  // namespace
}  // namespace cell0::broker
