// Pages from elsewhere: what they are told. Who may speak at all is site_guard_test's.
#include "gateway/http/cors.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

using namespace cell0;
using namespace cell0::gateway;

namespace {

HttpRequest from(std::vector<HttpHeader> headers) {
  HttpRequest request;
  request.headers = std::move(headers);
  return request;
}

std::optional<std::string> value_of(const Headers& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& one) { return one.first == name; });
  return found == headers.end() ? std::nullopt : std::optional(found->second);
}

constexpr const char* kPage = "http://localhost:3000";

}  // namespace

TEST_CASE("a request without an Origin is told only that the answer depends on it") {
  CHECK(cors_headers(from({}), false) == Headers{{"Vary", "Origin"}});
}

TEST_CASE("a page is named as it names itself, never as *") {
  const Headers headers = cors_headers(from({{"origin", kPage}}), false);
  CHECK(value_of(headers, "Access-Control-Allow-Origin") == kPage);
  CHECK(value_of(headers, "Vary") == "Origin");
  CHECK(value_of(headers, "Access-Control-Expose-Headers")->find("Retry-After") != std::string::npos);
}

TEST_CASE("cookies may be sent by a page that is ours or allowed by name, but not by every sandboxed one") {
  const auto credentials = [](const char* origin, bool own_page) {
    return value_of(cors_headers(from({{"origin", origin}}), own_page), "Access-Control-Allow-Credentials");
  };
  CHECK(credentials("https://app.example.org", true) == "true");
  CHECK_FALSE(credentials(kPage, false));
  CHECK_FALSE(credentials("null", true));
}

TEST_CASE("a preflight is told the path's methods and the headers that it asks for") {
  const auto response = options_response(from({{"origin", kPage},
                                               {"access-control-request-method", "POST"},
                                               {"access-control-request-headers", "authorization,content-type"}}),
                                         "GET, POST", false);
  CHECK(response.status == 204);
  CHECK(response.body.empty());
  CHECK(value_of(response.headers, "Access-Control-Allow-Methods") == "GET, POST");
  CHECK(value_of(response.headers, "Access-Control-Allow-Headers") == "authorization,content-type");
  CHECK(value_of(response.headers, "Access-Control-Max-Age") == "600");
  CHECK_FALSE(value_of(response.headers, "Access-Control-Allow-Private-Network"));
}

TEST_CASE("OPTIONS of somebody who is no page is told the methods and nothing else") {
  for (const auto& request : {from({}), from({{"origin", kPage}}), from({{"access-control-request-method", "GET"}})}) {
    CHECK(options_response(request, "GET", true).headers == Headers{{"Allow", "GET, OPTIONS"}});
  }
}

TEST_CASE("what is no list of header names is not given back") {
  for (const std::string& names : {std::string("x-a\r\nset-cookie: b"), std::string("<script>"), std::string("*"),
                                   std::string(1025, 'x'), std::string()}) {
    CAPTURE(names);
    const auto response = options_response(
        from({{"origin", kPage}, {"access-control-request-method", "GET"}, {"access-control-request-headers", names}}),
        "GET", false);
    CHECK_FALSE(value_of(response.headers, "Access-Control-Allow-Headers"));
  }
}

TEST_CASE("only an allowed page may reach from the internet into this network") {
  const HttpRequest request = from({{"origin", "https://app.example.org"},
                                    {"access-control-request-method", "GET"},
                                    {"access-control-request-private-network", "true"}});
  CHECK(value_of(options_response(request, "GET", true).headers, "Access-Control-Allow-Private-Network") == "true");
  CHECK_FALSE(value_of(options_response(request, "GET", false).headers, "Access-Control-Allow-Private-Network"));
}
