// [log]: how much of itself a process says, and in which form.
#pragma once

#include "common/log.h"

namespace cell0 {

class Schema;

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kAuto;
};

void describe(Schema& schema, LogConfig& config);

}  // namespace cell0
