// What a gateway shows at /metrics: sampled from its parts' own counters when it is asked.
#pragma once

#include "common/metrics.h"
#include "gateway/gateway.h"

namespace cell0::gateway {

// REQUIRES: gateway outlives every call of metrics.text().
void add_gateway_metrics(Metrics& metrics, const Gateway& gateway);

}  // namespace cell0::gateway
