// By what a request shows its token, and when a cookie is somebody's wish.
#include "gateway/auth/admission.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

HttpRequest request(std::vector<HttpHeader> headers, std::string method = "GET", bool upgrade = false) {
  HttpRequest made;
  made.method = std::move(method);
  made.headers = std::move(headers);
  made.is_websocket_upgrade = upgrade;
  return made;
}

std::string shown(const HttpRequest& request, bool own_page = false) {
  const auto token = shown_token(request, own_page);
  REQUIRE(token.ok());
  return *token ? (*token)->token : "-";
}

}  // namespace

TEST_CASE("a token is in the header, else in a subprotocol, else in the cookie") {
  CHECK(shown(request({})) == "-");
  CHECK(shown(request({{"authorization", "Bearer a"}})) == "a");
  CHECK(shown(request({{"authorization", "bEARER a"}})) == "a");  // RFC 9110 section 11.1
  CHECK(shown(request({{"sec-websocket-protocol", "cell0, cell0.token.b"}})) == "b");
  CHECK(shown(request({{"sec-websocket-protocol", "cell0,cell0.token.b,cell0.token.c"}})) == "b");
  CHECK(shown(request({{"sec-websocket-protocol", "cell0, xcell0.token.b"}})) == "-");
  CHECK(shown(request({{"cookie", "a=1; cell0_token=c; b=2"}})) == "c");
  CHECK(shown(request({{"cookie", "xcell0_token=c"}})) == "-");
  CHECK(shown(request({{"authorization", "Bearer a"}, {"sec-websocket-protocol", "cell0.token.b"}})) == "a");
  CHECK(shown(request({{"sec-websocket-protocol", "cell0.token.b"}, {"cookie", "cell0_token=c"}})) == "b");
}

TEST_CASE("an authorization of another kind is refused, not passed over") {
  for (const char* other : {"Basic YTpi", "a", "Bearera"}) {
    const auto refused = shown_token(request({{"authorization", other}}), false);
    REQUIRE_MESSAGE(!refused.ok(), other);
    CHECK(refused.error().code == ErrorCode::kUnauthenticated);
  }
  CHECK(shown(request({{"authorization", "Bearer "}})).empty());  // a token that nobody has
}

TEST_CASE("a cookie counts for pages of ours, and for reading") {
  const struct {
    const char* why;
    HttpRequest request;
    bool own_page;
    bool counts;
  } rows[] = {
      {"reading, a browser's own address line", request({}), false, true},
      {"reading, head", request({}, "HEAD"), false, true},
      {"reading, by our page", request({{"sec-fetch-site", "same-origin"}}), false, true},
      {"reading, typed", request({{"sec-fetch-site", "none"}}), false, true},
      {"reading, for a page of another port", request({{"sec-fetch-site", "same-site"}}), false, false},
      {"reading, for a page from elsewhere", request({{"sec-fetch-site", "cross-site"}}), false, false},
      {"reading, another origin", request({{"origin", "http://localhost:3000"}}), false, false},
      {"reading, our origin", request({{"origin", "http://localhost:8080"}}), true, true},
      {"writing without an origin", request({}, "POST"), false, false},
      {"writing, another origin", request({{"origin", "http://localhost:3000"}}, "POST"), false, false},
      {"writing, our origin", request({{"origin", "http://localhost:8080"}}, "POST"), true, true},
      {"a WebSocket without an origin", request({}, "GET", true), false, false},
      {"a WebSocket, another origin", request({{"origin", "http://localhost:3000"}}, "GET", true), false, false},
      {"a WebSocket, our origin", request({{"origin", "http://localhost:8080"}}, "GET", true), true, true},
  };
  for (const auto& row : rows) {
    HttpRequest with_cookie = row.request;
    with_cookie.headers.push_back({"cookie", "cell0_token=c"});
    CHECK_MESSAGE(shown(with_cookie, row.own_page) == (row.counts ? "c" : "-"), row.why);
  }
}
