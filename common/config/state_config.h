// [state]: where a process keeps what must outlive it (admin.token, seq.reserve, lock files).
#pragma once

#include <string>

namespace cell0 {

class Schema;

struct StateConfig {
  // As loaded it is never empty: "" becomes $XDG_STATE_HOME/cell0, else ~/.local/state/cell0, for root /var/lib/cell0.
  std::string dir;
};

void describe(Schema& schema, StateConfig& config);

}  // namespace cell0
