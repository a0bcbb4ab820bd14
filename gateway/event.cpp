#include "gateway/event.h"

#include "cell0/v1/event.pb.h"
#include "common/event_json.h"
#include "common/uuid.h"

namespace cell0::gateway {

Result<EventPtr> Event::create(const v1::Delivered& delivered) {
  v1::Envelope envelope;
  if (!envelope.ParseFromString(delivered.envelope())) {
    return Error{ErrorCode::kInvalid, "event " + std::to_string(delivered.seq()) + ": its envelope cannot be decoded"};
  }
  const auto id = uuid_from_raw(envelope.id());
  if (!id) return Error{ErrorCode::kInvalid, "event " + std::to_string(delivered.seq()) + ": id: " + id.error().text};

  std::shared_ptr<Event> event(new Event);
  event->seq_ = Seq{delivered.seq()};
  event->priority_ = delivered.priority();
  event->durability_ = delivered.durability();
  event->type_ = delivered.type();
  event->topic_ = delivered.topic();
  event->id_ = to_string(*id);
  event->source_ = envelope.source();
  event->session_id_ = envelope.session_id();
  event->time_ = from_unix_us(envelope.time_us());
  JsonWriter out(event->data_);
  write_event_data(out, envelope);
  return EventPtr(std::move(event));
}

EventPtr Event::hole(Seq from, Seq to, SkipReason reason) {
  CELL0_CHECK(from <= to && from.value != 0);
  std::shared_ptr<Event> event(new Event);
  event->seq_ = to;
  event->hole_from_ = from;
  event->hole_reason_ = reason;
  return event;
}

std::size_t Event::bytes() const {
  return sizeof(Event) + id_.size() + type_.size() + topic_.size() + source_.size() + session_id_.size() + data_.size();
}

std::vector<EventPtr> events_of(const v1::HistoryPage& page) {
  std::vector<EventPtr> events;
  events.reserve(static_cast<std::size_t>(page.events_size()));
  for (const v1::Delivered& delivered : page.events()) {
    if (auto event = Event::create(delivered)) events.push_back(std::move(event).value());
  }
  return events;
}

}  // namespace cell0::gateway
