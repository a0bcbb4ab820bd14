// What is asked of the stored events, and the seam to whoever answers it, a page at a time.
//
// Production: log/log_history.h, over the log. A simulation may have a model of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/event_filter.h"
#include "common/result.h"
#include "common/seq.h"

namespace cell0::broker {

struct HistoryQuery {
  EventFilter filter;
  Seq since;                // events after it
  WallTime since_time{};    // and taken by the broker at this time or later; 0: any
  Seq through;              // up to and including; REQUIRES: at most the head
  std::uint64_t limit = 0;  // events in all; 0: as many as the page holds
  bool newest = false;      // the last `limit` of the range, oldest first; the first such page if they are many
  std::size_t bytes_max = 256 * 1024;

  // kInvalid: the filter. `head`: the last seq published, the bound of `through`.
  static Result<HistoryQuery> create(const v1::HistoryRequest& request, Seq head, std::size_t page_bytes_max);
};

class History {
 public:
  // An encoded v1::HistoryPage, all but head_seq. kUnavailable: it cannot be read now; the text says why.
  using Done = std::function<void(Result<std::string> page)>;

  virtual ~History() = default;

  // Answers with one page: calls `done` once, on the loop's thread, never before it returns, and not at all once the
  // History is gone. Pages of several queries may come in any order. How many are open at a time bounds the asker.
  virtual void page(HistoryQuery query, Done done) = 0;
};

}  // namespace cell0::broker
