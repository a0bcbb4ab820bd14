// POST /login and /logout, GET /api/v1/me: how a page of ours gets, loses and knows its rights (docs/auth.md).
#pragma once

#include "gateway/core.h"
#include "gateway/transport/connection.h"

namespace cell0::gateway {

class LoginRoutes {
 public:
  // A cookie of more than 4096 bytes is not kept by browsers; name and attributes need some.
  static constexpr std::size_t kCookieTokenBytesMax = 3800;

  explicit LoginRoutes(Core& core) : core_(core) {}

  // {"token"}: answers as me(), with a cookie that holds a token derived from the given one (never itself: the browser
  // shows cookies to every port of this host). 400 not that JSON; 401 the token is not valid; 415 not application/json,
  // which a form of another site could not send.
  void login(Connection& connection, const HttpRequest& request);

  // Takes the cookie back, and revokes the token in it.
  void logout(Connection& connection, const HttpRequest& request, const AccessPtr& access);

  // {"authenticated","entity_id","entity_type","scopes","expires"}: expires is null without a token, and for the
  // admin's.
  void me(Connection& connection, const AccessPtr& access);

 private:
  Core& core_;
};

}  // namespace cell0::gateway
