#include "common/link/socket.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

namespace cell0::link {
namespace {

class Fixture {
 public:
  std::unique_ptr<Socket> make(SocketType type, const SocketOptions& options = {}) {
    auto socket = Socket::create(io, context, type, options);
    REQUIRE(socket);
    return std::move(*socket);
  }
  std::unique_ptr<Socket> bound(SocketType type, const std::string& endpoint, const SocketOptions& options = {}) {
    auto socket = make(type, options);
    REQUIRE(socket->bind(endpoint));
    return socket;
  }
  std::unique_ptr<Socket> connected(SocketType type, const std::string& endpoint, const SocketOptions& options = {}) {
    auto socket = make(type, options);
    REQUIRE(socket->connect(endpoint));
    return socket;
  }

  void run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      io.restart();
      io.run_one_for(std::chrono::milliseconds(5));
    }
  }

  asio::io_context io;
  Context context;
};

constexpr const char* kAnyPort = "tcp://127.0.0.1:0";

// Bytes to a port, past ZeroMQ.
void send_raw(const std::string& endpoint, const std::string& bytes) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
  REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  CHECK(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  ::close(fd);
}

// Handled signals, one after the other, for whoever made it.
class SignalStorm {
 public:
  SignalStorm() : target_(pthread_self()) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    REQUIRE(sigaction(SIGUSR1, &action, &before_) == 0);
    thread_ = std::thread([this] {
      while (!stopping_) {
        pthread_kill(target_, SIGUSR1);
        std::this_thread::sleep_for(std::chrono::microseconds(5));
      }
    });
  }
  ~SignalStorm() {
    stopping_ = true;
    thread_.join();
    sigaction(SIGUSR1, &before_, nullptr);
  }

 private:
  pthread_t target_;
  struct sigaction before_ {};
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

