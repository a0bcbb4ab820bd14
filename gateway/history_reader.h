// A range of history that may be larger than one page: asks on until its end.
#pragma once

#include <cstddef>

#include "gateway/history_source.h"

namespace cell0::gateway {

// `done` is called once, later, with all events in one page. Of more than bytes_max (of encoded events) it holds the
// newest if the newest were asked for; else the first, with `end` false. kUnavailable, kTimeout: as the source's.
// `through` 0: up to what the broker has, which may be more than this gateway has seen.
// REQUIRES: source outlives the answer.
void read_history(HistorySource& source, v1::HistoryRequest request, std::size_t bytes_max, HistorySource::OnPage done);

}  // namespace cell0::gateway
