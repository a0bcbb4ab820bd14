// What HUP does to a running process: it takes the level of its log over from the configuration.
#pragma once

#include "common/config/config.h"
#include "common/log.h"

namespace cell0 {

// Reads the sources of `loaded` once more and sets the log's level; everything else needs a restart. A mistake in them
// is logged, and changes nothing.
void reload(const LoadedConfig& loaded, const ProgramInfo& program, Log& log);

}  // namespace cell0
