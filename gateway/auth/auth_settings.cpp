#include "gateway/auth/auth_settings.h"

#include "common/auth/configured_keys.h"
#include "common/token_file.h"

namespace cell0::gateway {
namespace {

Error in_setting(const std::string& setting, const Error& error) {
  return {ErrorCode::kInvalid, setting + ": " + error.text};
}

Result<auth::TokenKey> signing_key(const GatewayAuthConfig& config, const std::string& state_dir, Random& random) {
  if (config.signing_key_file.empty()) return auth::read_or_make_signing_key(state_dir, random);
  auto key = auth::read_signing_key(config.signing_key_file);
  if (!key) return in_setting("gateway.auth.signing_key_file", key.error());
  return key;
}

}  // namespace

Result<AuthSettings> load_auth(const GatewayAuthConfig& config, const std::string& state_dir, Random& random) {
  AuthSettings settings;
  auto token = read_or_make_admin_token(state_dir, random);
  if (!token) return token.error();
  settings.admin_token = std::move(*token);
  auto key = signing_key(config, state_dir, random);
  if (!key) return key.error();
  settings.signing_key = std::move(*key);
  auto verifier = auth::configured_verifier(config, settings.signing_key);
  if (!verifier) return verifier.error();
  settings.verifier = std::move(*verifier);
  auto scopes = auth::ScopeSet::parse(config.anonymous_scopes);
  if (!scopes) return in_setting("gateway.auth.anonymous_scopes", scopes.error());
  settings.anonymous_scopes = std::move(*scopes);
  settings.token_default = config.token_hours;
  settings.token_max = config.token_hours_max;
  return settings;
}

}  // namespace cell0::gateway
