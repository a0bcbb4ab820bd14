#include "common/auth/configured_keys.h"

namespace cell0::auth {

std::string signing_key_file(const GatewayAuthConfig& config, const std::string& state_dir) {
  return config.signing_key_file.empty() ? signing_key_path(state_dir) : config.signing_key_file;
}

Result<TokenVerifier> configured_verifier(const GatewayAuthConfig& config, const TokenKey& signing_key) {
  std::vector<TokenKey> keys{signing_key};
  for (std::size_t i = 0; i < config.keys.size(); ++i) {
    const AuthKeyConfig& one = config.keys[i];
    auto key = read_key_file(one.algorithm, one.file, one.kid);
    if (!key) {
      return Error{ErrorCode::kInvalid, "gateway.auth.key[" + std::to_string(i) + "].file: " + key.error().text};
    }
    keys.push_back(std::move(*key));
  }
  auto verifier = TokenVerifier::create(std::move(keys));
  if (!verifier) return Error{ErrorCode::kInvalid, "gateway.auth.key: " + verifier.error().text};
  return verifier;
}

}  // namespace cell0::auth
