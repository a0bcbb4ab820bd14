// What a client asks for in the query of its URL: filters and where to begin, alike for every WebSocket path, SSE and
// GET /api/v1/events (dialects.md, "Filters", "Resume"). Pure.
#pragma once

#include <optional>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/event_filter.h"
#include "common/http/message.h"
#include "common/seq.h"
#include "gateway/auth/access.h"

namespace cell0::gateway {

struct StreamQuery {
  EventFilter filter;
  std::optional<Seq> since;  // SSE's Last-Event-ID, else ?since=
};

// `types` (or `type`), `topics` (or `topic`), `sources`: lists with commas; `min_priority`, `session_id`, `since`. With
// types or topics the dialect's default audience no longer holds, unless `all` is among the types. kInvalid: names the
// parameter and what is right.
Result<StreamQuery> read_stream_query(const HttpRequest& request, v1::Audience audience);

// The query as its asker may have it: narrowed to what he may subscribe to and, with `since`, may read of history; who
// may read none of that begins with what is new. Errors as Access::narrow().
Result<StreamQuery> visible_to(const Access& access, StreamQuery query);

// Where a history begins: after a seq, or with what the broker took at a time or later. Both none: with the newest.
struct HistorySince {
  std::optional<Seq> seq;
  std::optional<WallTime> time;
};

// `?since=` as a seq, or as a time (common/time_text.h). kInvalid: it is neither.
Result<HistorySince> read_history_since(const HttpRequest& request);

// The filter's parameters alone, as in read_stream_query().
Result<EventFilter> read_filter(const HttpRequest& request, v1::Audience audience);

// A whole number, or nullopt if it is absent. kInvalid: something else, or not within min and max.
Result<std::optional<std::uint64_t>> read_number(const HttpRequest& request, std::string_view name, std::uint64_t max,
                                                 std::uint64_t min = 0);

}  // namespace cell0::gateway
