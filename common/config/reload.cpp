#include "common/config/reload.h"

namespace cell0 {

void reload(const LoadedConfig& loaded, const ProgramInfo& program, Log& log) {
  const auto config = read_config(loaded.command_line, process_environment(), program);
  if (!config) return log.error("not reloaded", {{"reason", config.error().text}});
  log.set_level(config->log.level);
  log.info("reloaded: log.level; everything else needs a restart");
}

}  // namespace cell0
