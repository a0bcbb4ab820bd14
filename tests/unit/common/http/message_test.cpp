#include "common/http/message.h"

#include <doctest/doctest.h>

using namespace cell0;

TEST_CASE("a response is its head and its body") {
  std::string out;
  append_http_response(out, {200, "text/plain", "hello", {{"X-A", "b"}}}, {}, "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(out ==
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"
        "Content-Length: 5\r\nX-A: b\r\n\r\nhello");
}

TEST_CASE("a response to HEAD has the length but not the body; 304 and 204 have neither") {
  std::string out;
  append_http_response(out, {200, "text/plain", "hello", {}}, {true, false, true}, "");
  CHECK(out == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
  out.clear();
  append_http_response(out, {304, "text/plain", "hello", {}}, {}, "");
  CHECK(out == "HTTP/1.1 304 Not Modified\r\n\r\n");
}

TEST_CASE("the connection header says what the client cannot assume") {
  std::string out;
  append_http_response(out, {204, "", "", {}}, {false, false, false}, "");
  CHECK(out == "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  out.clear();
  append_http_response(out, {204, "", "", {}}, {false, true, true}, "");
  CHECK(out == "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("a header that would split the response is left out") {
  std::string out;
  append_http_response(out, {204, "", "", {{"X-A", "b\r\nSet-Cookie: c"}, {"X\nB", "c"}, {"X-C", "d"}}}, {}, "");
  CHECK(out == "HTTP/1.1 204 No Content\r\nX-C: d\r\n\r\n");
}

TEST_CASE("tokens of a list are compared whole and without case") {
  CHECK(header_has_token("keep-alive, Upgrade", "upgrade"));
  CHECK(header_has_token("a,b ,  C", "c"));
  CHECK_FALSE(header_has_token("upgraded", "upgrade"));
  CHECK_FALSE(header_has_token("", "upgrade"));
}

TEST_CASE("dates are in the form of RFC 9110") { CHECK(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT"); }
