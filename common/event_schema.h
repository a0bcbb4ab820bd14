// The table of event types, read from the options in proto/cell0/v1/event.proto: one entry for each typed payload.
//
// A name without an entry is a type of users: its data is the envelope's `json`, durable, priority 5, for everyone but
// coda and arcane (dialects.md, "Which event types a client gets").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cell0/v1/event.pb.h"

namespace cell0 {

struct EventType {
  std::string name;
  v1::Durability durability = v1::DURABLE;
  std::uint32_t priority = 5;                                // default, 1-10, lower is more urgent
  std::uint32_t audiences = 0;                               // bit 1 << v1::Audience for each who gets it unasked
  bool replay = false;                                       // in coda's replay
  const google::protobuf::FieldDescriptor* field = nullptr;  // in Envelope; null for a type of users

  bool reaches(v1::Audience audience) const {
    return audience == v1::AUDIENCE_ANY || (audiences & (1u << static_cast<unsigned>(audience))) != 0;
  }
};

// All typed events, in the order of event.proto.
const std::vector<EventType>& event_types();

// The entry of that name; null for a type of users. O(1).
const EventType* find_event_type(std::string_view name);

// What holds for every type of users; its name is empty.
const EventType& user_event_type();

// find_event_type, or user_event_type.
const EventType& event_type_or_user(std::string_view name);

// The event type's name: the payload field's, or `type` where the data is json. Empty if there is no payload.
std::string_view type_of(const v1::Envelope& envelope);

// The topic, `events.<type>` where the envelope has none.
std::string topic_of(const v1::Envelope& envelope, std::string_view type);

// The priority, by default the type's; a log_stream's by its level (3 ERROR and CRITICAL, 5 WARN and WARNING).
std::uint32_t priority_of(const v1::Envelope& envelope, const EventType& type);
std::uint32_t priority_of(const v1::Envelope& envelope);
std::uint32_t log_priority(std::string_view level, const EventType& type);  // of a log_stream that has none itself

}  // namespace cell0
