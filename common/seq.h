// Seq: an event's place in the one stream of the system (design: "One chain"). Never used twice; below 2^53, so that it
// is exact as a JSON number.
#pragma once

#include <compare>
#include <cstdint>

namespace cell0 {

struct Seq {
  std::uint64_t value = 0;  // 0: before every event

  friend constexpr auto operator<=>(Seq, Seq) = default;
  constexpr Seq next() const { return Seq{value + 1}; }
  constexpr Seq prev() const { return Seq{value == 0 ? 0 : value - 1}; }
};

constexpr Seq kSeqMax{(std::uint64_t{1} << 53) - 1};

}  // namespace cell0
