// CELL0_* variables as settings: every key has one, and the seeds' own names work as aliases.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/config/schema.h"
#include "common/result.h"

namespace cell0 {

using Environment = std::map<std::string, std::string>;

Environment process_environment();

// The settings in `environment`: aliases first, so that a variable of ours wins over one of a seed. Variables that
// begin like a section (CELL0_GATEWAY_...) and are no key go to `errors`; other CELL0_* ones (CELL0_URL) are not ours
// to judge.
std::vector<Setting> read_environment(const Environment& environment, const Schema& schema, std::vector<Error>& errors);

}  // namespace cell0
