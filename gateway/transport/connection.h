// One client's socket, whatever it speaks: HTTP/1.1 requests first, then perhaps a stream (SSE) or a WebSocket.
//
// Knows no dialect and no session: it frames, bounds and times. Everything on one thread, the loop's. An idle WebSocket
// connection costs a few hundred bytes: buffers, parser and protocol engine exist only while they hold something.
#pragma once

#include <sys/socket.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http/request_parser.h"
#include "common/result.h"
#include "gateway/transport/blob.h"
#include "gateway/transport/frame.h"
#include "gateway/transport/http_message.h"
#include "gateway/transport/listener.h"
#include "gateway/transport/outlet.h"
#include "gateway/transport/ws_engine.h"

namespace cell0::gateway {

class Server;

// What the user of a connection hangs on it: derive, set_user(), static_cast back. Never owned by the transport.
class ConnectionUser {
 public:
  virtual ~ConnectionUser() = default;
};

enum class Mode : std::uint8_t {
  kHttp,       // reading requests, or waiting for the response to one
  kStream,     // server-sent events: output only
  kWebSocket,  // open
  kClosing,    // we or the peer have said goodbye; no more callbacks but on_close
  kClosed,     // the socket is gone; every call is a no-op
};

// How a connection ended.
struct CloseInfo {
  std::uint16_t code = ws_close::kAbnormal;  // the peer's or ours, whichever came first; 1005 if it had none
  std::string reason;                        // for people: the peer's text, or what we found
  bool clean = false;                        // both sides said goodbye
};

// What a dialect decides of its WebSockets.
struct WebSocketOptions {
  std::uint32_t message_bytes_max = 0;  // of a message, all its fragments; more is 1009. 0: TransportLimits'
  bool deflate = false;                 // agree to permessage-deflate, if the client offers a form that we speak
};

// A compact address: what an idle connection keeps of its peer.
struct PeerAddress {
  unsigned char bytes[16] = {};
  std::uint16_t port = 0;
  bool v6 = false;
};

class Connection final : public Outlet {
 public:
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::uint64_t id() const { return id_; }  // unique in this process, from 1
  const ListenerInfo& listener() const { return *listener_; }
  std::string peer() const;          // "127.0.0.1:40000", "[::1]:40000": made on each call
  std::string peer_address() const;  // without the port
  bool peer_is_loopback() const;
  Mode mode() const { return mode_; }
  ConnectionUser* user() const { return user_; }
  void set_user(ConnectionUser* user) { user_ = user; }  // not owned; nullptr detaches

  // --- HTTP. Exactly one of the three for each on_request, at once or later (requests behind it wait meanwhile). With
  // no request waiting for a response (it ended meanwhile) they do nothing.
  void respond(HttpResponse response);

  // More headers for the answer to the request that waits, whoever gives it; not for a 101.
  void answer_with(std::vector<std::pair<std::string, std::string>> headers);

  // Whether the request that waits was a HEAD: its answer has no body, so no stream either.
  bool is_head() const { return response_.head_request; }

  // Answers 200 and turns into a stream: no content length, the end of the connection ends it. `first_bytes` leave in
  // the same write as the head. `headers` beyond content-type and cache-control: no-store.
  void start_stream(std::string_view content_type, std::string_view first_bytes,
                    const std::vector<std::pair<std::string, std::string>>& headers = {});

  // Answers 101 and turns into a WebSocket; `first_frames` (framed) leave in the same write. `subprotocol` is sent only
  // if the client offered it; "" for none. On an error the client already has its answer, 400 or 426.
  Result<void> accept_websocket(const HttpRequest& request, std::string_view subprotocol, std::string_view first_frames,
                                const WebSocketOptions& options = {});

  // --- Output of a stream or WebSocket. All of it is a no-op in any other mode.

  // If the client agreed to permessage-deflate, large messages among the framed bytes are compressed here; those of a
  // blob once for all connections that share it.

  // Queues framed bytes behind what waits already, and writes at once if nothing does. Inside a callback of this
  // connection the replies of the whole callback leave in one write. Over reply_queue_bytes_max: closed with 1013.
  void send_reply(std::string_view framed);

  // Outlet.
  bool idle() const override { return output_ == nullptr && !write_armed_; }
  std::size_t write_blob(const BlobPtr& blob) override;

  // WebSocket: sends a close frame and waits for the peer's, up to close_timeout. Stream: sends what waits and shuts
  // down. A client that is not taking anything is not waited for. Handler::on_close follows, never from within this
  // call.
  void close(std::uint16_t code, std::string_view reason);

  // Drops the socket now. Handler::on_close (1006, or the code of a close() before) follows from the loop.
  void abort();

  // Silence (nothing received, no waiting output taken) of `ping_after` → a ping; of `close_after` → closed with 1011.
  // WebSocket only. 0 s: never. REQUIRES: both below 65536 s.
  void set_keepalive(std::chrono::seconds ping_after, std::chrono::seconds close_after);

  // Bytes that we hold for it: the rest of a blob (shared or not), replies, input not yet read.
  std::size_t pending_bytes() const;

