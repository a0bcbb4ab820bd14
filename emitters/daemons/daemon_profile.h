// Who the daemons are: the three of ArcaneOS (dialects.md section 4), changed and joined by the configuration.
#pragma once

#include <string>
#include <vector>

#include "common/config/daemons_config.h"

namespace cell0::emit {

struct DaemonProfile {
  std::string name;
  std::string role;
  std::string color_code;
  std::string tone;          // of its voice
  std::string runner;        // never empty
  std::string instructions;  // may be empty
};

// claude, gemini, liquidmetal, then the configuration's own in their order. Rows of one name change it one after the
// other, with what is not empty in them.
std::vector<DaemonProfile> daemon_profiles(const DaemonsConfig& config);

}  // namespace cell0::emit
