// One page of history: a scan over the store in slices, so that it never holds the loop for long.
//
// Between slices the store may grow and be trimmed: the scan keeps a seq, not a place. What is trimmed ahead of it is
// told by trimmed_through. Pure; one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "broker/store.h"
#include "cell0/v1/control.pb.h"
#include "common/event_filter.h"
#include "common/result.h"
#include "common/seq.h"

namespace cell0::broker {

struct HistoryQuery {
  EventFilter filter;
  Seq since;                // events after it
  Seq through;              // up to and including; REQUIRES: at most the head
  std::uint64_t limit = 0;  // events in all; 0: as many as the page holds
  bool newest = false;      // the last `limit` of the range, oldest first; the first such page if they are many
  std::size_t bytes_max = 256 * 1024;

  // kInvalid: the filter. `head`: the last seq published, the bound of `through`.
  static Result<HistoryQuery> create(const v1::HistoryRequest& request, Seq head, std::size_t page_bytes_max);
};

class HistoryScan {
 public:
  HistoryScan(const Store& store, HistoryQuery query);

  // Looks at up to `records_max` more events; true once the page is complete. One slice.
  bool step(std::size_t records_max);

  // The encoded v1::HistoryPage. REQUIRES: step() said true. `head`: the last seq published by now.
  std::string take_page(Seq head);

 private:
  bool find_begin(std::size_t& records_left);
  bool fill(std::size_t& records_left);
  bool take(const StoredEvent& event);
  void note_trimmed();

  const Store& store_;
  HistoryQuery query_;
  std::vector<RuleId> rules_;
  bool beginning_;  // still looking for where the newest `limit` begin
  Seq back_to_;     // while beginning: events above it have been counted
  std::uint64_t counted_ = 0;
  std::string page_;  // encoded HistoryPage.events
  std::size_t event_bytes_ = 0;
  std::uint64_t events_ = 0;
  Seq scanned_through_;
  Seq trimmed_through_;
  bool end_ = false;
};

}  // namespace cell0::broker