 private:
  friend class Server;
  friend class ConnectionRef;
  struct Input;   // a request that is incomplete, and bytes behind what must be answered or taken first
  struct Output;  // what the socket has not taken yet

  Connection(Server& server, const ListenerInfo& listener, const PeerAddress& peer, std::uint64_t id);
  ~Connection() override;

  // Input (connection_input.cpp).
  void arm_read();
  void on_readable();
  void on_end_of_input();
  void process(char* bytes, std::size_t count);
  void finish_callback();
  void resume_input();
  void resume_input_later();
  bool input_blocked() const;
  bool wants_input() const;
  std::size_t feed_http(const char* bytes, std::size_t count);
  void dispatch_request();
  void refuse_request(int status, std::string_view text);
  std::size_t feed_websocket(char* bytes, std::size_t count);
  void on_ws_event(const WsEvent& event);
  void on_peer_close(const WsEvent& event);
  Input& input();

  // Output (connection_output.cpp).
  Output& output();
  std::string_view as_agreed(std::string_view framed, std::string& packed);
  void queue(std::string_view bytes);
  void queue_frame(WsOpcode op, std::string_view payload);
  void write_out();
  void flush(bool tell_handler);
  void on_flushed(bool tell_handler);
  void arm_write();
  void on_socket_writable();
  void take_answer_headers(HttpResponse& response);
  void finish_response();
  bool took_output();

  // The end, and time (connection.cpp).
  void set_mode(Mode mode);
  void start_closing();
  void maybe_shut_down();
  void fail_websocket(std::uint16_t code, std::string_view reason);
  void say_goodbye_now(std::uint16_t code, std::string_view reason);
  void end(CloseInfo info);
  void report(CloseInfo info);
  void on_deadline();
  void on_http_deadline();
  void on_stream_deadline();
  void on_websocket_deadline();
  std::uint32_t next_due() const;
  void reschedule();
  int fd() { return socket_.native_handle(); }

  Server& server_;
  asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type> socket_;
  const ListenerInfo* listener_;
  ConnectionUser* user_ = nullptr;
  std::unique_ptr<Input> input_;      // only while it holds something
  std::unique_ptr<WsEngine> engine_;  // only while a message is incomplete
  std::unique_ptr<Output> output_;    // only while something waits
  std::unique_ptr<std::vector<std::pair<std::string, std::string>>> answer_headers_;  // only while a request waits
  std::unique_ptr<CloseInfo> goodbye_;  // kClosing: what on_close will say, unless it has been reported
  std::uint64_t id_;
  PeerAddress peer_;
  std::uint32_t references_ = 0;
  std::uint32_t slot_ = 0;  // in the server's dense arrays

  // Seconds of the server's clock, which begins at 1.
  std::uint32_t alive_s_;           // the peer last sent something, or took waiting output
  std::uint32_t wrote_s_;           // we last wrote something
  std::uint32_t phase_due_s_;       // kHttp: the end of head, body or idling; kClosing: of the goodbye
  std::uint32_t blocked_s_ = 0;     // since when the peer has taken nothing of what waits; 0: nothing waits
  std::uint32_t kernel_queue_ = 0;  // bytes that the kernel held for it at blocked_s_
  std::uint32_t message_bytes_max_;
  std::uint16_t ping_after_s_ = 0;
  std::uint16_t close_after_s_ = 0;

  Mode mode_ = Mode::kHttp;
  bool write_armed_ = false;  // the socket is full
  bool read_armed_ = false;
  bool in_callback_ = false;  // input is being processed: output is gathered, then flushed once
  bool gathered_ = false;     // some was
  bool response_pending_ = false;
  HttpResponseContext response_;  // of the request that waits for its response
  bool peer_sent_eof_ = false;
  bool resume_posted_ = false;
  bool ping_sent_ = false;
  bool deflate_ = false;        // messages may be compressed, both ways
  bool is_websocket_ = false;   // is or was
  bool input_over_ = false;     // a close frame or a protocol error: nothing behind it counts
  bool shut_down_ = false;      // our side of the socket is closed
  bool callback_owed_ = false;  // on_close: it is a stream or WebSocket, or a response is pending
};

// Keeps a Connection's memory (not its socket) alive.
class ConnectionRef {
 public:
  ConnectionRef() = default;
  explicit ConnectionRef(Connection& connection) : connection_(&connection) { ++connection.references_; }
  ConnectionRef(const ConnectionRef& other) : connection_(other.connection_) {
    if (connection_ != nullptr) ++connection_->references_;
  }
  ConnectionRef(ConnectionRef&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  ConnectionRef& operator=(ConnectionRef other) noexcept {
    std::swap(connection_, other.connection_);
    return *this;
  }
  ~ConnectionRef() {
    if (connection_ != nullptr && --connection_->references_ == 0) delete connection_;
  }

  Connection* get() const { return connection_; }
  Connection& operator*() const { return *connection_; }
  Connection* operator->() const { return connection_; }
  explicit operator bool() const { return connection_ != nullptr; }

 private:
  Connection* connection_ = nullptr;
};

}  // namespace cell0::gateway
