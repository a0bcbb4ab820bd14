#include "common/http/admin_server.h"

#include <doctest/doctest.h>

#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <functional>
#include <string>

using namespace cell0;
using asio::ip::tcp;

namespace {

struct Fixture {
  explicit Fixture(const AdminLimits& limits = {}) {
    auto created = AdminServer::create(
        io, "127.0.0.1", 0,
        [](std::string_view path, std::string_view query) {
          if (path == "/healthz") return AdminResponse{200, "text/plain", "ok " + std::string(query), {}};
          return AdminResponse{404, "text/plain", "no", {}};
        },
        limits);
    REQUIRE(created.ok());
    server = std::move(*created);
  }

  tcp::socket connect() {
    tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), server->port()});
    socket.non_blocking(true);
    return socket;
  }

  // Reads until the server closes.
  std::string read_all(tcp::socket& socket) {
    std::string out;
    char buffer[1024];
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    for (;;) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      io.restart();
      io.run_for(std::chrono::milliseconds(1));
      asio::error_code error;
      const std::size_t n = socket.read_some(asio::buffer(buffer), error);
      out.append(buffer, n);
      if (error && error != asio::error::would_block) return out;
    }
  }

  std::string ask(const std::string& request) {
    tcp::socket socket = connect();
    asio::write(socket, asio::buffer(request));
    return read_all(socket);
  }

  asio::io_context io;
  std::unique_ptr<AdminServer> server;
};

}  // namespace

TEST_CASE("the admin server answers GET and HEAD, then closes") {
  Fixture f;
  const std::string answer = f.ask("GET /healthz?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(answer ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n\r\nok x=1");
  CHECK(f.ask("HEAD /healthz HTTP/1.0\r\n\r\n").find("Content-Length: 3\r\n") != std::string::npos);
  CHECK(f.ask("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n").rfind("HTTP/1.1 404 ", 0) == 0);
}

TEST_CASE("the admin server refuses other methods, bodies and malformed requests") {
  Fixture f;
  CHECK(f.ask("DELETE /healthz HTTP/1.1\r\nHost: a\r\n\r\n").rfind("HTTP/1.1 405 ", 0) == 0);
  CHECK(f.ask("POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx").rfind("HTTP/1.1 413 ", 0) == 0);
  CHECK(f.ask("GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n").rfind("HTTP/1.1 400 ", 0) == 0);
}

TEST_CASE("the admin server drops who sends no request in time, and who is one too many") {
  AdminLimits limits;
  limits.head_timeout = std::chrono::milliseconds(50);
  limits.connections_max = 1;
  Fixture f(limits);
  tcp::socket slow = f.connect();
  f.io.restart();
  f.io.poll();
  tcp::socket surplus = f.connect();
  CHECK(f.read_all(surplus).empty());
  CHECK(f.read_all(slow).empty());
  f.io.restart();
  f.io.poll();
  CHECK(f.server->connection_count() == 0);
}

TEST_CASE("an admin port that is taken, or an address that is none, is an error") {
  Fixture f;
  const auto taken = AdminServer::create(f.io, "127.0.0.1", f.server->port(), {});
  REQUIRE_FALSE(taken.ok());
  CHECK(taken.error().code == ErrorCode::kConflict);
  CHECK(AdminServer::create(f.io, "here", 0, {}).error().code == ErrorCode::kInvalid);
}

TEST_CASE("an address and port are told apart") {
  CHECK(parse_host_port("127.0.0.1:9600")->port == 9600);
  CHECK(parse_host_port("[::1]:80")->host == "::1");
  for (const char* wrong : {"", "9600", ":9600", "a:", "a:70000", "a:-1", "a:1x", "::1:80"}) {
    CAPTURE(std::string(wrong));
    CHECK_FALSE(parse_host_port(wrong).ok());
  }
}
