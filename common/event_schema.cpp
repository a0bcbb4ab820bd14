#include "common/event_schema.h"

#include <unordered_map>

namespace cell0 {
namespace {

EventType describe(const google::protobuf::FieldDescriptor& field) {
  const v1::EventTypeOptions& options = field.options().GetExtension(v1::event);
  EventType type;
  type.name = field.name();
  type.durability = options.durability();
  type.priority = options.priority();
  type.replay = options.replay();
  type.field = &field;
  for (const int audience : options.audience()) type.audiences |= 1u << static_cast<unsigned>(audience);
  return type;
}

std::vector<EventType> read_types() {
  std::vector<EventType> types;
  const auto* payload = v1::Envelope::descriptor()->FindOneofByName("payload");
  for (int i = 0; i < payload->field_count(); ++i) {
    if (payload->field(i)->name() != "json") types.push_back(describe(*payload->field(i)));
  }
  return types;
}

struct Index {
  std::unordered_map<std::string_view, const EventType*> by_name;
  std::vector<const EventType*> by_number;

  Index() {
    for (const EventType& type : event_types()) {
      by_name.emplace(type.name, &type);
      const auto number = static_cast<std::size_t>(type.field->number());
      if (by_number.size() <= number) by_number.resize(number + 1);
      by_number[number] = &type;
    }
  }
};

const Index& index() {
  static const Index index;
  return index;
}

}  // namespace

const std::vector<EventType>& event_types() {
  static const std::vector<EventType> types = read_types();
  return types;
}

const EventType* find_event_type(std::string_view name) {
  const auto it = index().by_name.find(name);
  return it == index().by_name.end() ? nullptr : it->second;
}

const EventType& user_event_type() {
  static const EventType type{"",    v1::DURABLE, 5, (1u << v1::AUDIENCE_CELL0D) | (1u << v1::AUDIENCE_STREAM),
                              false, nullptr};
  return type;
}

const EventType& event_type_or_user(std::string_view name) {
  const EventType* type = find_event_type(name);
  return type != nullptr ? *type : user_event_type();
}

std::string_view type_of(const v1::Envelope& envelope) {
  if (envelope.payload_case() == v1::Envelope::kJson) return envelope.type();
  if (envelope.payload_case() == v1::Envelope::PAYLOAD_NOT_SET) return {};
  const EventType* type = index().by_number[static_cast<std::size_t>(envelope.payload_case())];
  return type == nullptr ? std::string_view{} : std::string_view(type->name);
}

std::string topic_of(const v1::Envelope& envelope, std::string_view type) {
  if (!envelope.topic().empty()) return envelope.topic();
  std::string topic = "events.";
  topic += type;
  return topic;
}

std::uint32_t priority_of(const v1::Envelope& envelope) {
  return priority_of(envelope, event_type_or_user(type_of(envelope)));
}

std::uint32_t priority_of(const v1::Envelope& envelope, const EventType& type) {
  if (envelope.has_priority()) return envelope.priority();
  if (envelope.has_log_stream()) return log_priority(envelope.log_stream().level(), type);
  return type.priority;
}

std::uint32_t log_priority(std::string_view level, const EventType& type) {
  if (level == "ERROR" || level == "CRITICAL") return 3;
  if (level == "WARN" || level == "WARNING") return 5;
  return type.priority;
}

}  // namespace cell0
