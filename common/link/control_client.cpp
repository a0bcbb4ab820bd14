#include "common/link/control_client.h"

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

namespace cell0::link {
namespace {

Error error_of(const v1::Failure& failure) {
  switch (failure.code()) {
    case v1::Failure::TOO_LARGE:
      return {ErrorCode::kTooLarge, failure.text()};
    case v1::Failure::UNAVAILABLE:
      return {ErrorCode::kUnavailable, failure.text()};
    default:
      return {ErrorCode::kInvalid, failure.text()};
  }
}

}  // namespace

Result<std::unique_ptr<ControlClient>> ControlClient::create(asio::io_context& io, Context& context, const Clock& clock,
                                                             ControlOptions options) {
  std::unique_ptr<ControlClient> client(new ControlClient(io, context, clock, std::move(options)));
  if (auto opened = client->open_socket(); !opened) return opened.error();
  return client;
}

ControlClient::ControlClient(asio::io_context& io, Context& context, const Clock& clock, ControlOptions options)
    : io_(io), context_(context), clock_(clock), options_(std::move(options)), timer_(io) {}

ControlClient::~ControlClient() { *alive_ = false; }

Error ControlClient::unavailable() const {
  return {ErrorCode::kUnavailable, options_.endpoint + ": no answer from a broker (is cell0-broker running there?)"};
}

Result<void> ControlClient::open_socket() {
  SocketOptions socket_options;
  socket_options.message_bytes_max = options_.message_bytes_max;
  auto socket = Socket::create(io_, context_, SocketType::kDealer, socket_options);
  if (!socket) return socket.error();
  if (auto connected = (*socket)->connect(options_.endpoint); !connected) return connected.error();
  socket_ = std::move(*socket);
  return {};
}

void ControlClient::start() {
  socket_->start([this](FrameViews frames) { on_message(frames); });
  say_hello();
  arm();
}

void ControlClient::request(v1::Request body, Duration timeout, OnAnswer done) {
  if (!connected_) return later(std::move(done), unavailable());
  if (open_.size() >= options_.requests_max) {
    return later(std::move(done),
                 {ErrorCode::kUnavailable, std::to_string(open_.size()) + " requests to the broker are open already"});
  }
  body.set_id(next_id_++);
  if (auto sent = send(body); !sent) return later(std::move(done), sent.error());
  open_.emplace(body.id(), Open{clock_.mono() + timeout, std::move(done)});
  arm();
}

Result<void> ControlClient::send(const v1::Request& request) {
  const std::string bytes = request.SerializeAsString();
  if (bytes.size() > options_.message_bytes_max) {
    return Error{ErrorCode::kTooLarge, "a request of " + std::to_string(bytes.size()) + " bytes is over the limit of " +
                                           std::to_string(options_.message_bytes_max)};
  }
  auto sent = socket_->send(bytes);
  if (!sent) return Error{ErrorCode::kUnavailable, options_.endpoint + ": " + sent.error().text};
  return {};
}

void ControlClient::say_hello() {
  v1::Request request;
  request.set_id(next_id_++);
  request.mutable_hello()->set_name(options_.name);
  request.mutable_hello()->set_role(options_.role);
  hello_id_ = request.id();
  const MonoTime now = clock_.mono();
  hello_at_ = now + options_.probe_interval;
  silence_until_ = now + options_.silence_max;
  static_cast<void>(send(request));  // what cannot be sent is not answered, and ends as silence does
}

void ControlClient::on_message(FrameViews frames) {
  v1::Response response;
  const std::string_view bytes = frames.back();
  if (!response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;  // a deadline will tell
  silence_until_ = clock_.mono() + options_.silence_max;
  if (response.id() == hello_id_) {
    hello_id_ = 0;
    if (response.has_hello()) on_hello(response.hello());
    return;
  }
  const auto found = open_.find(response.id());
  if (found == open_.end()) return;  // it came after its deadline
  const OnAnswer done = std::move(found->second.done);
  open_.erase(found);
  if (response.has_failure()) return done(error_of(response.failure()));
  done(std::move(response));
}

void ControlClient::on_hello(const v1::HelloAnswer& hello) {
  if (connected_ && hello.boot_id() != hello_.boot_id()) lose_broker();
  hello_ = hello;
  if (std::exchange(connected_, true)) return;
  tell(true);
}

void ControlClient::lose_broker() {
  if (std::exchange(connected_, false)) tell(false);
  fail(false);
}

void ControlClient::start_over() {
  lose_broker();
  // The endpoint was good once; without memory or descriptors for a socket the old one goes on.
  if (open_socket().ok()) socket_->start([this](FrameViews frames) { on_message(frames); });
  say_hello();
}

void ControlClient::fail(bool expired_only) {
  const MonoTime now = clock_.mono();
  std::vector<OnAnswer> failed;
  for (auto it = open_.begin(); it != open_.end();) {
    if (expired_only && it->second.deadline > now) {
      ++it;
      continue;
    }
    failed.push_back(std::move(it->second.done));
    it = open_.erase(it);
  }
  const char* why = expired_only ? ": no answer in time" : ": the broker went away before it answered";
  for (const OnAnswer& done : failed) done(Error{ErrorCode::kTimeout, options_.endpoint + why});
}

void ControlClient::tell(bool connected) {
  for (const OnState& handler : state_handlers_) handler(connected);
}

void ControlClient::later(OnAnswer done, Error error) {
  asio::post(io_, [alive = alive_, done = std::move(done), error = std::move(error)] {
    if (*alive) done(error);
  });
}

MonoTime ControlClient::next_deadline() const {
  MonoTime next = hello_id_ != 0 ? silence_until_ : hello_at_;
  for (const auto& [id, open] : open_) next = std::min(next, open.deadline);
  return next;
}

// Early is harmless: it looks and sleeps again. So an armed timer is only ever moved forward.
void ControlClient::arm() {
  const MonoTime next = next_deadline();
  if (armed_for_ && *armed_for_ <= next) return;
  armed_for_ = next;
  timer_.expires_after(next - clock_.mono());
  timer_.async_wait([this, alive = alive_](const asio::error_code& error) {
    if (error || !*alive) return;
    armed_for_.reset();
    on_timer();
    arm();
  });
}

void ControlClient::on_timer() {
  fail(true);
  const MonoTime now = clock_.mono();
  if (hello_id_ != 0 && now >= silence_until_)
    start_over();
  else if (hello_id_ == 0 && now >= hello_at_)
    say_hello();
}

}  // namespace cell0::link
