// What a connection sends: responses, replies, shared blobs, and what the socket would not take yet.
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "common/check.h"
#include "gateway/transport/connection_parts.h"
#include "gateway/transport/deflate_offer.h"
#include "gateway/transport/server.h"

namespace cell0::gateway {
namespace {

std::uint32_t bytes_in_kernel(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 ? static_cast<std::uint32_t>(bytes) : 0;
}

bool is_full(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

CloseInfo lost(int error) { return {ws_close::kAbnormal, std::strerror(error), false}; }

}  // namespace

// --- HTTP.

void Connection::respond(HttpResponse response) {
  if (!response_pending_ || mode_ != Mode::kHttp) return;
  take_answer_headers(response);
  std::string bytes;
  append_http_response(bytes, response, response_, server_.date());
  queue(bytes);
  finish_response();
}

void Connection::answer_with(std::vector<std::pair<std::string, std::string>> headers) {
  if (!response_pending_ || mode_ != Mode::kHttp) return;
  if (answer_headers_ == nullptr) answer_headers_ = std::make_unique<decltype(headers)>();
  std::move(headers.begin(), headers.end(), std::back_inserter(*answer_headers_));
}

void Connection::take_answer_headers(HttpResponse& response) {
  const auto more = std::move(answer_headers_);
  if (more != nullptr) std::move(more->begin(), more->end(), std::back_inserter(response.headers));
}

void Connection::start_stream(std::string_view content_type, std::string_view first_bytes,
                              const std::vector<std::pair<std::string, std::string>>& headers) {
  if (!response_pending_ || mode_ != Mode::kHttp) return;
  HttpResponse response{200, std::string(content_type), "", headers};
  response.headers.emplace_back("Cache-Control", "no-store");
  take_answer_headers(response);
  std::string bytes;
  append_http_stream_head(bytes, response, server_.date());
  queue(bytes.append(first_bytes));
  response_pending_ = false;
  ++server_.stats_.streams_opened;
  set_mode(Mode::kStream);
  reschedule();
  if (!in_callback_) flush(false);
}

Result<void> Connection::accept_websocket(const HttpRequest& request, std::string_view subprotocol,
                                          std::string_view first_frames, const WebSocketOptions& options) {
  if (!response_pending_ || mode_ != Mode::kHttp) return Error{ErrorCode::kUnavailable, "the client has left"};
  const auto refuse = [this](int status, const char* text) {
    response_.keep_alive = false;
    HttpResponse response{status, "text/plain; charset=utf-8", std::string(text) + "\n", {}};
    response.headers.emplace_back("Sec-WebSocket-Version", "13");
    if (status == 426) response.headers.emplace_back("Upgrade", "websocket");  // RFC 9110 section 15.5.22
    respond(std::move(response));
    return Error{ErrorCode::kInvalid, text};
  };
  if (!request.is_websocket_upgrade || request.http_1_0) return refuse(426, "this is a WebSocket: upgrade to it");
  if (request.header("sec-websocket-version") != "13") return refuse(426, "Sec-WebSocket-Version is not 13");
  const std::string_view key = request.header("sec-websocket-key");
  if (!ws_key_valid(key)) return refuse(400, "Sec-WebSocket-Key is not 16 bytes in base64");

  std::string bytes = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  bytes.append("Sec-WebSocket-Accept: ").append(ws_accept_key(key)).append("\r\n");
  if (!subprotocol.empty() && header_has_token(request.header("sec-websocket-protocol"), subprotocol)) {
    bytes.append("Sec-WebSocket-Protocol: ").append(subprotocol).append("\r\n");
  }
  const std::string agreed = options.deflate ? deflate_answer(request.header("sec-websocket-extensions")) : "";
  deflate_ = !agreed.empty();
  if (deflate_) bytes.append("Sec-WebSocket-Extensions: ").append(agreed).append("\r\n");
  answer_headers_.reset();
  std::string packed;
  queue(bytes.append("\r\n").append(as_agreed(first_frames, packed)));
  response_pending_ = false;
  is_websocket_ = true;
  if (options.message_bytes_max > 0) message_bytes_max_ = options.message_bytes_max;
  ping_after_s_ = static_cast<std::uint16_t>(server_.limits_.ping_after.count());
  close_after_s_ = static_cast<std::uint16_t>(server_.limits_.close_after.count());
  alive_s_ = server_.now_s_;
  ++server_.stats_.websockets_opened;
  set_mode(Mode::kWebSocket);
  reschedule();
  if (!in_callback_) {
    flush(false);
    resume_input_later();
  }
  return {};
}

void Connection::finish_response() {
  response_pending_ = false;
  callback_owed_ = false;
  phase_due_s_ = server_.now_s_ + static_cast<std::uint32_t>(server_.limits_.idle_timeout.count());
  if (!response_.keep_alive) start_closing();
  reschedule();
  if (!in_callback_) flush(false);
}

// --- Streams and WebSockets.

std::string_view Connection::as_agreed(std::string_view framed, std::string& packed) {
  if (deflate_) packed = server_.deflater_.frames(framed);
  return packed.empty() ? framed : packed;
}

void Connection::send_reply(std::string_view framed) {
  if (mode_ != Mode::kStream && mode_ != Mode::kWebSocket) return;
  std::string packed;
  framed = as_agreed(framed, packed);
  if (output_ && output_->replies_pending() + framed.size() > server_.limits_.reply_queue_bytes_max) {
    write_out();  // inside a callback it may only be waiting for the callback's end
    if (mode_ == Mode::kClosed) return;
    if (output_ && output_->replies_pending() + framed.size() > server_.limits_.reply_queue_bytes_max) {
      ++server_.stats_.closed_reply_queue;
      return say_goodbye_now(ws_close::kTryLater, "replies are not taken");
    }
  }
  queue(framed);
  if (!in_callback_) flush(false);
}

std::size_t Connection::write_blob(const BlobPtr& shared) {
  if (mode_ != Mode::kStream && mode_ != Mode::kWebSocket) return 0;
  CELL0_CHECK(idle());
  const auto compress = [this](std::string_view frames) { return server_.deflater_.frames(frames); };
  const BlobPtr blob = deflate_ ? shared.other_form(compress) : shared;
  const std::string_view bytes = blob.view();
  const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(bytes.size())) {
    wrote_s_ = server_.now_s_;
    server_.stats_.bytes_out += bytes.size();
    return shared.size();
  }
  if (sent < 0 && !is_full(errno)) {
    end(lost(errno));
    return 0;
  }
  const std::size_t taken = sent > 0 ? static_cast<std::size_t>(sent) : 0;
  if (taken > 0) {
    wrote_s_ = server_.now_s_;
    server_.stats_.bytes_out += taken;
    output().blob = blob;
    output().blob_done = taken;
  }
  arm_write();
  return taken;
}

// --- The queue.

Connection::Output& Connection::output() {
  if (!output_) output_ = std::make_unique<Output>();
  return *output_;
}

void Connection::queue(std::string_view bytes) {
  if (bytes.empty()) return;
  output().bytes.append(bytes);
  gathered_ = in_callback_;
}

void Connection::queue_frame(WsOpcode op, std::string_view payload) {
  std::string frame;
  append_ws_frame(frame, op, payload);
  queue(frame);
}

// Sends until the socket is full or nothing waits.
void Connection::write_out() {
  while (output_ && !write_armed_) {
    Output& out = *output_;
    const std::string_view blob = out.blob.view().substr(out.blob_done);
    iovec parts[2];
    std::size_t count = 0;
    if (!blob.empty()) parts[count++] = {const_cast<char*>(blob.data()), blob.size()};
    if (out.replies_pending() > 0) parts[count++] = {out.bytes.data() + out.bytes_done, out.replies_pending()};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      if (!is_full(errno)) return end(lost(errno));
      return arm_write();
    }
    const auto taken = static_cast<std::size_t>(sent);
    wrote_s_ = server_.now_s_;
    blocked_s_ = 0;
    server_.stats_.bytes_out += taken;
    const std::size_t of_blob = std::min(taken, blob.size());
    out.blob_done += of_blob;
    out.bytes_done += taken - of_blob;
    if (out.pending() == 0) output_.reset();
  }
}

