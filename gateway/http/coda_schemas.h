// JSON Schemas of events as coda's clients see them (gateway/dialects/coda_events.h): flat, absent fields null, and two
// types under other names. For the AsyncAPI document. Pure.
#pragma once

#include "common/json.h"

namespace cell0::gateway {

// For components/schemas: "coda.<type>" for each typed event, what it has beside the five members that all have; and
// "CodaEvent", which goes by the type. Those five are the schema "CodaEventFields".
void write_coda_schemas(JsonWriter& out);

}  // namespace cell0::gateway
