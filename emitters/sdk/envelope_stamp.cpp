#include "emitters/sdk/envelope_stamp.h"

namespace cell0::emit {

Result<void> EnvelopeStamp::complete(v1::Envelope& envelope) {
  if (envelope.id().empty()) envelope.set_id(std::string(ids_.next().raw()));
  if (envelope.time_us() == 0) envelope.set_time_us(to_unix_us(clock_.wall()));
  if (envelope.source().empty()) envelope.set_source(source_);
  return check_event(envelope, limits_);
}

}  // namespace cell0::emit
