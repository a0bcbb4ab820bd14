// The HTTP routes of the public listeners as one table: method, path, which listeners have it, which scope it needs,
// and what it does. Who may is decided here, before a handler runs, and again before an answer that took time goes out.
//
// Families of routes (api.h, those of the dialects) add theirs, each with its own shape of an error.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/access.h"
#include "gateway/auth/authenticator.h"
#include "gateway/http/answers.h"
#include "gateway/transport/connection.h"

namespace cell0::gateway {

// What a route needs. There is no default: a route that does not say does not compile.
struct Need {
  static constexpr Need nothing() { return Need("", ""); }
  // A scope of this verb, for some topic at least; which one the handler checks.
  static constexpr Need some(std::string_view verb) { return Need(verb, ""); }
  static constexpr Need scope(std::string_view verb, std::string_view subject) { return Need(verb, subject); }

  Result<void> check(const Access& access) const;

  std::string_view verb, subject;

 private:
  constexpr Need(std::string_view needed_verb, std::string_view needed_subject)
      : verb(needed_verb), subject(needed_subject) {}
};

// Where a route is: the public listeners by their names in gateway.listen, a bit each.
namespace listeners {
inline constexpr unsigned kHttp = 1, kCell0d = 2, kJsonrpc = 4, kCoda = 8, kArcane = 16, kNeolith = 32, kApi = 64;
inline constexpr unsigned kAll = 127;
unsigned of(std::string_view name);             // 0: there is none of this name
std::vector<std::string_view> names(unsigned);  // in the order of their bits
}  // namespace listeners

using RenderError = HttpResponse (*)(const Error& error);

// One request while it is served. A value: an answer that comes later keeps it; the request itself is gone by then.
class Exchange {
 public:
  Exchange(Connection& connection, const HttpRequest& request, AccessPtr access, const Authenticator& auth,
           RenderError render, std::vector<std::string> params)
      : connection_(connection),
        request_(&request),
        access_(std::move(access)),
        auth_(&auth),
        render_(render),
        params_(std::move(params)) {}

  Connection& connection() const { return *connection_; }
  // REQUIRES: within the handler.
  const HttpRequest& request() const { return *request_; }
  const Access& access() const { return *access_; }
  const AccessPtr& access_ptr() const { return access_; }
  // What stood in the path's {…}, in their order, decoded; never empty.
  const std::string& param(std::size_t index) const { return params_[index]; }

  // Exactly one of these, once. The answer of a token that is over by now is 401.
  void respond(HttpResponse response) const;
  void fail(const Error& error) const { respond(render_(error)); }

 private:
  ConnectionRef connection_;
  const HttpRequest* request_;
  AccessPtr access_;
  const Authenticator* auth_;
  RenderError render_;
  std::vector<std::string> params_;
};

struct Route {
  std::string_view method;  // GET is HEAD, too
  std::string_view path;    // "/daemon/{name}/state": a {…} is one segment that is not empty
  unsigned listeners = listeners::kAll;
  Need need;
  std::function<void(const Exchange&)> handle;
};

// What stands in the path's places for the pattern's {…}; nullopt: it is another path.
std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view path);

class Router {
 public:
  // Outlives the router.
  explicit Router(const Authenticator& auth) : auth_(auth) {}

  // Routes of before come first where two match. A path of the family with a '/' at its end is the one without, too, if
  // `trailing_slash`. The string_views outlive the router.
  void add(std::vector<Route> routes, RenderError render = &error_response, bool trailing_slash = false);

  // The methods of a path on a listener, "GET, POST"; "" if there is no such path.
  std::string methods(unsigned listener, std::string_view path) const;

  // The routes of a listener, in the order in which it tries them.
  std::vector<const Route*> on(unsigned listener) const;

  // True if some route has this path on the connection's listener: then the request is answered, now or later.
  bool handle(Connection& connection, const HttpRequest& request, const AccessPtr& access) const;

  // [{"method","path","verb","subject","listeners"}], for the admin listener.
  HttpResponse list() const;

 private:
  struct Entry {
    Route route;
    RenderError render;
    bool trailing_slash;

    std::optional<std::vector<std::string>> match(unsigned listener, std::string_view path) const;
  };

  const Authenticator& auth_;
  std::vector<Entry> entries_;
};

}  // namespace cell0::gateway
