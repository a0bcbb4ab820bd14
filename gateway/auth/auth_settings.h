// What the Authenticator needs, read from the configuration and the files that it names, once at the start.
#pragma once

#include <chrono>
#include <string>

#include "common/auth/jwt.h"
#include "common/config/gateway_config.h"
#include "common/random.h"
#include "common/result.h"

namespace cell0::gateway {

struct AuthSettings {
  std::string admin_token;
  auth::TokenKey signing_key;
  auth::TokenVerifier verifier;  // with the signing key, too
  auth::ScopeSet anonymous_scopes;
  std::chrono::hours token_default{24};
  std::chrono::hours token_max{24 * 365};
};

// Makes the admin token and the signing key if they are not there. An error names the setting or the file.
Result<AuthSettings> load_auth(const GatewayAuthConfig& config, const std::string& state_dir, Random& random);

}  // namespace cell0::gateway
