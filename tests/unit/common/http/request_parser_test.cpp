#include "common/http/request_parser.h"

#include <doctest/doctest.h>

#include <string>

using cell0::HttpRequest;
using cell0::RequestLimits;
using cell0::RequestParser;
using State = cell0::RequestParser::State;

namespace {

struct Outcome {
  State state;
  int status;
  HttpRequest request;
  std::size_t used;
};

Outcome parse(std::string_view bytes, std::size_t step = std::string_view::npos, const RequestLimits& limits = {}) {
  RequestParser parser(limits);
  std::size_t used = 0;
  while (used < bytes.size() && parser.state() != State::kDone && parser.state() != State::kFailed) {
    used += parser.feed(bytes.substr(used, step));
  }
  Outcome outcome{parser.state(), 0, {}, used};
  if (parser.state() == State::kFailed) outcome.status = parser.error_status();
  if (parser.state() == State::kDone) outcome.request = parser.take();
  return outcome;
}

struct Refusal {
  std::string why;
  std::string bytes;
  int status;
};

const std::string kChunkedHead = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

const Refusal kRefusals[] = {
    {"a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
    {"a tab before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX\t: a\r\n\r\n", 400},
    {"a folded header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
    {"a folded header behind the request line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"NUL in a value", std::string("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 35), 400},
    {"NUL in the target", std::string("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 28), 400},
    {"a bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
    {"a bare LF after a header", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
    {"a bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
    {"a bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
    {"a header without a name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400},
    {"a header without a colon", "GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n", 400},
    {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
    {"two Hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", 400},
    {"a Host that is a list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
    {"Content-Length and Transfer-Encoding",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"Transfer-Encoding and Content-Length",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
    {"Transfer-Encoding in 1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"gzip", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"a coding with a parameter", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;x=1\r\n\r\n", 400},
    {"a signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", 400},
    {"a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc", 400},
    {"an empty length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\nabc", 400},
    {"two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
    {"a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc", 400},
    {"a length over 64 bits", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabc", 400},
    {"a length over the limit", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n", 413},
    {"chunk size ended by CR and another byte", kChunkedHead + "3\rXabc\r\n0\r\n\r\n", 400},
    {"chunk ended by CR and another byte", kChunkedHead + "3\r\nabc\rX0\r\n\r\n", 400},
    {"chunk size ended by LF", kChunkedHead + "3\nabc\r\n0\r\n\r\n", 400},
    {"chunk longer than its size", kChunkedHead + "3\r\nabcd\r\n0\r\n\r\n", 400},
    {"chunked body ended by LF", kChunkedHead + "3\r\nabc\r\n0\r\n\n", 400},
    {"chunk size with a prefix", kChunkedHead + "0x3\r\nabc\r\n0\r\n\r\n", 400},
    {"chunk size over 64 bits", kChunkedHead + "fffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400},
    {"CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 501},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    {"HTTP/0.9", "GET /\r\n\r\n", 505},
    {"no method of HTTP", "FETCH / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400},
    {"a path above the root", "GET /../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"another host in the target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"another expectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: coffee\r\nContent-Length: 1\r\n\r\n", 417},
    {"blank lines", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
};

}  // namespace

TEST_CASE("what two parsers could read differently is refused, however it arrives") {
  for (const Refusal& row : kRefusals) {
    for (const std::size_t step : {std::string::npos, std::size_t{1}, std::size_t{7}}) {
      CAPTURE(row.why);
      CAPTURE(step);
      const Outcome outcome = parse(row.bytes, step);
      CHECK(outcome.state == State::kFailed);
      CHECK(outcome.status == row.status);
    }
  }
}

TEST_CASE("a plain request is read, whole or byte by byte") {
  const std::string bytes =
      "GET /a%20b/../c?x=1&y=%2B HTTP/1.1\r\nHost: localhost:8080\r\nX-Name:  value \r\nAccept: a\r\nAccept: b\r\n"
      "Cookie: c=1\r\nCookie: d=2\r\nX-Empty:\r\n\r\n";
  for (const std::size_t step : {std::string::npos, std::size_t{1}}) {
    const Outcome outcome = parse(bytes + "GET ", step);
    REQUIRE(outcome.state == State::kDone);
    CHECK(outcome.used == bytes.size());
    const HttpRequest& request = outcome.request;
    CHECK(request.method == "GET");
    CHECK(request.target == "/a%20b/../c?x=1&y=%2B");
    CHECK(request.path == "/c");
    CHECK(request.query == "x=1&y=%2B");
    CHECK(request.query_value("y").value_or("none") == "+");
    CHECK(request.header("host") == "localhost:8080");
    CHECK(request.header("x-name") == "value");
    CHECK(request.header("accept") == "a, b");
    CHECK(request.header("cookie") == "c=1; d=2");
    CHECK(request.header("x-empty") == "");
    CHECK(request.header("absent") == "");
    CHECK(request.keep_alive);
    CHECK_FALSE(request.is_websocket_upgrade);
    CHECK(request.body.empty());
  }
}

TEST_CASE("bodies are read by their length or their chunks") {
  const std::string sized = "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world";
  const std::string chunked = kChunkedHead + "5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n";
  for (const std::string& bytes : {sized, chunked}) {
    for (const std::size_t step : {std::string::npos, std::size_t{1}, std::size_t{3}}) {
      const Outcome outcome = parse(bytes + "more", step);
      REQUIRE(outcome.state == State::kDone);
      CHECK(outcome.used == bytes.size());
      CHECK(outcome.request.body == "hello world");
      CHECK(outcome.request.header("trailer") == "");
    }
  }
}

TEST_CASE("a chunked body is bounded, decoded and raw") {
  RequestLimits limits;
  limits.body_bytes_max = 8;
  limits.head_bytes_max = 128;
  CHECK(parse(kChunkedHead + "8\r\n12345678\r\n0\r\n\r\n", std::string::npos, limits).state == State::kDone);
  CHECK(parse(kChunkedHead + "9\r\n123456789\r\n0\r\n\r\n", std::string::npos, limits).status == 413);
  const std::string extension(500, 'x');
  CHECK(parse(kChunkedHead + "1;" + extension + "\r\n1\r\n0\r\n\r\n", std::string::npos, limits).status == 413);
}

TEST_CASE("a head is bounded in bytes and headers") {
  RequestLimits limits;
  limits.head_bytes_max = 64;
  CHECK(parse("GET /" + std::string(100, 'a'), 1, limits).status == 414);
  CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(100, 'a'), 1, limits).status == 431);
  limits = {};
  limits.headers_max = 2;
  CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\n\r\n", 1, limits).state == State::kDone);
  CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n", 1, limits).status == 431);
}

TEST_CASE("requests follow one another on a connection") {
  RequestParser parser(RequestLimits{});
  const std::string_view first = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";
  const std::string_view second = "\r\nGET /2 HTTP/1.0\r\n\r\n";
  const std::string both = std::string(first) + std::string(second);
  CHECK_FALSE(parser.started());
  CHECK(parser.feed(both) == first.size());
  CHECK(parser.feed(second) == 0);  // not before the first is taken
  CHECK(parser.take().path == "/1");
  CHECK(parser.feed(second) == second.size());
  const HttpRequest request = parser.take();
  CHECK(request.path == "/2");
  CHECK(request.http_1_0);
  CHECK_FALSE(request.keep_alive);
}

TEST_CASE("keep-alive follows the version and the Connection header") {
  CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n").request.keep_alive);
  CHECK_FALSE(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n").request.keep_alive);
  CHECK(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").request.keep_alive);
}

TEST_CASE("a WebSocket upgrade is recognised and what follows it is left") {
  const std::string bytes =
      "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  const Outcome outcome = parse(bytes + "\x81\x80");
  REQUIRE(outcome.state == State::kDone);
  CHECK(outcome.used == bytes.size());
  CHECK(outcome.request.is_websocket_upgrade);
}

TEST_CASE("an upgrade to something else is an ordinary request") {
  const Outcome outcome = parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  REQUIRE(outcome.state == State::kDone);
  CHECK_FALSE(outcome.request.is_websocket_upgrade);
  const Outcome with_body =
      parse("POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nab");
  REQUIRE(with_body.state == State::kDone);
  CHECK(with_body.request.body == "ab");
}

TEST_CASE("a client that waits for 100 Continue is noticed until its body comes") {
  RequestParser parser(RequestLimits{});
  parser.feed("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(parser.wants_continue());
  parser.feed("a");
  CHECK_FALSE(parser.wants_continue());
  parser.feed("b");
  CHECK(parser.take().body == "ab");
}

TEST_CASE("absolute and asterisk targets are those of RFC 9112") {
  CHECK(parse("GET http://a:1/x?y=1 HTTP/1.1\r\nHost: A:1\r\n\r\n").request.path == "/x");
  CHECK(parse("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n").request.path == "/");
  CHECK(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").request.path == "*");
  CHECK(parse("GET * HTTP/1.1\r\nHost: a\r\n\r\n").status == 400);
}
