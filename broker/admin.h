// The broker's private HTTP listener: /healthz, /readyz, /stats, /metrics. For people, scrapers and supervisors.
#pragma once

#include <string_view>

#include "broker/broker.h"
#include "common/http/admin_server.h"
#include "common/metrics.h"

namespace cell0::broker {

// REQUIRES: both outlive the handler.
AdminHandler admin_routes(const Broker& broker, const Metrics& metrics);

// GET /stats: the broker's figures as one JSON object.
std::string stats_json(const Broker::Figures& figures);

}  // namespace cell0::broker
