// The keys that [gateway.auth] names: for gateways, and for the command line.
#pragma once

#include <string>

#include "common/auth/jwt.h"
#include "common/config/gateway_config.h"

namespace cell0::auth {

// Where the signing key is: signing_key_file, else <state_dir>/signing.key.
std::string signing_key_file(const GatewayAuthConfig& config, const std::string& state_dir);

// With the signing key and every [[gateway.auth.key]]. An error names the setting.
Result<TokenVerifier> configured_verifier(const GatewayAuthConfig& config, const TokenKey& signing_key);

}  // namespace cell0::auth
