// The transport: listeners, connections and their deadlines, and the callbacks into the gateway's core.
//
// HTTP/1.1, server-sent events and WebSocket on the same ports. Knows no route, no dialect, no session. One thread:
// every function here, and every callback, runs on the io_context's.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "gateway/transport/connection.h"
#include "gateway/transport/deadlines.h"
#include "gateway/transport/deflate.h"
#include "gateway/transport/http_message.h"
#include "gateway/transport/listener.h"
#include "gateway/transport/transport_limits.h"
#include "gateway/transport/ws_engine.h"

namespace cell0::gateway {

// What happens on connections. A callback may call anything on its own connection and on others; views are valid during
// the call only. Nothing is called for a connection after its on_close.
class Handler {
 public:
  virtual ~Handler() = default;

  // A complete request. Answer with exactly one of respond, start_stream, accept_websocket: now, or later (then copy
  // what you need of `request`, and expect on_close instead if the client leaves).
  virtual void on_request(Connection& connection, const HttpRequest& request) = 0;

  virtual void on_text(Connection& connection, std::string_view text) = 0;  // valid UTF-8
  virtual void on_binary(Connection& connection, std::string_view bytes) = 0;
  virtual void on_pong(Connection& connection) = 0;

  // A stream or WebSocket that was not idle() is idle() again. Not called after a write_blob() that was taken whole.
  virtual void on_writable(Connection& connection) = 0;

  // Once for every connection that was a stream or WebSocket, and for one whose response was still owed. Always from
  // the loop, never from within a call of yours. The connection is kClosing or kClosed.
  virtual void on_close(Connection& connection, const CloseInfo& info) = 0;
};

// Counters since the start, and a few gauges.
struct TransportStats {
  std::uint64_t accepted = 0;
  std::uint64_t accept_pauses = 0;  // times a listener stopped accepting at a limit
  std::uint64_t requests = 0;
  std::uint64_t requests_refused = 0;  // malformed or too large, answered 4xx or 5xx by the transport itself
  std::uint64_t websockets_opened = 0;
  std::uint64_t streams_opened = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t messages_in = 0;         // text and binary
  std::uint64_t bytes_inflated = 0;      // that came out of compressed messages
  std::uint64_t errors_protocol = 0;     // closed with 1002
  std::uint64_t errors_data = 0;         // 1007
  std::uint64_t errors_too_big = 0;      // 1009
  std::uint64_t closed_input = 0;        // 1013: incomplete messages over input_bytes_max
  std::uint64_t closed_reply_queue = 0;  // 1013: replies over reply_queue_bytes_max
  std::uint64_t closed_stalled = 0;      // 1013: took nothing for stall_timeout
  std::uint64_t closed_silent = 0;       // 1011: nothing heard for close_after
  std::uint64_t timeouts = 0;            // head, body, message, idle, close
  std::uint64_t writes_blocked = 0;      // times a socket was full
  std::size_t input_bytes = 0;           // of incomplete messages, held now
  std::size_t connections = 0;           // open now
  std::size_t websockets = 0;            // open now
  std::size_t websockets_deflating = 0;  // of them, those that agreed to permessage-deflate
  std::size_t streams = 0;               // open now
};

// What listen() bound, "127.0.0.1:8080", and what it could not and does not need.
struct ListenReport {
  std::vector<std::string> bound;
  std::vector<std::string> warnings;
};

class Server final : private AcceptSink {
 public:
  // Raises RLIMIT_NOFILE to its hard limit. REQUIRES: io, handler and clock outlive the Server.
  static Result<std::unique_ptr<Server>> create(asio::io_context& io, const TransportLimits& limits, Handler& handler,
                                                Clock& clock);
  ~Server() override;  // drops every connection without callbacks

  // Binds every host and begins to accept. A host whose address this machine does not have (::1 without IPv6) is a
  // warning if another one was bound. An error names host, port and the config key, and leaves nothing bound.
  Result<ListenReport> listen(const ListenerConfig& config);
  std::uint16_t bound_port(std::string_view name) const;  // 0 if there is no such listener
  void stop_listening();                                  // all of them; connections stay

  std::size_t connection_count() const { return connections_.size(); }
  TransportStats stats() const;

  // Calls fn(Connection&) for every open connection. fn may close or abort any.
  template <typename Fn>
  void for_each(Fn&& fn) {
    for (std::size_t i = connections_.size(); i-- > 0;) {
      if (i < connections_.size()) fn(*connections_[i]);
    }
  }

  // Looks at every deadline. Runs by itself each second; public for tests with a ManualClock.
  void sweep();

 private:
  friend class Connection;
  struct Ended {
    ConnectionRef connection;
    std::unique_ptr<CloseInfo> info;  // nullptr: only the reference is held, for whoever is still on the stack
  };

  Server(asio::io_context& io, const TransportLimits& limits, Handler& handler, Clock& clock);
  bool may_accept() const override;
  void on_accepted(int fd, const sockaddr_storage& peer, const ListenerInfo& from) override;
  void on_accept_paused() override;
  Result<void> bind_all(const ListenerConfig& config, ListenerInfo& info, ListenReport& report,
                        std::vector<std::unique_ptr<Listener>>& bound);
  void resume_listeners();
  void remove(Connection& connection);
  void report_later(Connection& connection, std::unique_ptr<CloseInfo> info);
  void report_ended();
  void schedule_sweep();
  std::uint32_t seconds_now() const;
  std::string_view date();

  asio::io_context& io_;
  const TransportLimits limits_;
  const RequestLimits request_limits_;
  Handler& handler_;
  Clock& clock_;
  const MonoTime started_;
  std::uint32_t now_s_ = 1;      // as of the last sweep: whole seconds are all that deadlines need
  std::size_t connections_max_;  // limits_.connections_max, or less by RLIMIT_NOFILE
  asio::steady_timer sweep_timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // pending handlers look at it first
  std::vector<std::unique_ptr<ListenerInfo>> infos_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  bool listener_paused_ = false;
  std::vector<ConnectionRef> connections_;  // in the order of deadlines_
  Deadlines deadlines_;
  std::vector<Ended> ended_;
  bool ended_posted_ = false;
  WsEnginePool engines_;
  Deflater deflater_;
  std::unique_ptr<char[]> buffer_;  // every connection reads into it
  TransportStats stats_;
  std::uint64_t next_id_ = 1;
  std::string date_;
  std::uint32_t date_s_ = 0;
};

}  // namespace cell0::gateway
