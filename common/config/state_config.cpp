// The keys of [state].
#include "common/config/state_config.h"

#include "common/config/schema.h"

namespace cell0 {

void describe(Schema& schema, StateConfig& config) {
  ConfigSection& state = schema.section("state", "What must outlive a process.");
  state.text(
      "dir", config.dir, kAnyText,
      "The directory of the log (log.db), admin.token, signing.key, seq.reserve, sockets and lock files, the same for "
      "all processes of a machine. Empty: $XDG_STATE_HOME/cell0, else ~/.local/state/cell0; for root /var/lib/cell0.");
}

}  // namespace cell0
