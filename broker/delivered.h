// An encoded Delivered, read and written by hand: events pass through the broker without being decoded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cell0/v1/options.pb.h"
#include "common/event_filter.h"
#include "common/seq.h"

namespace cell0::broker {

struct DeliveredView {
  Seq seq;
  std::string_view topic;
  std::string_view type;
  std::uint32_t priority = 5;
  v1::Durability durability = v1::DURABLE;
  std::string_view envelope;
};

// Views into it. REQUIRES: `delivered` was made by EventBlock. ~40 ns.
DeliveredView view_of(std::string_view delivered);

// What a filter looks at; its source and session are read out of the envelope. ~100 ns.
EventFacts facts_of(std::string_view delivered);

// Appends it as a field of another message.
void put_delivered(std::string& out, std::uint32_t field, const DeliveredView& event);

}  // namespace cell0::broker
