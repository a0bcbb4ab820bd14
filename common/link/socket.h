// ZeroMQ sockets on an asio loop: the only file of cell0 that includes ZeroMQ.
//
// ZMQ_FD is edge-triggered and covers sends too. So after every batch of receives and after every send, also one that
// failed, the socket looks at ZMQ_EVENTS again and, if something is readable, posts itself another turn
// (zmq_getsockopt(3), ZMQ_FD).
// One thread. Nothing blocks: a send that would is refused, and the caller decides.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace cell0::link {

// One per process; owns ZeroMQ's I/O threads. Must outlive its sockets. Destroying it drops what is unsent. What goes
// over two connections may arrive in either order.
class Context {
 public:
  explicit Context(int io_threads = 1);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

enum class SocketType { kXsub, kXpub, kPub, kSub, kRouter, kDealer };

struct SocketOptions {
  std::size_t message_bytes_max = 8u << 20;            // ZMQ_MAXMSGSIZE: a larger one ends the peer's connection
  int queue_messages_max = 10'000;                     // ZMQ_SNDHWM and ZMQ_RCVHWM, messages per peer
  std::chrono::milliseconds heartbeat_interval{2000};  // ZMTP PING; 0: none
  std::chrono::milliseconds heartbeat_timeout{6000};
  std::chrono::milliseconds reconnect_min{100};  // doubles up to reconnect_max
  std::chrono::milliseconds reconnect_max{2000};
  std::chrono::milliseconds linger{0};  // after the socket's end, for what is unsent; the Context waits for it
  int io_thread = 0;                    // of the Context (modulo their number), which serves all its connections
};

using Frames = std::vector<std::string>;
using FrameViews = std::span<const std::string_view>;

// REQUIRES: used and destroyed on the loop's thread.
class Socket {
 public:
  // Frames of one message, valid during the call. Reading stops after the handler destroyed the socket.
  using OnMessage = std::function<void(FrameViews)>;
  using OnTurnEnd = std::function<void()>;

  static constexpr int kMessagesPerTurn = 256;  // then the loop gets its turn, so that one socket starves nothing
  static constexpr std::size_t kFramesMax = 8;  // of a message; more are read and dropped, and counted
  static constexpr std::size_t kCopiedBytesMax = 8192;  // what fits into its buffer ZeroMQ copies anyway

  // SUB subscribes to everything; XSUB sends the subscription to everything to each peer (without it PUB peers filter
  // all out); ROUTER is mandatory (a send to an unknown peer fails); XPUB discards the peers' subscriptions' content.
  static Result<std::unique_ptr<Socket>> create(asio::io_context& io, Context& context, SocketType type,
                                                const SocketOptions& options);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // "tcp://127.0.0.1:5550", "tcp://*:0", "ipc:///run/x", "inproc://x". kConflict: the address is in use;
  // kInvalid: not an endpoint. The error names the endpoint.
  Result<void> bind(const std::string& endpoint);
  Result<void> connect(const std::string& endpoint);
  // What it is bound to, the port filled in where 0 was asked for. REQUIRES: bind() succeeded.
  std::string bound_endpoint() const;

  // Calls on_message for each message from now on; on_turn_end after each run of up to kMessagesPerTurn of them.
  void start(OnMessage on_message, OnTurnEnd on_turn_end = {});

  // Hands a message to ZeroMQ; copies. kFull: the queue to that peer is full (DEALER, ROUTER). kNotFound: no such peer
  // (ROUTER). PUB and XPUB never fail: they drop for peers whose queue is full.
  Result<void> send(FrameViews frames);
  Result<void> send(std::string_view frame) { return send(FrameViews(&frame, 1)); }

  // Two frames, the second one without a copy: ZeroMQ's thread frees its memory. REQUIRES: body lies in `memory`, and
  // is longer than kCopiedBytesMax (a shorter one is better copied).
  Result<void> send(std::string_view head, std::string_view body, std::unique_ptr<char[]> memory);

  std::uint64_t oversize_messages() const;  // with more than kFramesMax frames

 private:
  class Impl;
  explicit Socket(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with the loop's pending waits only
};

}  // namespace cell0::link
