// What /metrics says of the broker: every counter, what is held now, and every limit.
#pragma once

#include "broker/broker.h"
#include "common/metrics.h"

namespace cell0::broker {

// REQUIRES: the broker outlives the metrics' last text().
void add_broker_metrics(Metrics& metrics, Broker& broker);

}  // namespace cell0::broker
