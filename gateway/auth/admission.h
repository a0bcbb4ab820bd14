// How a client shows its token over HTTP, and what comes of it (dialects.md, "Authentication"; docs/auth.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/http/message.h"
#include "gateway/auth/authenticator.h"
#include "gateway/auth/failure_throttle.h"

namespace cell0::gateway {

inline constexpr std::string_view kTokenCookie = "cell0_token";

struct ShownToken {
  std::string token;
  bool cookie = false;  // the browser sent it by itself
};

// By the header, by a subprotocol, or by the cookie, in this order; none: nullopt. kUnauthenticated: an Authorization
// of another kind. `own_page`: the request's Origin is this server's own or on its list (SiteGuard), so that a cookie
// says whose wish it is; without an Origin a cookie counts for reading only.
Result<std::optional<ShownToken>> shown_token(const HttpRequest& request, bool own_page);

// Verifies a token that somebody at `address` has shown. Errors as Authenticator::verify(); kFull: it was not looked
// at, after too many wrong ones from there. What is not the token's fault (kUnavailable) is not counted.
Result<AccessPtr> admit(const Authenticator& auth, FailureThrottle& throttle, std::string_view token,
                        const std::string& address, MonoTime now);

}  // namespace cell0::gateway
