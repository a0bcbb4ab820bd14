// What the configuration says, as the broker's parts take it.
#pragma once

#include <vector>

#include "broker/limits.h"
#include "broker/rules.h"
#include "common/config/broker_config.h"

namespace cell0::broker {

Limits limits_from(const BrokerConfig& config);
std::vector<Rule> rules_from(const std::vector<RuleConfig>& rows);

}  // namespace cell0::broker
