// A Server on a free loopback port, a handler that writes down what it is told, and raw clients, all on one thread.
//
// Nothing sleeps: run_until() turns the loop until its condition holds, or five seconds have passed. Time for deadlines
// is a ManualClock's.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/transport/server.h"

namespace cell0::gateway::test {

inline const std::string kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

inline std::string text_frame(std::string_view text) {
  std::string out;
  append_ws_frame(out, WsOpcode::kText, text);
  return out;
}

// A client's frame under the mask 0, which leaves the payload readable.
inline std::string masked(unsigned first_byte, std::string_view payload) {
  std::string out(1, static_cast<char>(first_byte));
  if (payload.size() <= 125) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    out.push_back(static_cast<char>(0xfe));
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size()));
  }
  return out.append(4, '\0').append(payload);
}

class RecordingHandler : public Handler {
 public:
  void on_request(Connection& connection, const HttpRequest& request) override {
    requests.push_back(request.method + " " + request.path + " " + request.body);
    connections.emplace_back(connection);
    if (request_action) return request_action(connection, request);
    if (request.is_websocket_upgrade) {
      accepted = connection.accept_websocket(request, subprotocol, first_frames).ok();
    } else if (request.path == "/events") {
      connection.start_stream("text/event-stream", "data: first\n\n");
    } else if (request.path != "/later") {
      connection.respond({200, "text/plain", "hello", {}});
    }
  }
  void on_text(Connection& connection, std::string_view text) override {
    texts.emplace_back(text);
    if (text_action) text_action(connection, text);
  }
  void on_binary(Connection&, std::string_view bytes) override { binaries.emplace_back(bytes); }
  void on_pong(Connection&) override { ++pongs; }
  void on_writable(Connection& connection) override {
    ++writable;
    CHECK(connection.idle());
    if (writable_action) writable_action(connection);
  }
  void on_close(Connection& connection, const CloseInfo& info) override {
    CHECK((connection.mode() == Mode::kClosing || connection.mode() == Mode::kClosed));
    closes.push_back(info);
  }

  Connection& last() { return *connections.back(); }

  std::function<void(Connection&, const HttpRequest&)> request_action;
  std::function<void(Connection&, std::string_view)> text_action;
  std::function<void(Connection&)> writable_action;
  std::string subprotocol;
  std::string first_frames;
  bool accepted = false;
  std::vector<std::string> requests;
  std::vector<ConnectionRef> connections;
  std::vector<std::string> texts;
  std::vector<std::string> binaries;
  std::vector<CloseInfo> closes;
  int pongs = 0;
  int writable = 0;
};

class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  ~Client() { hang_up(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes) {
    REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  void shut_down() { ::shutdown(fd_, SHUT_WR); }
  void hang_up() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  // Takes what has arrived.
  const std::string& received() {
    char buffer[65536];
    ssize_t got = 0;
    while (fd_ >= 0 && (got = ::recv(fd_, buffer, sizeof buffer, 0)) > 0) {
      received_.append(buffer, static_cast<std::size_t>(got));
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) ended_ = true;
    return received_;
  }
  void receive_some(std::size_t bytes_max) {
    std::string buffer(bytes_max, '\0');
    (void)!::recv(fd_, buffer.data(), buffer.size(), 0);
  }
  bool ended() { return received(), ended_; }
  bool has(std::string_view text) { return received().find(text) != std::string::npos; }
  void forget() { received_.clear(); }

  // What came behind the HTTP head.
  std::string body() {
    const std::size_t end = received().find("\r\n\r\n");
    return end == std::string::npos ? "" : received_.substr(end + 4);
  }

 private:
  int fd_;
  bool ended_ = false;
  std::string received_;
};

struct Fixture {
  explicit Fixture(const TransportLimits& limits = {}) {
    auto created = Server::create(io, limits, handler, clock);
    REQUIRE(created.ok());
    server = std::move(*created);
    auto report = server->listen({"http", {"127.0.0.1"}, 0});
    REQUIRE(report.ok());
    port = server->bound_port("http");
  }

  void run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      io.restart();
      io.run_for(std::chrono::milliseconds(1));
    }
  }
  void turn() {
    io.restart();
    io.poll();
  }
  void pass(std::chrono::seconds time) {
    clock.advance(time);
    server->sweep();
  }

  // A client whose WebSocket is open and whose 101 has been read.
  std::unique_ptr<Client> open_websocket(int receive_buffer = 0) {
    auto client = std::make_unique<Client>(port, receive_buffer);
    client->send(kUpgrade);
    run_until([&] { return client->has("\r\n\r\n"); });
    client->forget();
    return client;
  }

  ManualClock clock;
  asio::io_context io{1};
  RecordingHandler handler;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
};

}  // namespace cell0::gateway::test
