// Event ids: UUIDv7 (RFC 9562 section 5.7), so that ids made by one process sort by the time they were made.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/random.h"
#include "common/result.h"

namespace cell0 {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  // The 16 raw bytes, as Envelope.id carries them. Valid as long as this Uuid.
  std::string_view raw() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  auto operator<=>(const Uuid&) const = default;
};

// "0191e7a0-5c1e-7f32-9d6a-1b2c3d4e5f60": 36 characters, lower case.
std::string to_string(const Uuid& id);
void append_uuid(std::string& out, const Uuid& id);

// Any version; either case; exactly the 8-4-4-4-12 form. kInvalid otherwise.
Result<Uuid> parse_uuid(std::string_view text);
// REQUIRES nothing: kInvalid unless there are exactly 16 bytes.
Result<Uuid> uuid_from_raw(std::string_view bytes);

// Makes UUIDv7s that strictly increase, also within a millisecond and when the clock steps back.
//
// After the 48 bits of time come a 12-bit counter that starts low at random each millisecond, and 62 random bits. More
// than about 2,000 ids in one millisecond borrow from the next. One thread.
class UuidGenerator {
 public:
  // Uses, does not own: both outlive the generator.
  UuidGenerator(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  Uuid next();

 private:
  std::uint64_t random_word();
  void start_millisecond(std::int64_t ms);

  const Clock& clock_;
  Random& random_;
  std::int64_t ms_ = -1;
  unsigned counter_ = 0;
  std::array<std::uint8_t, 256> pool_{};  // one system call for 32 words
  std::size_t pool_used_ = pool_.size();
};

}  // namespace cell0