// `tell_handler`: it may have seen !idle(). Not from within its own calls, or the two would call each other for ever.
void Connection::flush(bool tell_handler) {
  write_out();
  if (mode_ != Mode::kClosed && idle()) on_flushed(tell_handler);
}

void Connection::on_flushed(bool tell_handler) {
  blocked_s_ = 0;
  reschedule();
  resume_input_later();
  switch (mode_) {
    case Mode::kHttp:
      if (peer_sent_eof_ && !response_pending_ && !resume_posted_) end({});
      break;
    case Mode::kStream:
    case Mode::kWebSocket:
      if (tell_handler) server_.handler_.on_writable(*this);
      break;
    case Mode::kClosing:
      maybe_shut_down();
      break;
    case Mode::kClosed:
      break;
  }
}

void Connection::arm_write() {
  if (write_armed_) return;
  write_armed_ = true;
  if (blocked_s_ == 0) {
    blocked_s_ = server_.now_s_;
    kernel_queue_ = bytes_in_kernel(fd());
    ++server_.stats_.writes_blocked;
    reschedule();
  }
  socket_.async_wait(asio::socket_base::wait_write, [self = ConnectionRef(*this)](const asio::error_code& error) {
    self->write_armed_ = false;
    if (!error && self->mode_ != Mode::kClosed) self->on_socket_writable();
  });
}

void Connection::on_socket_writable() {
  alive_s_ = server_.now_s_;
  flush(true);
  if (mode_ != Mode::kClosed && wants_input()) arm_read();
}

// Whether the peer has taken something since we were blocked, though not enough for the socket to be writable again.
bool Connection::took_output() {
  const std::uint32_t left = bytes_in_kernel(fd());
  if (left >= kernel_queue_) return false;
  kernel_queue_ = left;
  blocked_s_ = alive_s_ = server_.now_s_;
  return true;
}

}  // namespace cell0::gateway
