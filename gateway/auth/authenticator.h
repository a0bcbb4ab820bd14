// Makes an Access of a token, issues tokens and revokes them. The rules are in docs/auth.md.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/uuid.h"
#include "gateway/auth/access.h"
#include "gateway/auth/auth_settings.h"
#include "gateway/auth/revocations.h"

namespace cell0::gateway {

// What a token is to say.
struct Grant {
  std::string entity_id;
  std::string entity_type = "agent";
  std::optional<std::vector<std::string>> scopes;  // none: the issuer's own
  std::optional<std::chrono::seconds> lifetime;    // none: the default, or what is left to the issuer
};

struct Issued {
  std::string token;
  std::string token_id;
  WallTime expires;
};

class Authenticator {
 public:
  // The references outlive it. REQUIRES: settings.admin_token is not empty.
  Authenticator(AuthSettings settings, Revocations& revocations, const Clock& clock, UuidGenerator& ids);

  AccessPtr anonymous() const { return anonymous_; }

  // The admin token, or a JWT. kUnauthenticated: it is not valid; kUnavailable: which tokens are revoked is not known
  // now. Takes the same time for any wrong text of the admin token's length.
  Result<AccessPtr> verify(std::string_view token) const;

  // What is missing for a gateway that is ready: "" if nothing.
  std::string why_not_ready() const { return revocations_.current() ? "" : "revoked tokens: loading"; }

  // Whether what was verified still holds. kUnauthenticated: it has expired, or was revoked; the text says which.
  Result<void> check(const Access& access) const;

  // A token by the word of `by`. kUnauthenticated: `by` is anonymous. kForbidden: a scope that `by` does not hold,
  // another entity than itself without the scope admin, longer than `by` itself is good for, or derived too often.
  // kInvalid: the grant is wrong; the text names the field.
  Result<Issued> issue(const Access& by, const Grant& grant) const;

  // Ends a token, and those derived from it, everywhere: whoever shows it may; `by` is not anonymous. `done` gets
  // whether it was revoked before; may be called before it returns. kInvalid, kUnauthenticated: it is no valid token
  // (and so need not be revoked); kForbidden: the admin token is changed by removing its file; kUnavailable: the broker
  // is away: then it is revoked on this gateway only.
  void revoke(const Access& by, std::string_view token, std::function<void(Result<bool>)> done);

 private:
  Result<auth::Claims> claims_for(const Access& by, const Grant& grant) const;
  Result<WallTime> expiry_for(const Access& by, const Grant& grant) const;

  AuthSettings settings_;
  Revocations& revocations_;
  const Clock& clock_;
  UuidGenerator& ids_;
  AccessPtr anonymous_;
  AccessPtr admin_;
};

}  // namespace cell0::gateway
