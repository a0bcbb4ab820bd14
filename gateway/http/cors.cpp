#include "gateway/http/cors.h"

#include <algorithm>

namespace cell0::gateway {
namespace {

constexpr std::size_t kNamesBytesMax = 1024;

// "authorization, content-type": names of headers and what separates them. Nothing else is given back.
bool are_header_names(std::string_view text) {
  return !text.empty() && text.size() <= kNamesBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == ',' || c == ' ';
  });
}

}  // namespace

Headers cors_headers(const HttpRequest& request, bool own_page) {
  Headers headers{{"Vary", "Origin"}};
  const std::string origin(request.header("origin"));
  if (origin.empty()) return headers;
  headers.emplace_back("Access-Control-Allow-Origin", origin);
  // "null" is every sandboxed page there is.
  if (own_page && origin != "null") headers.emplace_back("Access-Control-Allow-Credentials", "true");
  headers.emplace_back("Access-Control-Expose-Headers", "Allow, Retry-After, WWW-Authenticate");
  return headers;
}

HttpResponse options_response(const HttpRequest& request, std::string_view methods, bool own_page) {
  HttpResponse response{204, "", "", {{"Allow", std::string(methods) + ", OPTIONS"}}};
  if (request.header("origin").empty() || request.header("access-control-request-method").empty()) return response;
  response.headers.emplace_back("Access-Control-Allow-Methods", std::string(methods));
  if (const std::string_view names = request.header("access-control-request-headers"); are_header_names(names)) {
    response.headers.emplace_back("Access-Control-Allow-Headers", std::string(names));
  }
  response.headers.emplace_back("Access-Control-Max-Age", "600");
  if (own_page && request.header("access-control-request-private-network") == "true") {
    response.headers.emplace_back("Access-Control-Allow-Private-Network", "true");
  }
  return response;
}

}  // namespace cell0::gateway
