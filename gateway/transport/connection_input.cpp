// What a connection receives: requests, WebSocket messages, and the end of input.
#include <sys/socket.h>

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "gateway/transport/connection_parts.h"
#include "gateway/transport/server.h"

namespace cell0::gateway {
namespace {

constexpr int kReadsPerTurn = 4;                       // of 64 KiB; then others get their turn
constexpr std::size_t kStashBytesMax = 64 * 1024;      // input that waits: over it nothing more is read
constexpr std::size_t kInflatedPerTurn = 1024 * 1024;  // 40 KB of input may become 42 MB: then others get their turn
constexpr std::size_t kGatherBytesMax = 32 * 1024;     // replies of one callback that leave before its end

}  // namespace

Connection::Input& Connection::input() {
  if (!input_) input_ = std::make_unique<Input>();
  return *input_;
}

void Connection::arm_read() {
  if (read_armed_) return;
  read_armed_ = true;
  socket_.async_wait(asio::socket_base::wait_read, [self = ConnectionRef(*this)](const asio::error_code& error) {
    self->read_armed_ = false;
    if (!error && self->mode_ != Mode::kClosed) self->on_readable();
  });
}

void Connection::on_readable() {
  in_callback_ = true;
  char* buffer = server_.buffer_.get();
  for (int i = 0; i < kReadsPerTurn && wants_input(); ++i) {
    const ssize_t got = ::recv(fd(), buffer, kReadBufferBytes, MSG_DONTWAIT);
    if (got < 0) {
      if (errno != EAGAIN && errno != EINTR) end({ws_close::kAbnormal, std::strerror(errno), false});
      break;
    }
    if (got == 0) {
      on_end_of_input();
      break;
    }
    const auto count = static_cast<std::size_t>(got);
    alive_s_ = server_.now_s_;
    ping_sent_ = false;
    server_.stats_.bytes_in += count;
    process(buffer, count);
    if (count < kReadBufferBytes) break;
  }
  finish_callback();
}

// After input was processed: what was gathered leaves in one write, and reading goes on.
void Connection::finish_callback() {
  in_callback_ = false;
  if (mode_ == Mode::kClosed) {
    engine_.reset();  // end() left it: the handler was still looking at its message
    return;
  }
  flush(std::exchange(gathered_, false));
  if (mode_ != Mode::kClosed && wants_input()) arm_read();
}

void Connection::on_end_of_input() {
  switch (mode_) {
    case Mode::kHttp:
      // Half closed: the client may still wait for what it asked.
      peer_sent_eof_ = true;
      if (!response_pending_ && output_ == nullptr && (!input_ || input_->stash.empty())) end({});
      break;
    case Mode::kStream:
      end({ws_close::kGoingAway, "the client left", true});
      break;
    default:
      end({ws_close::kAbnormal, "the client left without a close frame", false});
      break;
  }
}

// Whether what has arrived must wait: for a response, or for the peer to take its replies.
bool Connection::input_blocked() const {
  if (mode_ == Mode::kHttp) return response_pending_ || write_armed_;
  if (mode_ != Mode::kWebSocket || !write_armed_ || !output_) return false;
  return output_->replies_pending() > server_.limits_.reply_queue_bytes_max / 2;
}

bool Connection::wants_input() const {
  if (mode_ == Mode::kClosed || peer_sent_eof_) return false;
  if (input_ && input_->stash.size() >= kStashBytesMax) return false;
  return mode_ != Mode::kWebSocket || !(input_blocked() || resume_posted_);
}

void Connection::process(char* bytes, std::size_t count) {
  if (input_ && !input_->stash.empty()) {
    input_->stash.append(bytes, count);
    return;
  }
  const std::uint64_t inflated_max = server_.stats_.bytes_inflated + kInflatedPerTurn;
  while (count > 0 && mode_ != Mode::kClosed) {
    const bool turn_over = server_.stats_.bytes_inflated >= inflated_max;
    if (turn_over || input_blocked()) {
      input().stash.append(bytes, count);
      if (turn_over) resume_input_later();
      return;
    }
    std::size_t used = count;  // after a goodbye, and on a stream, nothing that the client says counts
    if (mode_ == Mode::kHttp) {
      used = feed_http(bytes, count);
    } else if (is_websocket_ && !input_over_) {
      used = feed_websocket(bytes, count);
    }
    bytes += used;
    count -= used;
    if (mode_ != Mode::kClosed && output_ && output_->replies_pending() >= kGatherBytesMax) write_out();
  }
}

void Connection::resume_input_later() {
  const bool waiting = input_ && !input_->stash.empty();
  if (!waiting || std::exchange(resume_posted_, true)) return;
  asio::post(socket_.get_executor(), [self = ConnectionRef(*this)] {
    self->resume_posted_ = false;
    if (self->mode_ != Mode::kClosed) self->resume_input();
  });
}

void Connection::resume_input() {
  if (!input_ || input_blocked()) return;
  std::string bytes = std::exchange(input_->stash, {});
  if (input_->empty()) input_.reset();
  in_callback_ = true;
  process(bytes.data(), bytes.size());
  finish_callback();
  const bool finished =
      peer_sent_eof_ && !response_pending_ && output_ == nullptr && (!input_ || input_->stash.empty());
  if (mode_ == Mode::kHttp && finished) end({});
}

// --- HTTP.

std::size_t Connection::feed_http(const char* bytes, std::size_t count) {
  Input& in = input();
  const std::uint32_t now = server_.now_s_;
  if (!in.parser) {
    in.parser = std::make_unique<RequestParser>(server_.request_limits_);
    phase_due_s_ = std::min(phase_due_s_, now + static_cast<std::uint32_t>(server_.limits_.head_timeout.count()));
  }
  RequestParser& parser = *in.parser;
  const bool was_in_head = parser.state() == RequestParser::State::kHead;
  const std::size_t used = parser.feed({bytes, count});
  switch (parser.state()) {
    case RequestParser::State::kHead:
      break;
    case RequestParser::State::kBody:
      if (was_in_head) phase_due_s_ = now + static_cast<std::uint32_t>(server_.limits_.body_timeout.count());
      if (was_in_head && parser.wants_continue()) queue("HTTP/1.1 100 Continue\r\n\r\n");
      break;
    case RequestParser::State::kDone:
      dispatch_request();
      break;
    case RequestParser::State::kFailed:
      refuse_request(parser.error_status(), std::string(parser.error_text()));
      break;
  }
  return used;
}

void Connection::dispatch_request() {
  const HttpRequest request = input_->parser->take();
  input_.reset();
  response_pending_ = callback_owed_ = true;
  response_ = {request.method == "HEAD", request.http_1_0, request.keep_alive};
  ++server_.stats_.requests;
  server_.handler_.on_request(*this, request);
}

void Connection::refuse_request(int status, std::string_view text) {
  ++server_.stats_.requests_refused;
  response_ = {false, false, false};
  response_pending_ = true;
  const std::string body(text);
  input_.reset();
  respond({status, "text/plain; charset=utf-8", body + "\n", {}});
}

// --- WebSocket.

std::size_t Connection::feed_websocket(char* bytes, std::size_t count) {
  if (!engine_) {
    engine_ = server_.engines_.take({message_bytes_max_, deflate_});
    engine_->started_s = server_.now_s_;
  }
  WsEvent event;
  const std::size_t used = engine_->consume(bytes, count, event);
  server_.stats_.bytes_inflated += engine_->take_inflated();
  on_ws_event(event);
  const bool over = !engine_->at_boundary() && server_.engines_.held_bytes() > server_.limits_.input_bytes_max;
  if (over && !input_over_ && mode_ != Mode::kClosed) {
    ++server_.stats_.closed_input;
    fail_websocket(ws_close::kTryLater, "too many large messages are under way");
  }
  if (input_over_) {
    engine_.reset();
  } else if (mode_ != Mode::kClosed && engine_->at_boundary()) {
    server_.engines_.put(std::move(engine_));
  }
  return used;
}

void Connection::on_ws_event(const WsEvent& event) {
  const bool open = mode_ == Mode::kWebSocket;
  switch (event.kind) {
    case WsEvent::Kind::kNone:
      break;
    case WsEvent::Kind::kText:
      ++server_.stats_.messages_in;
      if (open) server_.handler_.on_text(*this, event.payload);
      break;
    case WsEvent::Kind::kBinary:
      ++server_.stats_.messages_in;
      if (open) server_.handler_.on_binary(*this, event.payload);
      break;
    case WsEvent::Kind::kPing:
      if (open) queue_frame(WsOpcode::kPong, event.payload);
      break;
    case WsEvent::Kind::kPong:
      if (open) server_.handler_.on_pong(*this);
      break;
    case WsEvent::Kind::kClose:
      on_peer_close(event);
      break;
    case WsEvent::Kind::kError:
      fail_websocket(event.code, event.payload);
      break;
  }
}

void Connection::on_peer_close(const WsEvent& event) {
  input_over_ = true;
  if (mode_ == Mode::kWebSocket) {
    std::string frame;
    append_ws_close(frame, event.code, {});
    queue(frame);
    goodbye_ = std::make_unique<CloseInfo>(CloseInfo{event.code, std::string(event.payload), true});
    start_closing();
  }
  if (goodbye_) {
    goodbye_->clean = true;
    report(std::move(*goodbye_));
  }
}

}  // namespace cell0::gateway
