// The keys of [log].
#include "common/config/log_config.h"

#include "common/config/schema.h"

namespace cell0 {

void describe(Schema& schema, LogConfig& config) {
  ConfigSection& log = schema.section("log", "What a process says about itself, on standard error.");
  log.choice("level", config.level,
             {{"trace", LogLevel::kTrace},
              {"debug", LogLevel::kDebug},
              {"info", LogLevel::kInfo},
              {"warn", LogLevel::kWarn},
              {"error", LogLevel::kError},
              {"off", LogLevel::kOff}},
             "The least important lines that are written. Read again on HUP, alone of all.");
  log.choice("format", config.format,
             {{"auto", LogFormat::kAuto}, {"text", LogFormat::kText}, {"json", LogFormat::kJson}},
             "Text for people or one JSON object a line; auto is text on a terminal, else JSON.");
}

}  // namespace cell0
