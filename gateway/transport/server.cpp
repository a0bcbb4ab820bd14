#include "gateway/transport/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "gateway/transport/connection_parts.h"

namespace cell0::gateway {
namespace {

constexpr std::size_t kReservedDescriptors = 128;  // for files, the broker link, the admin listener
constexpr int kAnyPortAttempts = 20;               // port 0 on two hosts: the second may find it taken

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur;
}

std::size_t connections_allowed(std::size_t wanted, std::size_t descriptors) {
  const std::size_t reserve = std::min(kReservedDescriptors, descriptors / 2);
  return std::min(wanted, descriptors - reserve);
}

PeerAddress peer_of(const sockaddr_storage& address) {
  PeerAddress peer;
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    std::memcpy(peer.bytes, &v6.sin6_addr, sizeof peer.bytes);
    peer.port = ntohs(v6.sin6_port);
    peer.v6 = true;
  } else {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    std::memcpy(peer.bytes, &v4.sin_addr, sizeof v4.sin_addr);
    peer.port = ntohs(v4.sin_port);
  }
  return peer;
}

std::string endpoint_text(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Error bind_error(const ListenerConfig& config, const std::string& host, std::uint16_t port, const Error& error) {
  std::string text =
      "gateway.listen." + config.name + ": cannot listen on " + endpoint_text(host, port) + ": " + error.text;
  if (error.code == ErrorCode::kConflict) text += "; another program has this port, stop it or set another one";
  return {error.code, std::move(text)};
}

}  // namespace

Result<std::unique_ptr<Server>> Server::create(asio::io_context& io, const TransportLimits& limits, Handler& handler,
                                               Clock& clock) {
  if (limits.connections_max == 0) {
    return Error{ErrorCode::kInvalid, "gateway.limits.connections_max: 0 is not a number of connections (1 or more)"};
  }
  std::unique_ptr<Server> server(new Server(io, limits, handler, clock));
  server->schedule_sweep();
  return server;
}

Server::Server(asio::io_context& io, const TransportLimits& limits, Handler& handler, Clock& clock)
    : io_(io),
      limits_(limits),
      request_limits_{limits.head_bytes_max, RequestLimits{}.headers_max, limits.body_bytes_max},
      handler_(handler),
      clock_(clock),
      started_(clock.mono()),
      connections_max_(connections_allowed(limits.connections_max, raise_descriptor_limit())),
      sweep_timer_(io),
      buffer_(std::make_unique<char[]>(kReadBufferBytes)) {}

Server::~Server() {
  *alive_ = false;
  listeners_.clear();
  for (const ConnectionRef& connection : connections_) {
    // Its pending waits hold the memory a little longer; they find kClosed and do not look at the server.
    connection->mode_ = Mode::kClosed;
    asio::error_code ignored;
    connection->socket_.close(ignored);
  }
}

Result<ListenReport> Server::listen(const ListenerConfig& config) {
  auto info = std::make_unique<ListenerInfo>(ListenerInfo{config.name, config.port});
  ListenReport report;
  std::vector<std::unique_ptr<Listener>> bound;
  Result<void> outcome = bind_all(config, *info, report, bound);
  for (int i = 0; i < kAnyPortAttempts && !outcome && config.port == 0; ++i) {
    if (outcome.error().code != ErrorCode::kConflict) break;
    outcome = bind_all(config, *info, report, bound);
  }
  if (!outcome) return outcome.error();
  infos_.push_back(std::move(info));
  for (auto& listener : bound) {
    listener->start();
    listeners_.push_back(std::move(listener));
  }
  return report;
}

