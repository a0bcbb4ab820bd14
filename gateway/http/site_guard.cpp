#include "gateway/http/site_guard.h"

#include <arpa/inet.h>

#include <algorithm>

namespace cell0::gateway {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return result;
}

bool is_ip_address(const std::string& host) {
  unsigned char address[16];
  return inet_pton(AF_INET, host.c_str(), address) == 1 || inet_pton(AF_INET6, host.c_str(), address) == 1;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// "http://localhost:8080" → "localhost:8080"; empty for "null" and what is no origin.
std::string_view authority_of(std::string_view origin) {
  const auto scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view{} : origin.substr(scheme + 3);
}

}  // namespace

std::string host_of(std::string_view authority) {
  if (!authority.empty() && authority[0] == '[') {
    const auto end = authority.find(']');
    return end == std::string_view::npos ? std::string() : lower(authority.substr(1, end - 1));
  }
  return lower(authority.substr(0, authority.find(':')));
}

bool is_loopback_name(std::string_view host) {
  if (host == "localhost" || ends_with(host, ".localhost")) return true;
  unsigned char address[16];
  const std::string text(host);
  if (inet_pton(AF_INET, text.c_str(), address) == 1) return address[0] == 127;
  return inet_pton(AF_INET6, text.c_str(), address) == 1 &&
         std::all_of(address, address + 15, [](int b) { return b == 0; }) && address[15] == 1;
}

SiteGuard::SiteGuard(std::vector<std::string> allowed_hosts, std::vector<std::string> allowed_origins)
    : allowed_hosts_(std::move(allowed_hosts)), allowed_origins_(std::move(allowed_origins)) {
  for (std::string& host : allowed_hosts_) host = lower(host);
  for (std::string& origin : allowed_origins_) origin = lower(origin);
}

Result<void> SiteGuard::check_host(const HttpRequest& request) const {
  const std::string host = host_of(request.header("host"));
  if (request.http_1_0 && host.empty()) return {};
  if (is_loopback_name(host) || is_ip_address(host) || contains(allowed_hosts_, host)) return {};
  return Error{ErrorCode::kForbidden, "host: \"" + host.substr(0, 100) +
                                          "\" is not a name of this server; add it to gateway.auth.allowed_hosts"};
}

bool SiteGuard::is_own_page(const HttpRequest& request) const {
  const std::string origin = lower(request.header("origin"));
  const std::string_view authority = authority_of(origin);
  return contains(allowed_origins_, origin) || (!authority.empty() && authority == lower(request.header("host")));
}

Result<void> SiteGuard::check_origin(const HttpRequest& request) const {
  const std::string origin = lower(request.header("origin"));
  if (origin.empty() || is_own_page(request)) return {};
  const std::string_view authority = authority_of(origin);
  const std::string host = lower(request.header("host"));
  if (is_loopback_name(host_of(authority)) && is_loopback_name(host_of(host))) return {};
  return Error{ErrorCode::kForbidden, "origin: \"" + origin.substr(0, 100) +
                                          "\" may not speak to this server; add it to gateway.auth.allowed_origins"};
}

}  // namespace cell0::gateway
