#include "gateway/history_reader.h"

#include <algorithm>
#include <memory>

#include "common/seq.h"

namespace cell0::gateway {
namespace {

struct Reading {
  HistorySource& source;
  v1::HistoryRequest request;  // of the next page
  bool newest;
  std::size_t bytes_max;
  HistorySource::OnPage done;
  v1::HistoryPage whole = {};
  std::size_t bytes = 0;
};
using ReadingPtr = std::shared_ptr<Reading>;

void drop_oldest(Reading& reading) {
  int dropped = 0;
  while (reading.bytes > reading.bytes_max && dropped + 1 < reading.whole.events_size()) {
    reading.bytes -= reading.whole.events(dropped++).ByteSizeLong();
  }
  reading.whole.mutable_events()->DeleteSubrange(0, dropped);
}

// True if there is more to ask for.
bool take(Reading& reading, v1::HistoryPage& page) {
  v1::HistoryPage& whole = reading.whole;
  const int events = page.events_size();
  for (v1::Delivered& event : *page.mutable_events()) {
    reading.bytes += event.ByteSizeLong();
    *whole.add_events() = std::move(event);
  }
  if (whole.since_seq() == 0) whole.set_since_seq(page.since_seq());  // of the first
  whole.set_scanned_through(page.scanned_through());
  whole.set_trimmed_through(std::max(whole.trimmed_through(), page.trimmed_through()));
  whole.set_end(page.end());
  whole.set_head_seq(page.head_seq());
  if (reading.newest) drop_oldest(reading);
  v1::HistoryRequest& next = reading.request;
  if (page.end() || page.scanned_through() >= next.through()) return false;
  if (!reading.newest && reading.bytes >= reading.bytes_max) return false;
  if (events == 0 && page.scanned_through() <= next.since()) return false;  // it would never end
  next.set_newest(false);
  next.set_since(page.scanned_through());
  if (next.limit() != 0) {
    if (next.limit() <= static_cast<std::uint32_t>(events)) return false;
    next.set_limit(next.limit() - static_cast<std::uint32_t>(events));
  }
  return true;
}

void ask(const ReadingPtr& reading) {
  reading->source.ask(reading->request, [reading](Result<v1::HistoryPage> page) {
    if (!page) return reading->done(page.error());
    if (take(*reading, *page)) return ask(reading);
    reading->done(std::move(reading->whole));
  });
}

}  // namespace

void read_history(HistorySource& source, v1::HistoryRequest request, std::size_t bytes_max,
                  HistorySource::OnPage done) {
  if (request.through() == 0) request.set_through(kSeqMax.value);
  const bool newest = request.newest();
  ask(std::make_shared<Reading>(Reading{source, std::move(request), newest, bytes_max, std::move(done)}));
}

}  // namespace cell0::gateway
