#include "broker/delivered.h"

#include "cell0/v1/control.pb.h"
#include "common/store/scan.h"
#include "common/wire.h"

namespace cell0::broker {
DeliveredView view_of(std::string_view delivered) {
  DeliveredView event;
  wire::Reader reader(delivered);
  while (reader.next()) {
    switch (reader.field()) {
      case v1::Delivered::kSeqFieldNumber:
        event.seq = Seq{reader.number()};
        break;
      case v1::Delivered::kTopicFieldNumber:
        event.topic = reader.bytes();
        break;
      case v1::Delivered::kTypeFieldNumber:
        event.type = reader.bytes();
        break;
      case v1::Delivered::kPriorityFieldNumber:
        event.priority = static_cast<std::uint32_t>(reader.number());
        break;
      case v1::Delivered::kEnvelopeFieldNumber:
        event.envelope = reader.bytes();
        break;
      case v1::Delivered::kDurabilityFieldNumber:
        event.durability = static_cast<v1::Durability>(reader.number());
        break;
      default:
        break;
    }
  }
  return event;
}

EventFacts facts_of(std::string_view delivered) {
  const DeliveredView event = view_of(delivered);
  const store::EnvelopeFacts envelope = store::facts_of_envelope(event.envelope);
  return {event.type, event.topic, envelope.source, envelope.session_id, event.priority};
}

void put_delivered(std::string& out, std::uint32_t field, const DeliveredView& event) {
  const auto durability = static_cast<std::uint64_t>(event.durability);
  const std::size_t size = wire::number_size(event.seq.value) + wire::bytes_size(event.topic.size()) +
                           wire::bytes_size(event.type.size()) + wire::number_size(event.priority) +
                           wire::bytes_size(event.envelope.size()) + wire::number_size(durability);
  wire::put_varint(out, wire::tag(field, wire::Type::kBytes));
  wire::put_varint(out, size);
  wire::put_number(out, v1::Delivered::kSeqFieldNumber, event.seq.value);
  wire::put_bytes(out, v1::Delivered::kTopicFieldNumber, event.topic);
  wire::put_bytes(out, v1::Delivered::kTypeFieldNumber, event.type);
  wire::put_number(out, v1::Delivered::kPriorityFieldNumber, event.priority);
  wire::put_bytes(out, v1::Delivered::kEnvelopeFieldNumber, event.envelope);
  wire::put_number(out, v1::Delivered::kDurabilityFieldNumber, durability);
}

}  // namespace cell0::broker
