#include "tests/bench/fanout/load_worker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace cell0::bench {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr std::size_t kFrameBytesMax = 64 * 1024 * 1024;
constexpr int kEventsPerTurn = 512;
constexpr unsigned kText = 1, kClose = 8, kPing = 9, kPong = 10;

std::int64_t unix_us() {
  using std::chrono::duration_cast;
  return duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

template <typename Number>
Number number_at(std::string_view text, std::size_t at) {
  Number value = 0;
  std::from_chars(text.data() + std::min(at, text.size()), text.data() + text.size(), value);
  return value;
}

std::int64_t iso_time_us(std::string_view text) {
  if (text.size() < 20) return 0;
  const std::chrono::year_month_day day{std::chrono::year(number_at<int>(text, 0)),
                                        std::chrono::month(number_at<unsigned>(text, 5)),
                                        std::chrono::day(number_at<unsigned>(text, 8))};
  const std::int64_t seconds = std::chrono::sys_days(day).time_since_epoch().count() * std::int64_t{86'400} +
                               number_at<int>(text, 11) * 3'600 + number_at<int>(text, 14) * 60 +
                               number_at<int>(text, 17);
  return seconds * 1'000'000 + (text[19] == '.' ? number_at<int>(text, 20) : 0);
}

}  // namespace

std::uint64_t seq_of(std::string_view text) {
  static constexpr std::string_view kKey = "\"seq\":";  // within a string it would be \"seq\":
  const std::size_t at = text.rfind(kKey);
  return at == std::string_view::npos ? 0 : number_at<std::uint64_t>(text, at + kKey.size());
}

std::int64_t time_of(std::string_view text, std::string_view quoted_key) {
  const std::size_t at = text.find(quoted_key);
  if (at == std::string_view::npos) return 0;
  const std::string_view value = text.substr(at + quoted_key.size());
  if (value.empty()) return 0;
  return value.front() == '"' ? iso_time_us(value.substr(1)) : number_at<std::int64_t>(value, 0);
}

LoadWorker::LoadWorker(const LoadSettings& settings, std::size_t connections, std::size_t stalled,
                       std::size_t first_index)
    : settings_(settings),
      latency_key_("\"" + settings.latency_key + "\":"),
      first_index_(first_index),
      clients_(connections),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      buffer_(std::make_unique<char[]>(kBufferBytes)) {
  for (std::size_t i = connections - std::min(stalled, connections); i < connections; ++i) clients_[i].stalls = true;
}

LoadWorker::~LoadWorker() {
  for (const Client& client : clients_) {
    if (client.fd >= 0) ::close(client.fd);
  }
  ::close(epoll_);
}

void LoadWorker::run(const std::atomic<bool>& measuring, const std::atomic<bool>& stop) {
  begin_ = std::chrono::steady_clock::now();
  std::array<epoll_event, kEventsPerTurn> ready{};
  while (!stop.load(std::memory_order_relaxed)) {
    connect_due();
    const int timeout_ms = started_ < clients_.size() ? 1 : 20;
    const int count = ::epoll_wait(epoll_, ready.data(), kEventsPerTurn, timeout_ms);
    measuring_ = measuring.load();  // after the wait: what woke us may be the first that counts
    for (int i = 0; i < count; ++i) {
      on_ready(*static_cast<Client*>(ready[static_cast<std::size_t>(i)].data.ptr),
               ready[static_cast<std::size_t>(i)].events);
    }
    events_.store(counts_.events, std::memory_order_relaxed);
  }
}

void LoadWorker::connect_due() {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
  const auto due = static_cast<std::size_t>(elapsed.count() * settings_.handshakes_per_second) + 1;
  while (started_ < std::min(due, clients_.size())) {
    connect(clients_[started_], first_index_ + started_);
    ++started_;
  }
}

void LoadWorker::connect(Client& client, std::size_t index) {
  const Target& target = settings_.targets[index % settings_.targets.size()];
  client.fd = ::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client.fd < 0) return drop(client, 0);
  const int on = 1;
  ::setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in v4{};
  std::memcpy(&v4, &target.address, sizeof v4);
  if (target.address.ss_family == AF_INET && (ntohl(v4.sin_addr.s_addr) >> 24) == 127) {
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(index / settings_.ports_per_address));
    ::setsockopt(client.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    ::bind(client.fd, reinterpret_cast<const sockaddr*>(&from), sizeof from);
  }
  const int outcome = ::connect(client.fd, reinterpret_cast<const sockaddr*>(&target.address), target.size);
  if (outcome != 0 && errno != EINPROGRESS) return drop(client, 0);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.ptr = &client;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event);
}

void LoadWorker::on_ready(Client& client, std::uint32_t events) {
  if (client.state == State::kConnecting && (events & EPOLLOUT) != 0) return on_connected(client);
  if (client.state != State::kClosed && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) on_readable(client);
}

void LoadWorker::on_connected(Client& client) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return drop(client, 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &client;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, client.fd, &event);
  const auto index = static_cast<std::size_t>(&client - clients_.data()) + first_index_;
  std::string head = "GET " + settings_.path +
                     " HTTP/1.1\r\nHost: " + settings_.targets[index % settings_.targets.size()].host +
                     "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (!settings_.protocols.empty()) head += "Sec-WebSocket-Protocol: " + settings_.protocols + "\r\n";
  head += "\r\n";
  client.state = State::kUpgrading;
  if (::send(client.fd, head.data(), head.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(head.size())) drop(client, 0);
}

