#include "common/uuid.h"

#include <doctest/doctest.h>

using namespace cell0;

namespace {

std::int64_t ms_of(const Uuid& id) {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id.bytes[i];
  return ms;
}

}  // namespace

TEST_CASE("a UUID reads back from its text and from its bytes") {
  const auto id = parse_uuid("0191e7a0-5c1e-7f32-9d6a-1B2C3D4E5F60");
  REQUIRE(id.ok());
  CHECK(to_string(*id) == "0191e7a0-5c1e-7f32-9d6a-1b2c3d4e5f60");
  const auto raw = uuid_from_raw(id->raw());
  REQUIRE(raw.ok());
  CHECK(*raw == *id);
}

TEST_CASE("what is not a UUID is refused with words") {
  for (const std::string_view text :
       {"", "0191e7a0", "0191e7a05c1e7f329d6a1b2c3d4e5f60", "0191e7a0-5c1e-7f32-9d6a-1b2c3d4e5f6g",
        "0191e7a0_5c1e_7f32_9d6a_1b2c3d4e5f60", "{191e7a0-5c1e-7f32-9d6a-1b2c3d4e5f60}"}) {
    CAPTURE(text);
    const auto id = parse_uuid(text);
    REQUIRE(!id.ok());
    CHECK(id.error().code == ErrorCode::kInvalid);
    CHECK(id.error().text.find("is not a UUID") != std::string::npos);
  }
  CHECK(!uuid_from_raw("fifteen bytes..").ok());
}

TEST_CASE("a generated id carries the time, version 7 and variant 10") {
  ManualClock clock;
  SeededRandom random(1);
  UuidGenerator generator(clock, random);
  const Uuid id = generator.next();
  CHECK(ms_of(id) == to_unix_us(clock.wall()) / 1000);
  CHECK((id.bytes[6] >> 4) == 7);
  CHECK((id.bytes[8] >> 6) == 2);
}

TEST_CASE("ids increase strictly within a millisecond, far past its counter") {
  ManualClock clock;
  SeededRandom random(2);
  UuidGenerator generator(clock, random);
  Uuid last = generator.next();
  for (int i = 0; i < 20'000; ++i) {
    const Uuid id = generator.next();
    REQUIRE(last < id);
    last = id;
  }
}

TEST_CASE("ids increase strictly when the clock steps back") {
  ManualClock clock;
  SeededRandom random(3);
  UuidGenerator generator(clock, random);
  const Uuid before = generator.next();
  clock.set_wall(clock.wall() - std::chrono::hours(1));
  const Uuid after = generator.next();
  CHECK(before < after);
}
