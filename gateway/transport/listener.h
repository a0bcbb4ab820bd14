// A listening socket: binds one address, accepts in bursts, and can pause.
//
// Knows nothing of HTTP; hands each accepted, non-blocking socket to its sink.
#pragma once

#include <sys/socket.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"

namespace cell0::gateway {

// What is asked for. `name` is the listener's key under gateway.listen.
struct ListenerConfig {
  std::string name;                // "http", "cell0d", "api"
  std::vector<std::string> hosts;  // numeric addresses: {"127.0.0.1", "::1"}
  std::uint16_t port = 0;          // 0: any free one, the same on every host
};

// What a connection knows of where it came in. Lives as long as the Server.
struct ListenerInfo {
  std::string name;
  std::uint16_t port = 0;  // as bound
};

// Who takes the accepted sockets.
class AcceptSink {
 public:
  virtual ~AcceptSink() = default;
  // Whether another connection may come in now. Asked before each accept; if not, the listener pauses.
  virtual bool may_accept() const = 0;
  // Takes ownership of `fd`, which is non-blocking and close-on-exec.
  virtual void on_accepted(int fd, const sockaddr_storage& peer, const ListenerInfo& from) = 0;
  // The listener has paused: may_accept() said no, or accept() lacked a resource (EMFILE, ENFILE, ENOBUFS, ENOMEM).
  virtual void on_accept_paused() = 0;
};

class Listener {
 public:
  // Binds and listens with SO_REUSEPORT (several gateways share a port) and, for IPv6, IPV6_V6ONLY. `port` 0 takes any.
  // `info` and `sink` outlive the Listener. kInvalid: not an address; kConflict: the port is taken; kForbidden: it is
  // privileged; kUnavailable: this machine has no such address (no IPv6).
  static Result<std::unique_ptr<Listener>> create(asio::io_context& io, const std::string& host, std::uint16_t port,
                                                  const ListenerInfo& info, AcceptSink& sink);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const { return port_; }

  void start();   // begins to accept
  void resume();  // after a pause; does nothing otherwise

  // Accepts what the kernel has already taken for us (closing would reset it), then closes.
  void stop();

 private:
  Listener(asio::io_context& io, const ListenerInfo& info, AcceptSink& sink);
  Result<void> bind(const std::string& host, std::uint16_t port);
  void arm();
  void accept_some(int count_max);
  bool accept_one();  // false: nothing more to accept for now
  void pause();

  asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type> acceptor_;
  const ListenerInfo& info_;
  AcceptSink& sink_;
  std::uint16_t port_ = 0;
  bool paused_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // pending handlers look at it first
};

}  // namespace cell0::gateway
