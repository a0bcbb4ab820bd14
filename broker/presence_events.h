// Publishes what changes in presence as presence_changed events, through the one place where events enter.
//
// Ephemeral by their type, so that a full disk never holds them up. What the intake cannot take now stays a change and
// goes later, with what has become of it until then.
#pragma once

#include <string>

#include "broker/counters.h"
#include "broker/intake.h"
#include "broker/presence.h"
#include "common/uuid.h"

namespace cell0::broker {

class PresenceEvents {
 public:
  // When a gateway with many is gone, what others publish must not wait for all of it: some milliseconds' worth.
  static constexpr std::size_t kPerTurnMax = 4096;

  // All outlive it.
  PresenceEvents(Presence& presence, Intake& intake, Counters& counters, const Clock& clock, Random& random)
      : presence_(presence), intake_(intake), counters_(counters), clock_(clock), ids_(clock, random) {}

  // Hands over what has changed; the turn's end commits it. To be called after each commit, too: there may be more.
  void publish();

 private:
  Presence& presence_;
  Intake& intake_;
  Counters& counters_;
  const Clock& clock_;
  UuidGenerator ids_;
  std::string encoded_;
};

}  // namespace cell0::broker
