// The admin token: one secret of a machine, made by whichever process starts first, readable by its owner only.
#pragma once

#include <string>
#include <string_view>

#include "common/random.h"
#include "common/result.h"

namespace cell0 {

// <state_dir>/admin.token
std::string admin_token_path(const std::string& state_dir);

// The token in that file; makes directory (0700), file (0600) and token ("cell0_" + base64url of 32 random bytes) if
// they are not there. Processes that start at once all get the same one. `random` must be fit for secrets
// (SystemRandom). kForbidden: others may read or write the file, or it is not a plain file, or we may not. kInvalid: no
// token in it.
Result<std::string> read_or_make_admin_token(const std::string& state_dir, Random& random);

// The token in that file, for those that only use it. kNotFound: no process has made it yet; else as above.
Result<std::string> read_admin_token(const std::string& state_dir);

// Takes as long for equal texts as for different ones of the same length.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace cell0
