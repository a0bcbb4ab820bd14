#include "common/link/control_client.h"

#include <asio/post.hpp>
#include <utility>

namespace cell0::link {

Result<std::unique_ptr<ControlClient>> ControlClient::create(asio::io_context& io, Context& context, const Clock& clock,
                                                             ControlOptions options) {
  std::unique_ptr<ControlClient> client(new ControlClient(io, context, clock, std::move(options)));
  if (auto opened = client->open_socket(); !opened) return opened.error();
  return client;
}

ControlClient::ControlClient(asio::io_context& io, Context& context, const Clock& clock, ControlOptions options)
    : io_(io), context_(context), clock_(clock), session_(std::move(options), clock, *this), timer_(io) {}

ControlClient::~ControlClient() { *alive_ = false; }

Result<void> ControlClient::open_socket() {
  SocketOptions options;
  options.message_bytes_max = session_.options().message_bytes_max;
  auto socket = Socket::create(io_, context_, SocketType::kDealer, options);
  if (!socket) return socket.error();
  if (auto connected = (*socket)->connect(endpoint()); !connected) return connected.error();
  socket_ = std::move(*socket);
  return {};
}

void ControlClient::read_socket() {
  socket_->start([this](FrameViews frames) { session_.on_message(frames.back()); },
                 [this] { arm(); });  // an answered hello brings the next one nearer than the end of the silence was
}

void ControlClient::start() {
  read_socket();
  session_.start();
  arm();
}

void ControlClient::request(v1::Request body, Duration timeout, OnAnswer done) {
  if (auto taken = session_.request(std::move(body), timeout, done); !taken) {
    return later(std::move(done), taken.error());
  }
  arm();
}

Result<void> ControlClient::send(std::string_view request) { return socket_->send(request); }

void ControlClient::start_over() {
  // The endpoint was good once; without memory or descriptors for a socket the old one goes on.
  if (open_socket().ok()) read_socket();
}

void ControlClient::later(OnAnswer done, Error error) {
  asio::post(io_, [alive = alive_, done = std::move(done), error = std::move(error)] {
    if (*alive) done(error);
  });
}

// Early is harmless: it looks and sleeps again. So an armed timer is only ever moved forward.
void ControlClient::arm() {
  const MonoTime next = session_.next_deadline();
  if (armed_for_ && *armed_for_ <= next) return;
  armed_for_ = next;
  timer_.expires_after(next - clock_.mono());
  timer_.async_wait([this, alive = alive_](const asio::error_code& error) {
    if (error || !*alive) return;
    armed_for_.reset();
    session_.on_timer();
    arm();
  });
}

}  // namespace cell0::link
