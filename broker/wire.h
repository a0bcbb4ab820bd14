// The wire format (common/wire.h) under the broker's own name.
#pragma once

#include "common/wire.h"

namespace cell0::broker {
namespace wire = cell0::wire;
}  // namespace cell0::broker
