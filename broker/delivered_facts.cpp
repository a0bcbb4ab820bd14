#include "broker/delivered_facts.h"

#include "broker/wire.h"
#include "cell0/v1/control.pb.h"

namespace cell0::broker {
namespace {

// A field that stands twice counts as its last one, as for every protobuf parser.
void read_envelope(std::string_view envelope, EventFacts& facts) {
  wire::Reader reader(envelope);
  while (reader.next()) {
    if (reader.is(v1::Envelope::kSourceFieldNumber, wire::Type::kBytes)) facts.source = reader.bytes();
    if (reader.is(v1::Envelope::kSessionIdFieldNumber, wire::Type::kBytes)) facts.session_id = reader.bytes();
  }
}

}  // namespace

EventFacts facts_of(std::string_view delivered) {
  EventFacts facts;
  wire::Reader reader(delivered);
  while (reader.next()) {
    switch (reader.field()) {
      case v1::Delivered::kTopicFieldNumber:
        facts.topic = reader.bytes();
        break;
      case v1::Delivered::kTypeFieldNumber:
        facts.type = reader.bytes();
        break;
      case v1::Delivered::kPriorityFieldNumber:
        facts.priority = static_cast<std::uint32_t>(reader.number());
        break;
      case v1::Delivered::kEnvelopeFieldNumber:
        read_envelope(reader.bytes(), facts);
        break;
      default:
        break;
    }
  }
  return facts;
}

}  // namespace cell0::broker
