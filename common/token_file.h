// The admin token: one secret of a machine that may do everything (secret_file.h).
#pragma once

#include <string>

#include "common/secret_file.h"

namespace cell0 {

// <state_dir>/admin.token
std::string admin_token_path(const std::string& state_dir);

Result<std::string> read_or_make_admin_token(const std::string& state_dir, Random& random);

// kNotFound: no process has made it yet.
Result<std::string> read_admin_token(const std::string& state_dir);

}  // namespace cell0
