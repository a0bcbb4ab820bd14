// The flags that every process has, and those that it adds as short names of keys. The only user of CLI11 in common.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/config/environment.h"
#include "common/config/schema.h"
#include "common/result.h"

namespace cell0 {

// A flag that stands for a key: {"--instance", "gateway.instance"}. A key of true or false takes no value (--stdin),
// one that is a list may be given several times. Its help is the key's doc. REQUIRES: the key exists.
struct KeyFlag {
  std::string flag;
  std::string path;
};

struct ProgramText {
  std::string name;      // "cell0-gateway"
  std::string sentence;  // "Serves clients over WebSocket, SSE and HTTP."
  std::string version;
};

struct CommandLine {
  enum class Action { kRun, kShowText, kCheckConfig, kPrintDefaultConfig };

  Action action = Action::kRun;
  std::string text;         // for kShowText: the help or the version
  std::string config_file;  // --config, else $CELL0_CONFIG, else ""
  std::vector<Setting> settings;
};

// kInvalid: a flag that does not exist, --set without a "=", an argument too many.
Result<CommandLine> parse_command_line(int argc, const char* const* argv, const ProgramText& program,
                                       std::span<const KeyFlag> flags, const Schema& schema,
                                       const Environment& environment);

}  // namespace cell0
