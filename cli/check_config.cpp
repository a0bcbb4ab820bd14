// `cell0 check-config`: main() has read the configuration by now and would have said what is wrong with it.
#include <cstdio>

#include "cli/commands.h"
#include "cli/exit_codes.h"

namespace cell0::cli {

int run_check_config(const Arguments& arguments, const Config& config) {
  if (auto checked = check(config.gateway); !checked) {
    std::fprintf(stderr, "%s\n", checked.error().text.c_str());
    return kExitUsage;
  }
  const std::string& file = arguments.config.config_file;
  std::printf("%s: ok\n", file.empty() ? "the configuration (no file)" : file.c_str());
  return kExitOk;
}

}  // namespace cell0::cli
