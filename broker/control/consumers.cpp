// Acknowledged consumers: opened, taken over, and how far they have come. The position is committed with the turn; the
// answer does not wait for that, for a consumer that gets an event twice is what "at least once" allows.
#include "broker/control/handlers.h"

namespace cell0::broker {
namespace {

Result<void> check_name(const Limits& limits, const Consumers::Name& name) {
  const auto within = [](std::string_view text, std::size_t max) { return !text.empty() && text.size() <= max; };
  if (within(name.entity, limits.key_entity_bytes_max) && within(name.consumer, limits.consumer_name_bytes_max)) {
    return {};
  }
  return Error{ErrorCode::kInvalid, "consumer: an entity of 1-" + std::to_string(limits.key_entity_bytes_max) +
                                        " bytes and a name of 1-" + std::to_string(limits.consumer_name_bytes_max) +
                                        " are needed"};
}

void fill(v1::ConsumerState& state, const Result<Consumers::State>& result) {
  if (!result) {
    state.set_status(v1::ConsumerState::REFUSED);
    state.set_error(result.error().text);
    return;
  }
  state.set_status(result->open ? v1::ConsumerState::OPEN : v1::ConsumerState::TAKEN);
  state.set_epoch(result->epoch);
  state.set_position(result->position.value);
  state.set_known(result->known);
}

void tell_displaced(ControlParts& parts, const v1::ConsumerOpen& open, const Consumers::State& state) {
  v1::Response notice;
  v1::ConsumerTaken& taken = *notice.mutable_consumer_taken();
  taken.set_entity(open.entity());
  taken.set_consumer(open.consumer());
  taken.set_epoch(state.epoch);
  parts.answers.send(state.displaced, notice);
}

Result<Consumers::State> open_one(ControlParts& parts, const Call& call, const v1::ConsumerOpen& open) {
  const Consumers::Name name{open.entity(), open.consumer()};
  if (auto checked = check_name(parts.limits, name); !checked) return checked.error();
  const Seq begin = std::min(Seq{open.begin()}, parts.chain.head());
  auto opened = parts.consumers.open(name, begin, open.epoch(), call.peer, parts.clock.wall());
  if (opened && opened->open && !opened->displaced.empty()) tell_displaced(parts, open, *opened);
  return opened;
}

Result<Consumers::State> acknowledge_one(ControlParts& parts, const v1::ConsumerAck& ack) {
  if (Seq{ack.seq()} > parts.chain.head()) {
    return Error{ErrorCode::kInvalid, "ack: seq " + std::to_string(ack.seq()) + " is ahead of the newest, " +
                                          std::to_string(parts.chain.head().value)};
  }
  return parts.consumers.acknowledge({ack.entity(), ack.consumer()}, ack.epoch(), Seq{ack.seq()}, parts.clock.wall());
}

void find_one(ControlParts& parts, const v1::ConsumerFind& find, v1::ConsumerState& state) {
  const auto known = parts.consumers.look({find.entity(), find.consumer()});
  state.set_status(v1::ConsumerState::OPEN);
  state.set_known(known.has_value());
  if (known) state.set_position(known->position.value);
}

}  // namespace

Result<Reply> handle_consumers(ControlParts& parts, const Call& call, v1::Response& answer) {
  v1::ConsumersRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "consumers: not an encoded cell0.v1.ConsumersRequest"};
  }
  v1::ConsumersAnswer& states = *answer.mutable_consumers();
  // In this order: a client that acknowledges and comes back at once finds its position.
  for (const v1::ConsumerAck& ack : request.ack()) fill(*states.add_ack(), acknowledge_one(parts, ack));
  for (const v1::ConsumerOpen& open : request.open()) fill(*states.add_open(), open_one(parts, call, open));
  for (const v1::ConsumerFind& find : request.find()) find_one(parts, find, *states.add_find());
  parts.consumers.take_notes(parts.intake.notes().consumers);
  return Reply::kNow;
}

}  // namespace cell0::broker
