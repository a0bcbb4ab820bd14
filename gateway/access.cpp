#include "gateway/access.h"

#include <algorithm>

#include "common/token_file.h"
#include "common/topic.h"

namespace cell0::gateway {

bool Access::may(std::string_view verb, std::string_view topic) const {
  return std::any_of(scopes.begin(), scopes.end(), [&](const std::string& scope) {
    if (scope == "*") return true;
    const auto colon = scope.find(':');
    if (colon == std::string::npos || std::string_view(scope).substr(0, colon) != verb) return false;
    const auto glob = TopicGlob::parse(std::string_view(scope).substr(colon + 1));
    return glob && glob->matches(topic);
  });
}

bool Access::may_some(std::string_view verb) const {
  return std::any_of(scopes.begin(), scopes.end(), [&](std::string_view scope) {
    return scope == "*" || scope == verb ||
           (scope.substr(0, verb.size()) == verb && scope.substr(verb.size(), 1) == ":");
  });
}

Authenticator::Authenticator(std::string admin_token) : admin_token_(std::move(admin_token)) {
  CELL0_CHECK(!admin_token_.empty());
  anonymous_ = std::make_shared<Access>(Access{"anonymous", {"subscribe:>", "history:>"}});
  admin_ = std::make_shared<Access>(Access{"admin", {"*"}});
}

Result<AccessPtr> Authenticator::verify(std::string_view token) const {
  if (constant_time_equal(token, admin_token_)) return admin_;
  return Error{ErrorCode::kUnauthenticated, "the token is not valid"};
}

void FailureThrottle::failed(const std::string& address, MonoTime now) {
  if (windows_.size() >= kAddressesMax && windows_.count(address) == 0) {
    windows_.erase(std::min_element(windows_.begin(), windows_.end(),
                                    [](const auto& a, const auto& b) { return a.second.since < b.second.since; }));
  }
  Window& window = windows_[address];
  if (window.failures == 0 || now - window.since >= kWindow) window = {now, 0};
  ++window.failures;
}

bool FailureThrottle::refuses(const std::string& address, MonoTime now) const {
  const auto found = windows_.find(address);
  return found != windows_.end() && found->second.failures >= kFailuresMax && now - found->second.since < kWindow;
}

}  // namespace cell0::gateway
