// The parts of a rendered event that several dialects write alike.
#pragma once

#include "common/json.h"
#include "gateway/renderer.h"

namespace cell0::gateway {

// The members `recovered`, `first_seq`, `last_seq` (dialects.md, "Resume").
void write_resumed(JsonWriter& out, const Resumed& resumed);

// The members from_seq, to_seq, priority_above, count, reason (dialects.md, "Slow clients").
void write_skipped(JsonWriter& out, const Skipped& skipped);

// A whole event object with everything that there is to know: REST, server-sent events.
void write_full_event(JsonWriter& out, const Event& event);

}  // namespace cell0::gateway
