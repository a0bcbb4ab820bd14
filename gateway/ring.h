// The newest events, in memory, for clients that come late, come back or fall behind.
//
// Pure data: no sockets, no clock, one thread. Over a limit it drops its oldest events.
// Invariant: seqs increase strictly, and nothing is missing after base() but what a hole names.
#pragma once

#include <deque>

#include "gateway/event.h"

namespace cell0::gateway {

class Ring {
 public:
  // REQUIRES: events_max > 0 and bytes_max > 0.
  Ring(std::size_t events_max, std::size_t bytes_max);

  // Forgets everything; the ring is then complete after `base`.
  void reset(Seq base);

  // Adds the newest event. REQUIRES: event->seq() > newest(). Amortised O(1).
  void push(EventPtr event);

  // The ring holds every event after base(); older ones the broker may have.
  Seq base() const { return base_; }
  Seq newest() const { return events_.empty() ? base_ : events_.back()->seq(); }
  bool covers(Seq since) const { return since >= base_; }

  // Position of the first event after `since`, for at(). O(log n).
  std::size_t index_after(Seq since) const;
  const EventPtr& at(std::size_t index) const { return events_[index]; }
  std::size_t size() const { return events_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t events_max_;
  std::size_t bytes_max_;
  Seq base_;
  std::size_t bytes_ = 0;
  std::deque<EventPtr> events_;
};

}  // namespace cell0::gateway
