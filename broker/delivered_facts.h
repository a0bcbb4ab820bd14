// What a filter looks at, read out of an encoded Delivered without decoding it. ~100 ns.
#pragma once

#include <string_view>

#include "common/event_filter.h"

namespace cell0::broker {

// REQUIRES: `delivered` was made by EventBlock of a checked envelope. Views into it.
EventFacts facts_of(std::string_view delivered);

}  // namespace cell0::broker
