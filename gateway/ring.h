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

  // Forgets everything and begins anew with `earlier`, which are complete after `base` (some older ones may be among
  // them) up to `newest`: the last numbers may be those of events that nobody has any more.
  // REQUIRES: base <= newest; no event is above newest.
  void reset(Seq base, Seq newest, const std::vector<EventPtr>& earlier = {});

  // Adds the newest event. REQUIRES: event->seq() > newest(). Amortised O(1).
  void push(EventPtr event);

  // The ring holds every event after base(); older ones the broker may have. It may hold a few of those, too.
  Seq base() const { return base_; }
  Seq newest() const { return newest_; }
  bool covers(Seq since) const { return since >= base_; }

  // The last hole that came, held or not; 0: none.
  Seq newest_hole() const { return newest_hole_; }

  // Position of the first event after `since`, for at(). O(log n).
  std::size_t index_after(Seq since) const;
  const EventPtr& at(std::size_t index) const { return events_[index].event; }
  // Bytes that went through the ring up to and with this event: grows for ever, so differences and marks are O(1).
  std::uint64_t bytes_through(std::size_t index) const { return events_[index].bytes_through; }
  std::uint64_t bytes_total() const { return bytes_total_; }
  // Of the events after `since`. O(log n).
  std::uint64_t bytes_after(Seq since) const;
  std::size_t size() const { return events_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    EventPtr event;
    std::uint64_t bytes_through;
  };
  void add(EventPtr event);

  std::size_t events_max_;
  std::size_t bytes_max_;
  Seq base_;
  Seq newest_;
  Seq newest_hole_;
  std::size_t bytes_ = 0;
  std::uint64_t bytes_total_ = 0;
  std::deque<Entry> events_;
};

}  // namespace cell0::gateway
