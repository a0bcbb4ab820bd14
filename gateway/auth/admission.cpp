#include "gateway/auth/admission.h"

#include <strings.h>

namespace cell0::gateway {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kTokenSubprotocol = "cell0.token.";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// In capitals or not (RFC 9110, section 11.1).
bool is_bearer(std::string_view header) {
  return header.size() >= kBearer.size() && strncasecmp(header.data(), kBearer.data(), kBearer.size()) == 0;
}

// What stands behind `prefix` in the first item of the list that begins so.
std::optional<std::string> item_after(std::string_view list, char separator, std::string_view prefix) {
  while (!list.empty()) {
    const auto end = list.find(separator);
    const std::string_view item = trimmed(list.substr(0, end));
    if (item.starts_with(prefix)) return std::string(item.substr(prefix.size()));
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return std::nullopt;
}

// A cookie comes along whoever made the browser ask: a page of another port of this host, too (SameSite knows no
// ports). So the page must be ours; and who says no Origin can only be asking for what it will not see.
bool cookie_counts(const HttpRequest& request, bool own_page) {
  if (!request.header("origin").empty()) return own_page;
  const std::string_view site = request.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none") return false;
  return !request.is_websocket_upgrade && (request.method == "GET" || request.method == "HEAD");
}

}  // namespace

Result<std::optional<ShownToken>> shown_token(const HttpRequest& request, bool own_page) {
  if (const std::string_view header = request.header("authorization"); !header.empty()) {
    if (!is_bearer(header)) return Error{ErrorCode::kUnauthenticated, "authorization: use Bearer <token>"};
    return std::optional(ShownToken{std::string(trimmed(header.substr(kBearer.size()))), false});
  }
  if (auto token = item_after(request.header("sec-websocket-protocol"), ',', kTokenSubprotocol)) {
    return std::optional(ShownToken{std::move(*token), false});
  }
  auto cookie = item_after(request.header("cookie"), ';', std::string(kTokenCookie) + "=");
  if (!cookie || !cookie_counts(request, own_page)) return std::optional<ShownToken>();
  return std::optional(ShownToken{std::move(*cookie), true});
}

Result<AccessPtr> admit(const Authenticator& auth, FailureThrottle& throttle, std::string_view token,
                        const std::string& address, MonoTime now) {
  if (!throttle.admits(address, token, now)) {
    return Error{ErrorCode::kFull, "too many wrong tokens from this address; try again in a second"};
  }
  auto access = auth.verify(token);
  if (access) throttle.succeeded(token);
  if (!access && access.error().code != ErrorCode::kUnavailable) throttle.failed(address, now);
  return access;
}

}  // namespace cell0::gateway
