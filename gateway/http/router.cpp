#include "gateway/http/router.h"

#include <array>

#include "common/json.h"

namespace cell0::gateway {
namespace {

constexpr std::array<std::string_view, 7> kListenerNames{"http",   "cell0d",  "jsonrpc", "coda",
                                                         "arcane", "neolith", "api"};

// Takes the first segment off: of "/a/b" it is "a", and "/b" stays.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

}  // namespace

namespace listeners {

unsigned of(std::string_view name) {
  for (std::size_t i = 0; i < kListenerNames.size(); ++i) {
    if (kListenerNames[i] == name) return 1U << i;
  }
  return 0;
}

std::vector<std::string_view> names(unsigned which) {
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < kListenerNames.size(); ++i) {
    if (which & (1U << i)) found.push_back(kListenerNames[i]);
  }
  return found;
}

}  // namespace listeners

Result<void> Need::check(const Access& access) const {
  if (verb.empty()) return {};
  return subject.empty() ? access.check_some(verb) : access.check(verb, subject);
}

void Exchange::respond(HttpResponse response) const {
  if (auto checked = auth_->check(*access_); !checked) return connection_->respond(render_(checked.error()));
  connection_->respond(std::move(response));
}

void Router::add(std::vector<Route> routes, RenderError render, bool trailing_slash) {
  for (Route& route : routes) {
    entries_.push_back({std::move(route), render, trailing_slash});
  }
}

std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view path) {
  std::vector<std::string> params;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view segment = take_segment(path);
    const bool is_param = !wanted.empty() && wanted.front() == '{';
    if (is_param ? segment.empty() : segment != wanted) return std::nullopt;
    if (is_param) params.emplace_back(segment);
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return params;
}

std::optional<std::vector<std::string>> Router::Entry::match(unsigned listener, std::string_view path) const {
  if (!(route.listeners & listener)) return std::nullopt;
  const bool slash = trailing_slash && path.size() > 1 && path.ends_with('/');
  return match_path(route.path, slash ? path.substr(0, path.size() - 1) : path);
}

std::string Router::methods(unsigned listener, std::string_view path) const {
  std::string methods;
  for (const Entry& entry : entries_) {
    if (entry.match(listener, path)) methods += (methods.empty() ? "" : ", ") + std::string(entry.route.method);
  }
  return methods;
}

std::vector<const Route*> Router::on(unsigned listener) const {
  std::vector<const Route*> routes;
  for (const Entry& entry : entries_) {
    if (entry.route.listeners & listener) routes.push_back(&entry.route);
  }
  return routes;
}

bool Router::handle(Connection& connection, const HttpRequest& request, const AccessPtr& access) const {
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  const unsigned here = listeners::of(connection.listener().name);
  for (const Entry& entry : entries_) {
    if (entry.route.method != method) continue;
    auto params = entry.match(here, request.path);
    if (!params) continue;
    const Exchange exchange(connection, request, access, auth_, entry.render, std::move(*params));
    if (auto permitted = entry.route.need.check(*access); !permitted)
      exchange.fail(permitted.error());
    else
      entry.route.handle(exchange);
    return true;
  }
  const std::string allowed = methods(here, request.path);
  if (allowed.empty()) return false;
  HttpResponse response{405, "application/json", error_json({ErrorCode::kInvalid, "use " + allowed}), {}};
  response.headers.emplace_back("allow", allowed);
  connection.respond(std::move(response));
  return true;
}

HttpResponse Router::list() const {
  std::string body;
  JsonWriter out(body);
  out.begin_array();
  for (const Entry& entry : entries_) {
    out.begin_object();
    out.member("method", entry.route.method);
    out.member("path", entry.route.path);
    out.member("verb", entry.route.need.verb);
    out.member("subject", entry.route.need.subject);
    out.key("listeners");
    out.begin_array();
    for (const std::string_view name : listeners::names(entry.route.listeners)) out.string(name);
    out.end_array();
    out.end_object();
  }
  out.end_array();
  return json_response(std::move(body));
}

}  // namespace cell0::gateway