TEST_CASE("a signal disturbs neither sending nor receiving") {
  Fixture f;
  const auto server = f.bound(SocketType::kRouter, kAnyPort);
  const auto client = f.connected(SocketType::kDealer, server->bound_endpoint());
  int sent = 0, received = 0;
  server->start([&](FrameViews frames) { CHECK(server->send(frames)); });
  client->start([&](FrameViews) { ++received; });
  const SignalStorm storm;
  f.run_until([&] {
    for (; sent < 50'000 && sent - received < 100; ++sent) CHECK(client->send("a message"));
    return received == 50'000;
  });
}

TEST_CASE("a request and its answer go over inproc and tcp") {
  for (const std::string endpoint : {"inproc://socket-test", kAnyPort}) {
    CAPTURE(endpoint);
    Fixture f;
    auto router = f.bound(SocketType::kRouter, endpoint);
    auto dealer = f.connected(SocketType::kDealer, router->bound_endpoint());
    std::string answer;
    router->start([&](FrameViews frames) {
      REQUIRE(frames.size() == 2);
      const std::string reply = "re: " + std::string(frames[1]);
      const std::array<std::string_view, 2> out{frames[0], reply};
      CHECK(router->send(out));
    });
    dealer->start([&](FrameViews frames) { answer = frames[0]; });
    REQUIRE(dealer->send("hello"));
    f.run_until([&] { return !answer.empty(); });
    CHECK(answer == "re: hello");
  }
}

TEST_CASE("a long frame goes without a copy, to every subscriber, and its memory is freed") {
  Fixture f;
  auto xpub = f.bound(SocketType::kXpub, kAnyPort);
  xpub->start([](FrameViews) {});
  const std::array subscribers{f.connected(SocketType::kSub, xpub->bound_endpoint()),
                               f.connected(SocketType::kSub, xpub->bound_endpoint())};
  std::array<std::vector<std::string>, 2> received;
  for (std::size_t i = 0; i < subscribers.size(); ++i) {
    subscribers[i]->start([&received, i](FrameViews frames) {
      REQUIRE(frames.size() == 2);
      CHECK(frames[0] == "head");
      received[i].emplace_back(frames[1]);
    });
  }
  std::vector<std::string> sent;
  f.run_until([&] {
    sent.emplace_back(Socket::kCopiedBytesMax + 1 + sent.size() * 1000, static_cast<char>('a' + sent.size() % 26));
    const std::string& text = sent.back();
    auto memory = std::make_unique<char[]>(100 + text.size());
    const std::string_view body(std::copy(text.begin(), text.end(), memory.get() + 100) - text.size(), text.size());
    CHECK(xpub->send("head", body, std::move(memory)));
    return received[0].size() >= 5 && received[1].size() >= 5;
  });
  for (const auto& bodies : received) {  // a subscriber may have missed the first ones
    const std::size_t missed = (bodies[0].size() - sent[0].size()) / 1000;
    for (std::size_t i = 0; i < 5; ++i) CHECK(bodies[i] == sent[missed + i]);
  }
}

TEST_CASE("the bound endpoint has its port, written as people write it") {
  Fixture f;
  const auto router = f.bound(SocketType::kRouter, kAnyPort);
  CHECK(router->bound_endpoint().rfind("tcp://127.0.0.1:", 0) == 0);
  CHECK(router->bound_endpoint() != kAnyPort);
}

TEST_CASE("no wake-up is lost: thousands of messages both ways, more than a turn takes, with sends in between") {
  Fixture f;
  auto router = f.bound(SocketType::kRouter, kAnyPort);
  auto dealer = f.connected(SocketType::kDealer, router->bound_endpoint());
  constexpr int kMessages = 20 * Socket::kMessagesPerTurn + 7;
  int answered = 0;
  int sent = 0;
  int turns = 0;
  int largest_turn = 0;
  int in_turn = 0;
  router->start(
      [&](FrameViews frames) {
        ++in_turn;
        CHECK(router->send(frames));
      },
      [&] {
        ++turns;
        largest_turn = std::max(largest_turn, in_turn);
        in_turn = 0;
      });
  dealer->start([&](FrameViews) { ++answered; });
  f.run_until([&] {
    for (int i = 0; i < 500 && sent < kMessages && dealer->send("x"); ++i) ++sent;
    return answered == kMessages;
  });
  CHECK(largest_turn <= Socket::kMessagesPerTurn);
  CHECK(turns >= 21);
}

TEST_CASE("messages that lie there before start() are read") {
  Fixture f;
  auto router = f.bound(SocketType::kRouter, "inproc://early");
  auto dealer = f.connected(SocketType::kDealer, "inproc://early");
  REQUIRE(dealer->send("a"));
  REQUIRE(dealer->send("b"));
  int received = 0;
  router->start([&](FrameViews) { ++received; });
  f.run_until([&] { return received == 2; });
}

TEST_CASE("a socket may be destroyed inside its own handler, and at the end of its turn") {
  Fixture f;
  for (const bool in_turn_end : {false, true}) {
    auto router = f.bound(SocketType::kRouter, kAnyPort);
    auto dealer = f.connected(SocketType::kDealer, router->bound_endpoint());
    int received = 0;
    router->start(
        [&](FrameViews frames) {
          ++received;
          if (!in_turn_end) router.reset();
          CHECK(frames.back() == "x");  // the frames outlive the socket
        },
        [&] { router.reset(); });
    for (int i = 0; i < 10; ++i) REQUIRE(dealer->send("x"));
    f.run_until([&] { return router == nullptr; });
    CHECK(received >= 1);
    if (!in_turn_end) CHECK(received == 1);
    f.io.restart();
    f.io.run_for(std::chrono::milliseconds(1));
  }
}

TEST_CASE("bytes that are not ZeroMQ's harm nobody else") {
  Fixture f;
  auto router = f.bound(SocketType::kRouter, kAnyPort);
  int received = 0;
  router->start([&](FrameViews) { ++received; });
  send_raw(router->bound_endpoint(), "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  send_raw(router->bound_endpoint(), std::string(100'000, '\0'));
  send_raw(router->bound_endpoint(), std::string("\xff\0\0\0\0\0\0\0\x01\x7f", 10) + std::string(54, '\xff'));
  send_raw(router->bound_endpoint(), "");
  auto dealer = f.connected(SocketType::kDealer, router->bound_endpoint());
  REQUIRE(dealer->send("after all that"));
  f.run_until([&] { return received == 1; });
}

TEST_CASE("a message over the limit ends its sender's connection, not the others'") {
  Fixture f;
  SocketOptions options;
  options.message_bytes_max = 1000;
  auto router = f.bound(SocketType::kRouter, kAnyPort, options);
  std::vector<std::string> received;
  router->start([&](FrameViews frames) { received.emplace_back(frames[1]); });
  auto large = f.connected(SocketType::kDealer, router->bound_endpoint());
  auto small = f.connected(SocketType::kDealer, router->bound_endpoint());
  REQUIRE(large->send(std::string(1001, 'x')));
  REQUIRE(small->send(std::string(1000, 'y')));
  f.run_until([&] { return !received.empty(); });
  CHECK(received[0][0] == 'y');
  f.run_until([&] {  // it connects again; what it sends before it knows that it was cut off is lost
    CHECK(large->send("z"));
    return received.size() >= 2;
  });
  CHECK(received[1] == "z");
}

TEST_CASE("a message with too many frames is dropped and counted, the next one is read") {
  Fixture f;
  auto router = f.bound(SocketType::kRouter, kAnyPort);
  auto dealer = f.connected(SocketType::kDealer, router->bound_endpoint());
  std::vector<std::size_t> received;
  router->start([&](FrameViews frames) { received.push_back(frames.size()); });
  const std::vector<std::string_view> frames(50, "f");
  REQUIRE(dealer->send(FrameViews(frames).first(Socket::kFramesMax - 1)));
  REQUIRE(dealer->send(FrameViews(frames).first(Socket::kFramesMax)));
  REQUIRE(dealer->send(frames));
  REQUIRE(dealer->send("x"));
  f.run_until([&] { return received.size() == 2; });
  CHECK(received[0] == Socket::kFramesMax);  // the routing id is one
  CHECK(received[1] == 2);
  CHECK(router->oversize_messages() == 2);
}

TEST_CASE("a send to a peer that is not there, or whose queue is full, is refused") {
  Fixture f;
  auto router = f.bound(SocketType::kRouter, kAnyPort);
  const std::array<std::string_view, 2> to_nobody{"nobody", "hello"};
  CHECK(router->send(to_nobody).error().code == ErrorCode::kNotFound);
  SocketOptions options;
  options.queue_messages_max = 3;
  auto dealer = f.connected(SocketType::kDealer, "tcp://127.0.0.1:1", options);
  Result<void> sent;
  for (int i = 0; i < 10 && sent; ++i) sent = dealer->send("x");
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == ErrorCode::kFull);
}

TEST_CASE("a PUB reaches an XSUB, which asks for everything by itself, and a SUB an XPUB") {
  Fixture f;
  auto xsub = f.bound(SocketType::kXsub, kAnyPort);
  auto pub = f.connected(SocketType::kPub, xsub->bound_endpoint());
  auto xpub = f.bound(SocketType::kXpub, kAnyPort);
  auto sub = f.connected(SocketType::kSub, xpub->bound_endpoint());
  std::string at_xsub;
  std::string at_sub;
  xsub->start([&](FrameViews frames) { at_xsub = frames.back(); });
  xpub->start([](FrameViews) {});
  sub->start([&](FrameViews frames) { at_sub = frames.back(); });
  f.run_until([&] {
    CHECK(pub->send("up"));
    CHECK(xpub->send("down"));
    return !at_xsub.empty() && !at_sub.empty();
  });
  CHECK(at_xsub == "up");
  CHECK(at_sub == "down");
}

TEST_CASE("endpoints that are taken, or are none, are refused by name") {
  Fixture f;
  const auto first = f.bound(SocketType::kRouter, kAnyPort);
  auto second = f.make(SocketType::kRouter);
  const auto taken = second->bind(first->bound_endpoint());
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == ErrorCode::kConflict);
  CHECK(taken.error().text.find(first->bound_endpoint()) != std::string::npos);
  for (const std::string bad : {"", "nonsense", "tcp://", "tcp://127.0.0.1", "http://127.0.0.1:80"}) {
    CAPTURE(bad);
    const auto refused = second->bind(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace cell0::link
