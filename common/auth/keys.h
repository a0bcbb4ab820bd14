// The keys that tokens are signed and verified with: each is for one algorithm, whatever a token says of itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/random.h"
#include "common/result.h"

namespace cell0::auth {

enum class Algorithm { kHs256, kRs256, kEs256 };

std::string_view to_string(Algorithm algorithm);                  // "HS256"
std::optional<Algorithm> algorithm_named(std::string_view text);  // exactly so

struct TokenKey {
  Algorithm algorithm = Algorithm::kHs256;
  std::string material;  // HS256: the secret; else a public key (or, to sign, a private one) as PEM
  std::string kid = {};  // "": it verifies tokens of its algorithm whatever kid they name; else only those that name it
};

// A key out of a file: a secret of at least 32 characters that only its owner can read, or a public key as PEM: RSA of
// at least 2048 bits for RS256, P-256 for ES256. kInvalid: it is not that; the text says what it is.
Result<TokenKey> read_key_file(Algorithm algorithm, const std::string& path, std::string kid);

// <state_dir>/signing.key
std::string signing_key_path(const std::string& state_dir);

// The key that tokens of this machine are issued with: HS256; made by whichever process starts first (secret_file.h).
Result<TokenKey> read_or_make_signing_key(const std::string& state_dir, Random& random);

// The same key from wherever it is. kNotFound: no process has made it yet.
Result<TokenKey> read_signing_key(const std::string& path);

}  // namespace cell0::auth
