// Listeners, limits on connections, and the server's own life.
#include "tests/unit/gateway/transport/transport_fixture.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

TEST_CASE("a port is bound on every host, the same one if any will do") {
  Fixture f;
  const auto report = f.server->listen({"cell0d", {"127.0.0.1", "::1"}, 0});
  REQUIRE(report.ok());
  const std::string port = std::to_string(f.server->bound_port("cell0d"));
  CHECK(report->bound.front() == "127.0.0.1:" + port);
  if (report->warnings.empty()) {
    CHECK(report->bound.back() == "[::1]:" + port);
  } else {
    CHECK(report->warnings.front().find("[::1]") != std::string::npos);  // a machine without IPv6
  }
  CHECK(f.server->bound_port("nothing") == 0);
}

TEST_CASE("gateways share a port; another program's port is an error that names it") {
  Fixture f;
  Fixture other;
  CHECK(other.server->listen({"cell0d", {"127.0.0.1"}, f.port}).ok());

  asio::ip::tcp::acceptor foreign(f.io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::uint16_t taken = foreign.local_endpoint().port();
  const auto report = f.server->listen({"api", {"127.0.0.1"}, taken});
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().code == ErrorCode::kConflict);
  CHECK(report.error().text.rfind("gateway.listen.api: cannot listen on 127.0.0.1:" + std::to_string(taken), 0) == 0);
  CHECK(f.server->bound_port("api") == 0);
}

TEST_CASE("an address that is none, or is not this machine's, is an error") {
  Fixture f;
  CHECK(f.server->listen({"api", {"localhost"}, 0}).error().code == ErrorCode::kInvalid);
  CHECK(f.server->listen({"api", {"192.0.2.1"}, 0}).error().code == ErrorCode::kUnavailable);
  CHECK(f.server->listen({"api", {}, 0}).error().code == ErrorCode::kInvalid);
  const auto report = f.server->listen({"api", {"127.0.0.1", "192.0.2.1"}, 0});
  REQUIRE(report.ok());
  CHECK(report->warnings.size() == 1);
}

TEST_CASE("at the limit nothing is accepted until somebody leaves") {
  TransportLimits limits;
  limits.connections_max = 2;
  Fixture f(limits);
  auto first = std::make_unique<Client>(f.port);
  Client second(f.port);
  Client third(f.port);
  third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  f.run_until([&] { return f.server->stats().accept_pauses == 1; });
  CHECK(f.server->connection_count() == 2);
  first->hang_up();
  f.run_until([&] { return f.server->connection_count() == 1; });
  f.server->sweep();
  f.run_until([&] { return third.has("hello"); });
}

TEST_CASE("a connection knows its listener and its peer") {
  Fixture f;
  Client client(f.port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  f.run_until([&] { return client.has("hello"); });
  const Connection& connection = f.handler.last();
  CHECK(connection.listener().name == "http");
  CHECK(connection.listener().port == f.port);
  CHECK(connection.peer().rfind("127.0.0.1:", 0) == 0);
  CHECK(connection.peer_address() == "127.0.0.1");
  CHECK(connection.peer_is_loopback());
  CHECK(connection.id() == 1);
}

TEST_CASE("after stop_listening those who had connected are served, new ones are refused") {
  Fixture f;
  Client waiting(f.port);
  f.server->stop_listening();
  waiting.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  f.run_until([&] { return waiting.has("hello"); });
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(f.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0);
  ::close(fd);
}

TEST_CASE("for_each meets every connection, also if they end meanwhile") {
  Fixture f;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(f.open_websocket());
  int met = 0;
  f.server->for_each([&](Connection& connection) {
    ++met;
    connection.abort();
  });
  CHECK(met == 5);
  CHECK(f.server->connection_count() == 0);
  f.run_until([&] { return f.handler.closes.size() == 5; });
}

TEST_CASE("a server can go while its connections are busy") {
  Fixture f;
  auto client = f.open_websocket();
  client->send(masked(0x81, "x"));
  const ConnectionRef kept = f.handler.connections.back();
  f.server.reset();
  f.turn();
  CHECK(kept->mode() == Mode::kClosed);
  kept->send_reply("x");
  kept->close(1000, "");
  CHECK(f.handler.closes.empty());
  f.run_until([&] { return client->ended(); });
}
