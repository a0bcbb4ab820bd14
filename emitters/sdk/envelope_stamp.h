// EnvelopeStamp: what every event needs and no caller should have to write, and the check that saves a round trip.
#pragma once

#include <string>

#include "cell0/v1/event.pb.h"
#include "common/clock.h"
#include "common/event_check.h"
#include "common/random.h"
#include "common/result.h"
#include "common/uuid.h"

namespace cell0::emit {

// One thread.
class EnvelopeStamp {
 public:
  // Clock and random outlive it. `source` for events that name none; may be empty.
  EnvelopeStamp(const Clock& clock, Random& random, std::string source)
      : clock_(clock), ids_(clock, random), source_(std::move(source)) {}

  // Fills in id, time and source where they are not set, then check_event.
  Result<void> complete(v1::Envelope& envelope);

 private:
  const Clock& clock_;
  UuidGenerator ids_;
  std::string source_;
  EventLimits limits_;
};

}  // namespace cell0::emit
