#include "gateway/ring.h"

#include <algorithm>

#include "common/check.h"

namespace cell0::gateway {

Ring::Ring(std::size_t events_max, std::size_t bytes_max) : events_max_(events_max), bytes_max_(bytes_max) {
  CELL0_CHECK(events_max > 0 && bytes_max > 0);
}

void Ring::reset(Seq base, Seq newest, const std::vector<EventPtr>& earlier) {
  CELL0_CHECK(base <= newest && (earlier.empty() || earlier.back()->seq() <= newest));
  events_.clear();
  bytes_ = 0;
  base_ = base;
  newest_ = newest;
  newest_hole_ = Seq{};
  for (const EventPtr& event : earlier) add(event);
}

void Ring::push(EventPtr event) {
  CELL0_CHECK(event->seq() > newest_);
  newest_ = event->seq();
  add(std::move(event));
}

void Ring::add(EventPtr event) {
  CELL0_CHECK(events_.empty() || event->seq() > events_.back().event->seq());
  if (event->is_hole()) newest_hole_ = event->seq();
  bytes_ += event->bytes();
  bytes_total_ += event->bytes();
  events_.push_back({std::move(event), bytes_total_});
  while (events_.size() > events_max_ || (bytes_ > bytes_max_ && events_.size() > 1)) {
    const Event& oldest = *events_.front().event;
    bytes_ -= oldest.bytes();
    base_ = std::max(base_, oldest.seq());
    events_.pop_front();
  }
}

std::size_t Ring::index_after(Seq since) const {
  const auto first = std::upper_bound(events_.begin(), events_.end(), since,
                                      [](Seq seq, const Entry& entry) { return seq < entry.event->seq(); });
  return static_cast<std::size_t>(first - events_.begin());
}

std::uint64_t Ring::bytes_after(Seq since) const {
  const std::size_t first = index_after(since);
  if (first == 0) return bytes_;
  return bytes_total_ - events_[first - 1].bytes_through;
}

}  // namespace cell0::gateway
