// Events as JSON, both ways, by the schema: what dialects, REST and the command line share.
#pragma once

#include <string>
#include <string_view>

#include "cell0/v1/event.pb.h"
#include "common/json.h"
#include "common/result.h"

namespace cell0 {

// What an absent optional field without a default becomes.
enum class Absent { kLeftOut, kNull };

// The data of an event as one JSON object: the payload's fields in their order, then those of `extra`; or the bytes of
// `json` as they are. REQUIRES: check_event passed.
void write_event_data(JsonWriter& out, const v1::Envelope& envelope, Absent absent = Absent::kLeftOut);

// The same members without the braces, for dialects that render flat (coda). Nothing for `json` data.
void write_event_members(JsonWriter& out, const v1::Envelope& envelope, Absent absent);

// Fills the payload of `envelope` from the data of an event of that type: typed where event.proto knows it, else json.
// Members that the typed message has no field for are kept in `extra`. kInvalid: a member has the wrong type
// ("log_stream.level: 7 is not a string"), or data is not an object. Required fields are check_event's business.
Result<void> read_event_data(std::string_view type, const rapidjson::Value& data, v1::Envelope& envelope);

}  // namespace cell0
