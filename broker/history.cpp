#include "broker/history.h"

#include <algorithm>

namespace cell0::broker {

Result<HistoryQuery> HistoryQuery::create(const v1::HistoryRequest& request, Seq head, std::size_t page_bytes_max) {
  auto filter = EventFilter::create(request.filter());
  if (!filter) return filter.error();
  HistoryQuery query;
  query.filter = std::move(*filter);
  query.since = Seq{request.since()};
  query.since_time = from_unix_us(request.since_time_us());
  query.through = request.through() == 0 ? head : std::min(head, Seq{request.through()});
  query.limit = request.limit();
  query.newest = request.newest() && request.limit() > 0;
  query.bytes_max = page_bytes_max;
  if (request.bytes_max() != 0) query.bytes_max = std::min<std::size_t>(page_bytes_max, request.bytes_max());
  return query;
}

}  // namespace cell0::broker
