// cell0-bench-baseline: the least that a WebSocket fan-out can be, to measure the gateway against. See README.md.
//
// One thread, one epoll, no HTTP beyond the upgrade, no protocol beyond ignoring what clients say: per turn it builds
// the frames once and calls send() for every connection. What a socket does not take is kept for it, without a bound.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gateway/transport/frame.h"
#include "gateway/transport/ws_engine.h"
#include "tests/bench/fanout/options.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kUsage =
    R"(usage: cell0-bench-baseline [options]; prints a JSON line when it listens, when all are connected, at the end
  --port N              on 127.0.0.1 (9100)
  --connections N       how many to wait for before broadcasting (100)
  --rate N              events a second; 0: as many as it can (0)
  --per-turn N          events that leave in one send (10)
  --bytes N             size of an event's JSON (200)
  --duration SECONDS    of broadcasting (5)
)";

struct Plan {
  std::uint16_t port = 9100;
  std::size_t connections = 100;
  double rate = 0;
  std::size_t per_turn = 10;
  std::size_t bytes = 200;
  double duration = 5;
};

struct Client {
  int fd = -1;
  bool open = false;
  std::string head;
  std::string pending;  // what its socket has not taken
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long rss_kb() {
  std::ifstream statm("/proc/self/statm");
  long total = 0;
  long resident = 0;
  statm >> total >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

std::int64_t unix_us() {
  using std::chrono::duration_cast;
  return duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Looks like an event of the cell0d dialect, padded to the size that is wanted.
std::string event_json(std::uint64_t seq, std::size_t size) {
  const std::string begin =
      R"({"type":"event","event":{"type":"chat_message","data":{"sent_us":)" + std::to_string(unix_us());
  const std::string end = R"("},"priority":4,"seq":)" + std::to_string(seq) + "}}";
  const std::string_view pad_key = R"(,"message":")";
  const std::size_t used = begin.size() + pad_key.size() + end.size();
  return begin + std::string(pad_key) + std::string(size > used ? size - used : 0, 'x') + end;
}

class Baseline {
 public:
  explicit Baseline(const Plan& plan) : plan_(plan), epoll_(::epoll_create1(0)) {}

  bool listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(plan_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
    if (::listen(listener_, 4096) != 0) return false;
    watch(listener_, nullptr, EPOLLIN);
    return true;
  }

  std::size_t open() const { return open_; }
  std::uint64_t sends() const { return sends_; }

