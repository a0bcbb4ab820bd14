// What to leave out for a client that is too far behind: the lowest priorities first (dialects.md, "Slow clients").
//
// Pure: the ring, a place in it and a filter in, a decision out.
#pragma once

#include <array>
#include <optional>

#include "common/event_filter.h"
#include "gateway/ring.h"

namespace cell0::gateway {

struct Shedding {
  std::uint32_t floor = 10;  // events with a higher priority number than this are left out
  std::uint64_t count = 0;   // durable and relaxed ones left out
};

// Looks at what `filter` admits in (after, through]. Nothing if that is at most bytes_max; else the highest floor that
// leaves at most half of bytes_max to send (0: nothing is left). O(events in the range).
// REQUIRES: ring.covers(after).
std::optional<Shedding> shed(const Ring& ring, Seq after, Seq through, const EventFilter& filter,
                             std::size_t bytes_max);

}  // namespace cell0::gateway
