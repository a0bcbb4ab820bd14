// The commands; each returns the exit code of the process.
#pragma once

#include "cell0/v1/control.pb.h"
#include "cli/command_line.h"
#include "common/config/config.h"

namespace cell0::cli {

int run_pub(const Arguments& arguments, const Config& config);
int run_sub(const Arguments& arguments, const Config& config);
int run_history(const Arguments& arguments, const Config& config);
int run_clients(const Arguments& arguments, const Config& config);
int run_presence(const Arguments& arguments, const Config& config);
int run_services(const Arguments& arguments, const Config& config);
int run_log(const Arguments& arguments, const Config& config);
int run_token(const Arguments& arguments, const Config& config);
int run_check_config(const Arguments& arguments, const Config& config);  // which was read by then, so it is good

// The broker's filter; kInvalid names the option.
Result<v1::Filter> filter_of(const FilterOptions& options);

}  // namespace cell0::cli