Result<void> Server::bind_all(const ListenerConfig& config, ListenerInfo& info, ListenReport& report,
                              std::vector<std::unique_ptr<Listener>>& bound) {
  report = {};
  bound.clear();
  std::uint16_t port = config.port;
  std::optional<Error> unavailable;
  for (const std::string& host : config.hosts) {
    auto listener = Listener::create(io_, host, port, info, *this);
    if (!listener) {
      Error error = bind_error(config, host, port, listener.error());
      if (error.code != ErrorCode::kUnavailable) return error;
      report.warnings.push_back(error.text);
      unavailable = std::move(error);
      continue;
    }
    port = (*listener)->port();
    report.bound.push_back(endpoint_text(host, port));
    bound.push_back(std::move(*listener));
  }
  info.port = port;
  if (!bound.empty()) return {};
  if (unavailable) return *unavailable;
  return Error{ErrorCode::kInvalid,
               "gateway.listen." + config.name + ": no host to listen on; name one in gateway.listen.hosts"};
}

std::uint16_t Server::bound_port(std::string_view name) const {
  const auto found = std::find_if(infos_.begin(), infos_.end(), [&](const auto& info) { return info->name == name; });
  return found == infos_.end() ? 0 : (*found)->port;
}

void Server::stop_listening() {
  for (const auto& listener : listeners_) listener->stop();
  listeners_.clear();
}

TransportStats Server::stats() const {
  TransportStats stats = stats_;
  stats.connections = connections_.size();
  stats.input_bytes = engines_.held_bytes();
  return stats;
}

bool Server::may_accept() const { return connections_.size() < connections_max_; }

void Server::on_accepted(int fd, const sockaddr_storage& peer, const ListenerInfo& from) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (limits_.send_buffer_bytes > 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &limits_.send_buffer_bytes, sizeof limits_.send_buffer_bytes);
  }
  const ConnectionRef connection(*new Connection(*this, from, peer_of(peer), next_id_));
  asio::error_code error;
  connection->socket_.assign(peer.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), fd, error);
  if (error) {  // the kernel has no room to watch it
    ::close(fd);
    return;
  }
  ++next_id_;
  ++stats_.accepted;
  connections_.push_back(connection);
  connection->slot_ = deadlines_.add(connection->next_due());
  connection->arm_read();
}

void Server::on_accept_paused() {
  listener_paused_ = true;
  ++stats_.accept_pauses;
}

void Server::resume_listeners() {
  if (!listener_paused_ || !may_accept()) return;
  listener_paused_ = false;
  for (const auto& listener : listeners_) listener->resume();
}

void Server::remove(Connection& connection) {
  const std::uint32_t slot = connection.slot_;
  ended_.push_back({std::move(connections_[slot]), nullptr});
  if (slot + 1 != connections_.size()) {
    connections_[slot] = std::move(connections_.back());
    connections_[slot]->slot_ = slot;
  }
  connections_.pop_back();
  deadlines_.remove(slot);
  report_later(connection, nullptr);
}

void Server::report_later(Connection& connection, std::unique_ptr<CloseInfo> info) {
  if (info) ended_.push_back({ConnectionRef(connection), std::move(info)});
  if (std::exchange(ended_posted_, true)) return;
  asio::post(io_, [this, alive = alive_] {
    if (*alive) report_ended();
  });
}

void Server::report_ended() {
  ended_posted_ = false;
  const std::vector<Ended> ended = std::exchange(ended_, {});
  for (const Ended& one : ended) {
    if (one.info) handler_.on_close(*one.connection, *one.info);
  }
}

void Server::schedule_sweep() {
  sweep_timer_.expires_after(std::chrono::seconds(1));
  sweep_timer_.async_wait([this, alive = alive_](const asio::error_code& error) {
    if (!*alive || error) return;
    sweep();
    schedule_sweep();
  });
}

void Server::sweep() {
  now_s_ = seconds_now();
  deadlines_.sweep(now_s_, [this](Deadlines::Slot slot) { connections_[slot]->on_deadline(); });
  resume_listeners();
}

std::uint32_t Server::seconds_now() const {
  const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(clock_.mono() - started_);
  return static_cast<std::uint32_t>(1 + elapsed.count());
}

std::string_view Server::date() {
  if (date_.empty() || date_s_ != now_s_) {
    date_ = http_date(to_unix_us(clock_.wall()) / 1'000'000);
    date_s_ = now_s_;
  }
  return date_;
}

}  // namespace cell0::gateway