  void poll(int timeout_ms) {
    std::array<epoll_event, 512> ready{};
    const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), timeout_ms);
    for (int i = 0; i < count; ++i) {
      auto* client = static_cast<Client*>(ready[static_cast<std::size_t>(i)].data.ptr);
      if (client == nullptr) {
        accept_all();
      } else if ((ready[static_cast<std::size_t>(i)].events & EPOLLOUT) != 0) {
        flush(*client);
      } else {
        read(*client);
      }
    }
  }

  // True if every socket has taken everything.
  bool drained() const { return blocked_ == 0; }

  void broadcast(const std::string& bytes) {
    for (const auto& client : clients_) {
      if (!client->open) continue;
      if (!client->pending.empty()) {
        client->pending += bytes;
        continue;
      }
      const ssize_t sent = ::send(client->fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      ++sends_;
      if (sent == static_cast<ssize_t>(bytes.size())) continue;
      if (sent < 0 && errno != EAGAIN) {
        drop(*client);
        continue;
      }
      client->pending.assign(bytes, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
      ++blocked_;
      watch(client->fd, client.get(), EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    }
  }

 private:
  void watch(int fd, Client* client, std::uint32_t events, int operation = EPOLL_CTL_ADD) const {
    epoll_event event{};
    event.events = events;
    event.data.ptr = client;
    ::epoll_ctl(epoll_, operation, fd, &event);
  }

  void accept_all() {
    for (int fd = 0; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      clients_.push_back(std::make_unique<Client>());
      clients_.back()->fd = fd;
      watch(fd, clients_.back().get(), EPOLLIN);
    }
  }

  void read(Client& client) {
    const ssize_t got = ::recv(client.fd, buffer_.data(), buffer_.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return drop(client);
    if (got < 0 || client.open) return;
    client.head.append(buffer_.data(), static_cast<std::size_t>(got));
    if (client.head.find("\r\n\r\n") != std::string::npos) upgrade(client);
  }

  void upgrade(Client& client) {
    static constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
    const std::size_t at = client.head.find(kKey);
    if (at == std::string::npos) return drop(client);
    const std::string key = client.head.substr(at + kKey.size(), 24);
    const std::string answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        cell0::gateway::ws_accept_key(key) + "\r\n\r\n";
    client.head = std::string();
    client.open = true;
    ++open_;
    (void)!::send(client.fd, answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  void flush(Client& client) {
    const ssize_t sent = ::send(client.fd, client.pending.data(), client.pending.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? void() : drop(client);
    client.pending.erase(0, static_cast<std::size_t>(sent));
    if (!client.pending.empty()) return;
    client.pending.shrink_to_fit();
    --blocked_;
    watch(client.fd, &client, EPOLLIN, EPOLL_CTL_MOD);
  }

  void drop(Client& client) {
    if (client.fd < 0) return;
    if (!client.pending.empty()) --blocked_;
    if (client.open) --open_;
    client.open = false;
    client.pending.clear();
    ::close(client.fd);
    client.fd = -1;
  }

  const Plan& plan_;
  int epoll_;
  int listener_ = -1;
  std::vector<std::unique_ptr<Client>> clients_;
  std::array<char, 16 * 1024> buffer_{};
  std::size_t open_ = 0;
  std::size_t blocked_ = 0;
  std::uint64_t sends_ = 0;
};

struct Outcome {
  std::uint64_t events = 0;
  double seconds = 0;
  double cpu = 0;
};

Outcome broadcast_all(Baseline& server, const Plan& plan) {
  Outcome outcome;
  const auto begin = Clock::now();
  const double cpu = cpu_seconds();
  const double turn_seconds = plan.rate > 0 ? static_cast<double>(plan.per_turn) / plan.rate : 0;
  double due = 0;
  while (seconds_since(begin) < plan.duration) {
    const double early = due - seconds_since(begin);
    server.poll(early > 0.001 ? static_cast<int>(early * 1000) : 0);
    if (seconds_since(begin) < due || (plan.rate == 0 && !server.drained())) continue;
    std::string turn;
    for (std::size_t i = 0; i < plan.per_turn; ++i) {
      cell0::gateway::append_ws_frame(turn, cell0::gateway::WsOpcode::kText, event_json(++outcome.events, plan.bytes));
    }
    server.broadcast(turn);
    due += turn_seconds;
  }
  while (!server.drained()) server.poll(10);
  outcome.seconds = seconds_since(begin);
  outcome.cpu = cpu_seconds() - cpu;
  return outcome;
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  cell0::bench::Options options(kUsage);
  options.number("--port", plan.port);
  options.number("--connections", plan.connections);
  options.number("--rate", plan.rate);
  options.number("--per-turn", plan.per_turn);
  options.number("--bytes", plan.bytes);
  options.number("--duration", plan.duration);
  options.parse(argc, argv);

  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);

  Baseline server(plan);
  if (!server.listen()) {
    std::perror("cell0-bench-baseline: --port");
    return 1;
  }
  std::printf("{\"state\":\"listening\"}\n");
  std::fflush(stdout);
  while (server.open() < plan.connections) server.poll(100);
  const auto open_since = Clock::now();
  while (seconds_since(open_since) < 1.0) server.poll(50);  // the load client settles
  std::printf("{\"state\":\"connected\",\"open\":%zu,\"rss_kb\":%ld}\n", server.open(), rss_kb());
  std::fflush(stdout);

  const Outcome outcome = broadcast_all(server, plan);
  const double deliveries = static_cast<double>(outcome.events) * static_cast<double>(server.open());
  std::printf(
      "{\"state\":\"done\",\"events\":%llu,\"open\":%zu,\"seconds\":%.3f,\"deliveries_per_s\":%.0f,\"sends\":%llu,",
      static_cast<unsigned long long>(outcome.events), server.open(), outcome.seconds, deliveries / outcome.seconds,
      static_cast<unsigned long long>(server.sends()));
  std::printf("\"cpu_s\":%.3f,\"cpu_us_per_delivery\":%.4f}\n", outcome.cpu, outcome.cpu * 1e6 / deliveries);
}
