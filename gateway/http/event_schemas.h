// JSON Schemas of events, made of proto/cell0/v1/event.proto: what the OpenAPI and the AsyncAPI document share. Pure.
//
// The same descriptors check and render the events themselves, so the schemas cannot say anything else.
#pragma once

#include <string>
#include <string_view>

#include "common/event_schema.h"
#include "common/json.h"

namespace cell0::gateway {

// Whom a schema is for.
enum class EventForm {
  kPublished,  // what may be published: only what is required must be there, null is absence
  kReceived,   // what is rendered: a field with a default is always there, another one that is absent is left out
  kFlat,       // the same, but what is absent is null (coda)
};

// {"type":"object","properties":...} of that type's data, without the braces of the members around it.
void write_data_schema(JsonWriter& out, const EventType& type, EventForm form);

// A member "<prefix><type>": schema for each typed event, for components/schemas.
void write_data_schemas(JsonWriter& out, std::string_view prefix, EventForm form);

// A schema of an event whose `data` goes by its `type`: the members that all have are `fields`, a schema of
// components/schemas; of a type of users the data is any object.
void write_event_schema(JsonWriter& out, std::string_view fields, std::string_view prefix);

}  // namespace cell0::gateway
