#include "gateway/ring.h"

#include <algorithm>

#include "common/check.h"

namespace cell0::gateway {

Ring::Ring(std::size_t events_max, std::size_t bytes_max) : events_max_(events_max), bytes_max_(bytes_max) {
  CELL0_CHECK(events_max > 0 && bytes_max > 0);
}

void Ring::reset(Seq base) {
  events_.clear();
  bytes_ = 0;
  base_ = base;
}

void Ring::push(EventPtr event) {
  CELL0_CHECK(event->seq() > newest());
  bytes_ += event->bytes();
  events_.push_back(std::move(event));
  while (events_.size() > events_max_ || (bytes_ > bytes_max_ && events_.size() > 1)) {
    bytes_ -= events_.front()->bytes();
    base_ = events_.front()->seq();
    events_.pop_front();
  }
}

std::size_t Ring::index_after(Seq since) const {
  const auto first = std::upper_bound(events_.begin(), events_.end(), since,
                                      [](Seq seq, const EventPtr& event) { return seq < event->seq(); });
  return static_cast<std::size_t>(first - events_.begin());
}

}  // namespace cell0::gateway
