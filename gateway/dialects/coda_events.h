// Events as coda's clients see them (dialects.md section 3): flat, absent optional fields null, times as Unix seconds;
// and what they call the types.
//
// Two names mean something else to them than to cell0: their `system_status` is cell0's component_summary, and cell0d's
// system_status is one more `system_info` to them.
#pragma once

#include <string_view>

#include "cell0/v1/control.pb.h"
#include "common/json.h"
#include "gateway/event.h"

namespace cell0::gateway {

// `event` as one object: version, seq, timestamp, type, session_id, then its own fields in the schema's order.
//
// An event with a field of its own that has one of those five names keeps its fields together in `data`: nothing stands
// twice. Of a typed event's further members those five are left out.
void write_coda_event(JsonWriter& out, const Event& event);

// Seconds since 1970, microseconds exact.
double coda_seconds(WallTime time);

// The filter with the types' names as coda's clients mean them, by cell0's: system_status is component_summary;
// system_info is also cell0d's system_status; a glob that reaches one of these names reaches what it means. The
// dialect's default for one session has that session's chat_response too.
v1::Filter from_coda(v1::Filter filter);

}  // namespace cell0::gateway
