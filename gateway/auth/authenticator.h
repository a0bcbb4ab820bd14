// Makes an Access of a token. Knows the admin token; everyone else is anonymous and may read.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "gateway/auth/access.h"

namespace cell0::gateway {

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

}  // namespace cell0::gateway
