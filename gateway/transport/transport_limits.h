// Every limit of the transport, with its unit and its reason. Given once, at Server::create().
#pragma once

#include <chrono>
#include <cstddef>

namespace cell0::gateway {

struct TransportLimits {
  // Open connections of all listeners. At the limit nothing is accepted: clients wait in the kernel's backlog. What
  // RLIMIT_NOFILE allows, less a reserve for the process itself, is a second limit.
  std::size_t connections_max = 20'000;

  std::size_t head_bytes_max = 16 * 1024;       // request line and headers; more is 431
  std::size_t body_bytes_max = 1024 * 1024;     // of a request, decoded; more is 413
  std::size_t message_bytes_max = 1024 * 1024;  // of a WebSocket message, all its fragments; more is 1009. A
                                                // dialect may say otherwise (WebSocketOptions).

  // Of WebSocket messages that are incomplete, of all connections together, inflaters included. Over it who sends more
  // of an incomplete message is closed with 1013; messages that arrive in one piece pass.
  std::size_t input_bytes_max = 256 * 1024 * 1024;

  // Replies that wait for one connection's socket. At half of it we stop reading from that client; over it the
  // connection is closed with 1013. HTTP responses do not count: there is only ever one.
  std::size_t reply_queue_bytes_max = 256 * 1024;

  // SO_SNDBUF (the kernel doubles it); 0 leaves the kernel's default, which grows to 4 MB for a client that does not
  // read.
  int send_buffer_bytes = 64 * 1024;

  std::chrono::seconds head_timeout{10};     // from the connection, or a request's first byte, to the end of its head
  std::chrono::seconds body_timeout{30};     // from there to the end of its body
  std::chrono::seconds idle_timeout{60};     // between two requests of a connection
  std::chrono::seconds message_timeout{60};  // from the first to the last byte of a WebSocket message
  std::chrono::seconds close_timeout{5};     // for the peer's part of a close
  std::chrono::seconds stall_timeout{60};    // a client that has output waiting and takes none of it
  std::chrono::seconds ping_after{30};       // defaults of Connection::set_keepalive
  std::chrono::seconds close_after{60};
  std::chrono::seconds stream_comment_after{15};  // an SSE stream on which nothing was written gets a comment
};

}  // namespace cell0::gateway
