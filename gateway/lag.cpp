#include "gateway/lag.h"

#include "common/check.h"

namespace cell0::gateway {

std::optional<Shedding> shed(const Ring& ring, Seq after, Seq through, const EventFilter& filter,
                             std::size_t bytes_max) {
  CELL0_CHECK(ring.covers(after));
  std::array<std::size_t, 11> bytes{};
  std::array<std::uint64_t, 11> kept{};  // durable and relaxed
  std::size_t total = 0;
  for (std::size_t i = ring.index_after(after); i < ring.size() && ring.at(i)->seq() <= through; ++i) {
    const Event& event = *ring.at(i);
    if (event.is_hole() || !filter.admits(event.facts())) continue;
    const std::size_t level = event.priority() < 1 ? 1 : event.priority() > 10 ? 10 : event.priority();
    bytes[level] += event.bytes();
    if (!event.ephemeral()) ++kept[level];
    total += event.bytes();
  }
  if (total <= bytes_max) return std::nullopt;
  Shedding shedding;
  while (shedding.floor > 0 && total > bytes_max / 2) {
    total -= bytes[shedding.floor];
    shedding.count += kept[shedding.floor];
    --shedding.floor;
  }
  return shedding;
}

}  // namespace cell0::gateway
