// Who a client is and what it may do. One vocabulary of scopes for all dialects and routes (design, section 8):
// `subscribe:<topic glob>`, `history:<topic glob>`, `publish:<topic glob>`, `admin`, and `*` for everything.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/clock.h"
#include "common/result.h"

namespace cell0::gateway {

struct Access {
  std::string entity_id;
  std::vector<std::string> scopes;

  // "publish", "events.chat_message". `*` admits all; `publish:events.>` every topic below events.
  bool may(std::string_view verb, std::string_view topic) const;
  // Whether there is any topic for which it holds.
  bool may_some(std::string_view verb) const;
};
using AccessPtr = std::shared_ptr<const Access>;

// Knows the admin token; everyone else is anonymous and may read.
class Authenticator {
 public:
  // REQUIRES: admin_token is not empty.
  explicit Authenticator(std::string admin_token);

  AccessPtr anonymous() const { return anonymous_; }
  // kUnauthenticated: it is not a token that is known here. Takes the same time for any wrong token.
  Result<AccessPtr> verify(std::string_view token) const;

 private:
  std::string admin_token_;
  AccessPtr anonymous_;
  AccessPtr admin_;
};

// Slows down guessing: after `failures_max` wrong tokens from one address within `window`, that address is refused
// until the window has passed. Bounded; on loopback too, where one address is many programs: a right token always gets
// in.
class FailureThrottle {
 public:
  static constexpr std::size_t kAddressesMax = 4096;  // over it the oldest window is forgotten
  static constexpr int kFailuresMax = 10;
  static constexpr Duration kWindow = std::chrono::seconds(60);

  void failed(const std::string& address, MonoTime now);
  bool refuses(const std::string& address, MonoTime now) const;

 private:
  struct Window {
    MonoTime since;
    int failures = 0;
  };
  std::unordered_map<std::string, Window> windows_;
};

}  // namespace cell0::gateway
