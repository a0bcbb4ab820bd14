#include "broker/seq_source.h"

#include <doctest/doctest.h>

#include <fstream>
#include <random>

#include "tests/unit/broker/events.h"

namespace cell0::broker {
namespace {

constexpr WallTime kNow{std::chrono::seconds(1'770'000'000)};
constexpr std::uint64_t kOfNow = std::uint64_t{1'770'000'000'000} << 10;

SeqSource source(SeqReserve& reserve, Seq last_stored = {}, WallTime now = kNow, std::uint64_t block = 100) {
  return SeqSource::create(reserve, last_stored, now, block).value();
}

TEST_CASE("the first start goes by the clock, and reserves before it gives") {
  FakeReserve reserve;
  SeqSource seqs = source(reserve);
  CHECK(seqs.start() == Seq{kOfNow});
  CHECK(reserve.stored == Seq{kOfNow + 99});
  CHECK(*seqs.take(3) == Seq{kOfNow});
  CHECK(*seqs.take(1) == Seq{kOfNow + 3});
}

TEST_CASE("a start is above the reservation, what is stored, and the clock, whichever is highest") {
  FakeReserve reserve;
  reserve.stored = Seq{kOfNow + 5000};
  CHECK(source(reserve).start() == Seq{kOfNow + 5001});
  reserve.stored = Seq{5};
  CHECK(source(reserve, Seq{kOfNow + 7000}).start() == Seq{kOfNow + 7001});
  reserve.stored = Seq{5};
  CHECK(source(reserve, Seq{6}).start() == Seq{kOfNow});
}

TEST_CASE("no seq comes twice over crashes at any point and a clock that jumps") {
  FakeReserve reserve;
  std::mt19937 random(42);
  Seq highest{};
  for (int run = 0; run < 300; ++run) {
    const WallTime now = kNow + std::chrono::milliseconds(static_cast<int>(random() % 2000) - 1000);
    SeqSource seqs = source(reserve, {}, now, 64);
    CHECK(seqs.start() > highest);
    for (unsigned i = random() % 50; i > 0; --i) {
      const std::uint64_t count = 1 + random() % 40;
      const Seq first = *seqs.take(count);
      REQUIRE(first > highest);
      highest = Seq{first.value + count - 1};
      REQUIRE(highest <= reserve.stored);  // or a crash now would use it again
    }
  }
}

TEST_CASE("the next block is reserved in time; while it cannot be, the present one is used up, then nothing is given") {
  FakeReserve reserve;
  SeqSource seqs = source(reserve);
  reserve.failing = true;
  CHECK(*seqs.take(60) == Seq{kOfNow});
  CHECK_FALSE(seqs.trouble().empty());
  CHECK(*seqs.take(40) == Seq{kOfNow + 60});
  const auto refused = seqs.take(1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kUnavailable);
  CHECK(refused.error().text.find("the disk is full") != std::string::npos);
  reserve.failing = false;
  CHECK(*seqs.take(1) == Seq{kOfNow + 100});
  CHECK(seqs.trouble().empty());
}

TEST_CASE("a batch larger than the block is given whole") {
  FakeReserve reserve;
  SeqSource seqs = source(reserve);
  CHECK(*seqs.take(1000) == Seq{kOfNow});
  CHECK(reserve.stored >= Seq{kOfNow + 999});
  CHECK(*seqs.take(1) == Seq{kOfNow + 1000});
}

TEST_CASE("a clock beyond 2^53 and a reservation that cannot be written are refused at the start") {
  FakeReserve reserve;
  const auto future = SeqSource::create(reserve, {}, WallTime{std::chrono::hours(24) * 366 * 300}, 100);
  REQUIRE_FALSE(future);
  CHECK(future.error().code == ErrorCode::kInvalid);
  CHECK(future.error().text.find("clock") != std::string::npos);
  reserve.failing = true;
  CHECK(SeqSource::create(reserve, {}, kNow, 100).error().code == ErrorCode::kUnavailable);
}

TEST_CASE("the file keeps the reservation, and is new where there was none") {
  const TempDir dir;
  SeqReserveFile file(dir.path() / "seq.reserve");
  CHECK(*file.load() == Seq{0});
  REQUIRE(file.store(Seq{12345}));
  CHECK(*SeqReserveFile(dir.path() / "seq.reserve").load() == Seq{12345});
  REQUIRE(file.store(kSeqMax));
  CHECK(*file.load() == kSeqMax);
}

TEST_CASE("a crash while the file is written leaves the old reservation") {
  const TempDir dir;
  SeqReserveFile file(dir.path() / "seq.reserve");
  REQUIRE(file.store(Seq{100}));
  std::ofstream(dir.path() / "seq.reserve.new") << "cell0-seq-res";
  CHECK(*file.load() == Seq{100});
  REQUIRE(file.store(Seq{200}));
  CHECK(*file.load() == Seq{200});
}

TEST_CASE("a damaged file is refused with what to do, whatever the damage") {
  const TempDir dir;
  const auto path = dir.path() / "seq.reserve";
  SeqReserveFile file(path);
  REQUIRE(file.store(Seq{1234567}));
  std::ifstream in(path);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  const auto refused = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::trunc) << bytes;
    const auto loaded = file.load();
    return !loaded && loaded.error().code == ErrorCode::kInvalid &&
           loaded.error().text.find("seq.reserve") != std::string::npos &&
           loaded.error().text.find("remove the file") != std::string::npos;
  };
  for (std::size_t size = 0; size < good.size(); ++size) CHECK(refused(good.substr(0, size)));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK(refused(bad));
  }
  CHECK(refused(good + "x"));
  CHECK(refused(std::string(4096, '\0')));
}

TEST_CASE("a directory that is not there is said by name") {
  SeqReserveFile file("/nonexistent-cell0/seq.reserve");
  CHECK(*file.load() == Seq{0});
  const auto stored = file.store(Seq{1});
  REQUIRE_FALSE(stored);
  CHECK(stored.error().text.find("/nonexistent-cell0") != std::string::npos);
}

}  // namespace
}  // namespace cell0::broker
