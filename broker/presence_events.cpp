#include "broker/presence_events.h"

#include "common/presence_entry.h"

namespace cell0::broker {

void PresenceEvents::publish() {
  for (std::size_t taken_now = 0; taken_now < kPerTurnMax; ++taken_now) {
    const v1::PresenceEntity* changed = presence_.next_change();
    if (changed == nullptr) return;
    v1::Envelope event = presence_changed(*changed);
    event.set_id(std::string(ids_.next().raw()));
    event.set_time_us(to_unix_us(clock_.wall()));
    event.SerializeToString(&encoded_);
    const auto taken = intake_.take_own(encoded_);
    if (!taken && taken.error().code == ErrorCode::kFull) return;
    presence_.change_taken();
    ++(taken ? counters_.presence_changes : counters_.presence_unpublished);
  }
}

}  // namespace cell0::broker
