// Secrets of a machine: a file that whichever process starts first makes, readable by its owner only.
#pragma once

#include <string>
#include <string_view>

#include "common/random.h"
#include "common/result.h"

namespace cell0 {

struct SecretKind {
  std::string_view file;    // its name in the state directory
  std::string_view prefix;  // what ours begin with, so that one who finds it knows; "": of somebody else's making
  std::string_view name;    // for people
};

// The secret in <state_dir>/<file>; makes directory (0700), file (0600) and secret (the prefix and base64url of 32
// random bytes) if they are not there. Processes that start at once all get the same one. `random` must be fit for
// secrets (SystemRandom). kForbidden: others may read or write the file, or it is not a plain file, or we may not.
// kInvalid: no such secret in it.
Result<std::string> read_or_make_secret(const std::string& state_dir, const SecretKind& kind, Random& random);

// The secret in the file at `path`, for those that only use it. kNotFound: there is no such file; else as above.
Result<std::string> read_secret(const std::string& path, const SecretKind& kind);

// Takes as long for equal texts as for different ones of the same length.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace cell0
