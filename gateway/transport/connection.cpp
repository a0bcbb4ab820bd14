// A connection's life: what it is, how it ends, and what time does to it.
#include "gateway/transport/connection.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "common/check.h"
#include "gateway/transport/connection_parts.h"
#include "gateway/transport/server.h"

namespace cell0::gateway {
namespace {

constexpr std::uint32_t kNoPatienceAfter_s = 2;  // close(): a peer that has taken nothing for so long is not waited for
constexpr std::uint32_t kStallSamples =
    12;  // looks per stall_timeout: what a blocked peer takes is only seen by looking
constexpr std::size_t kGoodbyeBytesMax = 256 * 1024;  // that a last effort may push into the kernel
constexpr unsigned kOrphanTimeout_ms = 10'000;        // how long the kernel keeps trying after we have closed
constexpr std::string_view kStreamComment = ":\n\n";

std::uint32_t seconds(std::chrono::seconds duration) { return static_cast<std::uint32_t>(duration.count()); }

}  // namespace

Connection::Connection(Server& server, const ListenerInfo& listener, const PeerAddress& peer, std::uint64_t id)
    : server_(server),
      socket_(server.io_.get_executor()),
      listener_(&listener),
      id_(id),
      peer_(peer),
      alive_s_(server.now_s_),
      wrote_s_(server.now_s_),
      phase_due_s_(server.now_s_ + seconds(server.limits_.head_timeout)),
      message_bytes_max_(static_cast<std::uint32_t>(server.limits_.message_bytes_max)) {}

Connection::~Connection() = default;

std::string Connection::peer_address() const {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(peer_.v6 ? AF_INET6 : AF_INET, peer_.bytes, text, sizeof text);
  return text;
}

std::string Connection::peer() const {
  const std::string address = peer_address();
  return (peer_.v6 ? "[" + address + "]" : address) + ":" + std::to_string(peer_.port);
}

bool Connection::peer_is_loopback() const {
  if (!peer_.v6) return peer_.bytes[0] == 127;
  const unsigned char loopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return std::memcmp(peer_.bytes, loopback, sizeof loopback) == 0;
}

void Connection::set_keepalive(std::chrono::seconds ping_after, std::chrono::seconds close_after) {
  CELL0_CHECK(ping_after.count() <= 0xffff && close_after.count() <= 0xffff);
  ping_after_s_ = static_cast<std::uint16_t>(ping_after.count());
  close_after_s_ = static_cast<std::uint16_t>(close_after.count());
  reschedule();
}

std::size_t Connection::pending_bytes() const {
  return (output_ ? output_->pending() : 0) + (input_ ? input_->stash.size() : 0);
}

void Connection::set_mode(Mode mode) {
  TransportStats& stats = server_.stats_;
  if (mode_ == Mode::kWebSocket) {
    --stats.websockets;
    stats.websockets_deflating -= deflate_ ? 1 : 0;
  }
  if (mode_ == Mode::kStream) --stats.streams;
  mode_ = mode;
  if (mode_ == Mode::kWebSocket) {
    ++stats.websockets;
    stats.websockets_deflating += deflate_ ? 1 : 0;
  }
  if (mode_ == Mode::kStream) ++stats.streams;
}

// --- The end.

void Connection::close(std::uint16_t code, std::string_view reason) {
  if (mode_ == Mode::kClosing || mode_ == Mode::kClosed) return;
  const bool hopeless = blocked_s_ != 0 && server_.now_s_ - blocked_s_ >= kNoPatienceAfter_s;
  if (hopeless && !took_output()) return say_goodbye_now(code, reason);
  goodbye_ = std::make_unique<CloseInfo>(CloseInfo{code, std::string(reason), mode_ != Mode::kWebSocket});
  if (mode_ == Mode::kWebSocket) {
    std::string frame;
    append_ws_close(frame, code, reason);
    queue(frame);
  }
  start_closing();
  if (!in_callback_) flush(false);
}

void Connection::abort() { end({ws_close::kAbnormal, "dropped", false}); }

void Connection::start_closing() {
  if (!is_websocket_) input_.reset();  // what was asked behind it is not answered
  set_mode(Mode::kClosing);
  phase_due_s_ = server_.now_s_ + seconds(server_.limits_.close_timeout);
  reschedule();
}

// Our half of the socket ends when all is sent and, on a WebSocket, both close frames are on their way. The other half
// is left to the peer: closing with its bytes unread would reset the connection and could destroy what we sent last.
void Connection::maybe_shut_down() {
  const bool said_all = output_ == nullptr && (!is_websocket_ || input_over_);
  if (mode_ != Mode::kClosing || !said_all || shut_down_) return;
  if (peer_sent_eof_) return end({});
  ::shutdown(fd(), SHUT_WR);
  shut_down_ = true;
}

void Connection::fail_websocket(std::uint16_t code, std::string_view reason) {
  TransportStats& stats = server_.stats_;
  if (code == ws_close::kProtocolError) ++stats.errors_protocol;
  if (code == ws_close::kBadData) ++stats.errors_data;
  if (code == ws_close::kTooBig) ++stats.errors_too_big;
  input_over_ = true;
  close(code, reason);
  if (goodbye_) report(std::move(*goodbye_));
  if (mode_ == Mode::kClosing) maybe_shut_down();
}

// For a peer that takes nothing: its socket is full, so the kernel is given room for the rest and a close frame, and is
// left alone with it.
void Connection::say_goodbye_now(std::uint16_t code, std::string_view reason) {
  CloseInfo info{code, std::string(reason), false};
  if (mode_ == Mode::kWebSocket) append_ws_close(output().bytes, code, reason);
  if (is_websocket_ && output_ && output_->pending() <= kGoodbyeBytesMax) {
    int room = 0;
    socklen_t size = sizeof room;
    ::getsockopt(fd(), SOL_SOCKET, SO_SNDBUF, &room, &size);
    room += 2 * static_cast<int>(output_->pending());
    ::setsockopt(fd(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    write_armed_ = false;
    write_out();
  }
  if (mode_ == Mode::kClosed) return;
  ::setsockopt(fd(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kOrphanTimeout_ms, sizeof kOrphanTimeout_ms);
  end(std::move(info));
}

void Connection::end(CloseInfo info) {
  if (mode_ == Mode::kClosed) return;
  report(goodbye_ ? std::move(*goodbye_) : std::move(info));
  set_mode(Mode::kClosed);
  asio::error_code ignored;
  socket_.close(ignored);
  output_.reset();
  server_.remove(*this);  // last: it keeps this object until the loop's next turn, not longer
}

void Connection::report(CloseInfo info) {
  goodbye_.reset();
  if (!std::exchange(callback_owed_, false)) return;
  server_.report_later(*this, std::make_unique<CloseInfo>(std::move(info)));
}

// --- Time.

std::uint32_t Connection::next_due() const {
  const TransportLimits& limits = server_.limits_;
  std::uint32_t due = Deadlines::kNever;
  const auto no_later_than = [&due](std::uint32_t other) { due = std::min(due, other); };
  switch (mode_) {
    case Mode::kHttp:
      if (!response_pending_) no_later_than(phase_due_s_);
      break;
    case Mode::kStream:
      no_later_than(wrote_s_ + seconds(limits.stream_comment_after));
      break;
    case Mode::kWebSocket:
      if (ping_after_s_ > 0 && !ping_sent_) no_later_than(alive_s_ + ping_after_s_);
      if (close_after_s_ > 0) no_later_than(alive_s_ + close_after_s_);
      if (engine_) no_later_than(engine_->started_s + seconds(limits.message_timeout));
      break;
    case Mode::kClosing:
      no_later_than(phase_due_s_);
      break;
    case Mode::kClosed:
      break;
  }
  if (blocked_s_ != 0) {
    const std::uint32_t stall = seconds(limits.stall_timeout);
    no_later_than(blocked_s_ + stall);
    no_later_than(server_.now_s_ + std::max(1U, stall / kStallSamples));
  }
  return due;
}

void Connection::reschedule() {
  if (mode_ != Mode::kClosed) server_.deadlines_.set(slot_, next_due());
}

// What was due when the deadline was set may have moved since: each check looks again.
void Connection::on_deadline() {
  const std::uint32_t now = server_.now_s_;
  const bool takes_nothing = blocked_s_ != 0 && !took_output();
  if (takes_nothing && now >= blocked_s_ + seconds(server_.limits_.stall_timeout)) {
    ++server_.stats_.closed_stalled;
    return say_goodbye_now(ws_close::kTryLater, "the client takes nothing");
  }
  if (now >= next_due()) {
    if (mode_ == Mode::kHttp) on_http_deadline();
    if (mode_ == Mode::kStream) on_stream_deadline();
    if (mode_ == Mode::kWebSocket) on_websocket_deadline();
    if (mode_ == Mode::kClosing && now >= phase_due_s_) end({ws_close::kAbnormal, "no answer to the goodbye", false});
  }
  reschedule();
}

void Connection::on_http_deadline() {
  if (response_pending_ || server_.now_s_ < phase_due_s_) return;
  ++server_.stats_.timeouts;
  const bool in_request = input_ && input_->parser && input_->parser->started();
  if (in_request) return refuse_request(408, "the request took too long");
  end({});
}

void Connection::on_stream_deadline() {
  if (output_ == nullptr && blocked_s_ == 0) {
    queue(kStreamComment);
    flush(false);
  }
  wrote_s_ = server_.now_s_;
}

void Connection::on_websocket_deadline() {
  const std::uint32_t now = server_.now_s_;
  if (engine_ && now >= engine_->started_s + seconds(server_.limits_.message_timeout)) {
    ++server_.stats_.timeouts;
    return fail_websocket(ws_close::kPolicy, "a message took too long");
  }
  const std::uint32_t silent = now - alive_s_;
  if (close_after_s_ > 0 && silent >= close_after_s_) {
    ++server_.stats_.closed_silent;
    return say_goodbye_now(ws_close::kInternal, "keepalive timeout");
  }
  if (ping_after_s_ > 0 && silent >= ping_after_s_ && !ping_sent_) {
    ping_sent_ = true;
    queue_frame(WsOpcode::kPing, {});
    flush(false);
  }
}

}  // namespace cell0::gateway