void LoadWorker::on_readable(Client& client) {
  const ssize_t got = ::recv(client.fd, buffer_.get(), kBufferBytes, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return drop(client, 1006);
  now_us_ = unix_us();
  on_bytes(client, buffer_.get(), static_cast<std::size_t>(got));
}

// Whole frames straight out of the buffer; the rest of a partial one is kept.
void LoadWorker::on_bytes(Client& client, const char* bytes, std::size_t count) {
  std::string joined;
  std::string_view rest(bytes, count);
  if (!client.partial.empty()) {
    client.partial.append(rest);
    joined.swap(client.partial);
    rest = joined;
  }
  while (!rest.empty() && client.state != State::kClosed && client.state != State::kStalled) {
    const std::size_t used = client.state == State::kUpgrading ? take_head(client, rest) : take_frame(client, rest);
    if (used == 0) break;
    rest.remove_prefix(used);
  }
  if (client.state != State::kClosed && client.state != State::kStalled) client.partial.assign(rest);
  if (client.partial.empty()) client.partial.shrink_to_fit();
}

std::size_t LoadWorker::take_head(Client& client, std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  if (bytes.substr(0, 12) != "HTTP/1.1 101") return drop(client, 0), 0;
  client.state = State::kOpen;
  client.was_open = true;
  open_.fetch_add(1, std::memory_order_relaxed);
  for (const std::string& message : settings_.first_messages) send(client, kText, message);
  if (client.stalls) {
    client.state = State::kStalled;
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, client.fd, nullptr);
  }
  return end + 4;
}

std::size_t LoadWorker::take_frame(Client& client, std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned short_size = byte(1);
  const std::size_t length_bytes = short_size == 126 ? 2 : short_size == 127 ? 8 : 0;
  if (bytes.size() < 2 + length_bytes) return 0;
  std::size_t size = length_bytes == 0 ? short_size : 0;
  for (std::size_t i = 0; i < length_bytes; ++i) size = size << 8 | byte(2 + i);
  const bool whole = (byte(0) & 0xf0) == 0x80;  // FIN and no RSV bits
  if (!whole || short_size > 127 || size > kFrameBytesMax) {
    ++counts_.protocol_errors;
    return drop(client, 1002), 0;
  }
  const std::size_t header = 2 + length_bytes;
  if (bytes.size() - header < size) return 0;
  on_frame(client, byte(0) & 0x0f, bytes.substr(header, size));
  return header + size;
}

void LoadWorker::on_frame(Client& client, unsigned opcode, std::string_view payload) {
  if (opcode == kPing) return send(client, kPong, payload);
  if (opcode == kClose) {
    const auto high = static_cast<unsigned char>(payload.size() > 1 ? payload[0] : 0x03);
    const auto low = static_cast<unsigned char>(payload.size() > 1 ? payload[1] : 0xed);
    return drop(client, static_cast<std::uint16_t>(high << 8 | low));
  }
  if (!measuring_ || opcode == kPong) return;
  ++counts_.frames;
  counts_.bytes += payload.size();
  if (settings_.match.empty() || payload.find(settings_.match) != std::string_view::npos) on_event(client, payload);
}

void LoadWorker::on_event(Client& client, std::string_view text) {
  ++counts_.events;
  ++client.events;
  if (const std::uint64_t seq = seq_of(text); seq > 0) {
    if (client.last_seq > 0 && seq <= client.last_seq) ++counts_.duplicates;
    if (client.last_seq > 0 && seq > client.last_seq + 1) ++counts_.gaps;
    client.last_seq = std::max(client.last_seq, seq);
    client.digest = (client.digest ^ seq) * 0x100000001b3U;
  }
  if (settings_.latency_key.empty()) return;
  if (const std::int64_t sent = time_of(text, latency_key_); sent > 0) {
    counts_.latency.record(static_cast<std::uint64_t>(std::max<std::int64_t>(now_us_ - sent, 0)));
  }
}

// Masked with zeros: allowed, and free. What the socket does not take at once is an error: we send next to nothing.
void LoadWorker::send(Client& client, unsigned opcode, std::string_view payload) {
  std::string frame(1, static_cast<char>(0x80 | opcode));
  if (payload.size() <= 125) {
    frame.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    frame.push_back(static_cast<char>(0x80 | 126));
    frame.push_back(static_cast<char>(payload.size() >> 8));
    frame.push_back(static_cast<char>(payload.size()));
  }
  frame.append(4, '\0').append(payload);
  if (::send(client.fd, frame.data(), frame.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(frame.size()))
    drop(client, 1006);
}

void LoadWorker::drop(Client& client, std::uint16_t close_code) {
  if (client.state == State::kClosed) return;
  const bool was_open = client.state == State::kOpen || client.state == State::kStalled;
  client.state = State::kClosed;
  if (client.fd >= 0) ::close(client.fd);
  client.fd = -1;
  if (was_open) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    ++counts_.closed[close_code];
  } else {
    failed_.fetch_add(1, std::memory_order_relaxed);
  }
}

std::vector<LoadWorker::Stream> LoadWorker::streams() const {
  std::vector<Stream> streams;
  for (const Client& client : clients_) {
    if (client.was_open && !client.stalls) streams.push_back({client.events, client.digest});
  }
  return streams;
}

}  // namespace cell0::bench
