// What a new client of a dialect sees first: the newest events of the dialect's default, kept ready, so that a first
// message needs no question to the broker. Pure.
#pragma once

#include <vector>

#include "common/event_filter.h"
#include "gateway/event.h"

namespace cell0::gateway {

class OpeningWindow {
 public:
  OpeningWindow(EventFilter filter, std::size_t events_max) : filter_(std::move(filter)), events_max_(events_max) {}

  void start(std::vector<EventPtr> events) { events_ = std::move(events); }
  void push(const EventPtr& event) {
    if (event->is_hole() || !filter_.admits(event->facts())) return;
    events_.push_back(event);
    if (events_.size() > events_max_) events_.erase(events_.begin());
  }

  const EventFilter& filter() const { return filter_; }
  const std::vector<EventPtr>& events() const { return events_; }  // oldest first

 private:
  EventFilter filter_;
  std::size_t events_max_;
  std::vector<EventPtr> events_;
};

}  // namespace cell0::gateway
