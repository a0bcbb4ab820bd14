#include "gateway/transport/listener.h"

#include <netinet/in.h>

#include <asio/ip/v6_only.hpp>
#include <cerrno>

namespace cell0::gateway {
namespace {

constexpr int kBacklog = 4096;        // the kernel cuts it to net.core.somaxconn
constexpr int kAcceptsPerTurn = 64;   // then others get their turn
constexpr int kAcceptsAtStop = 4096;  // no more can wait

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

ErrorCode code_of(const asio::error_code& error) {
  switch (error.value()) {
    case EADDRINUSE:
      return ErrorCode::kConflict;
    case EACCES:
    case EPERM:
      return ErrorCode::kForbidden;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case ENETUNREACH:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kInternal;
  }
}

bool is_exhaustion(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

}  // namespace

Result<std::unique_ptr<Listener>> Listener::create(asio::io_context& io, const std::string& host, std::uint16_t port,
                                                   const ListenerInfo& info, AcceptSink& sink) {
  std::unique_ptr<Listener> listener(new Listener(io, info, sink));
  if (auto bound = listener->bind(host, port); !bound) return bound.error();
  return listener;
}

Listener::Listener(asio::io_context& io, const ListenerInfo& info, AcceptSink& sink)
    : acceptor_(io.get_executor()), info_(info), sink_(sink) {}

Listener::~Listener() {
  *alive_ = false;
  asio::error_code ignored;
  acceptor_.close(ignored);
}

Result<void> Listener::bind(const std::string& host, std::uint16_t port) {
  asio::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return Error{ErrorCode::kInvalid, host + " is not an address; write one such as 127.0.0.1 or ::1"};
  const asio::ip::tcp::endpoint endpoint(address, port);
  const auto failed = [&]() -> bool { return static_cast<bool>(error); };
  acceptor_.open(endpoint.protocol(), error);
  if (!failed()) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!failed()) acceptor_.set_option(ReusePort(true), error);
  if (!failed() && address.is_v6()) acceptor_.set_option(asio::ip::v6_only(true), error);
  if (!failed()) acceptor_.bind(endpoint, error);
  if (!failed()) acceptor_.listen(kBacklog, error);
  if (!failed()) acceptor_.native_non_blocking(true, error);
  if (!failed()) port_ = acceptor_.local_endpoint(error).port();
  if (failed()) return Error{code_of(error), error.message()};
  return {};
}

void Listener::start() { arm(); }

void Listener::resume() {
  if (!paused_ || !acceptor_.is_open()) return;
  paused_ = false;
  arm();
}

void Listener::stop() {
  if (!acceptor_.is_open()) return;
  if (!paused_) accept_some(kAcceptsAtStop);
  asio::error_code ignored;
  acceptor_.close(ignored);
}

void Listener::arm() {
  acceptor_.async_wait(asio::socket_base::wait_read, [this, alive = alive_](const asio::error_code& error) {
    if (!*alive || error || !acceptor_.is_open()) return;
    accept_some(kAcceptsPerTurn);
    if (!paused_) arm();
  });
}

void Listener::accept_some(int count_max) {
  for (int i = 0; i < count_max && !paused_; ++i) {
    if (!sink_.may_accept()) return pause();
    if (!accept_one()) return;
  }
}

bool Listener::accept_one() {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const int fd =
      ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    sink_.on_accepted(fd, peer, info_);
    return true;
  }
  // Without a pause the listening socket stays readable and the loop would spin.
  if (is_exhaustion(errno)) pause();
  return errno == ECONNABORTED || errno == EINTR;
}

void Listener::pause() {
  paused_ = true;
  sink_.on_accept_paused();
}

}  // namespace cell0::gateway
