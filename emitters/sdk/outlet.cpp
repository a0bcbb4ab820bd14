#include "emitters/sdk/outlet.h"

#include <utility>

#include "common/event_check.h"

namespace cell0::emit {
namespace {

constexpr std::chrono::milliseconds kLinger{1000};  // at the end, for what ZeroMQ has not written yet

Result<void> check_emitter_id(const std::string& id) {
  if (is_emitter_id(id)) return {};
  return Error{ErrorCode::kInvalid, "emitter_id: \"" + id + "\" is not 1-64 of [A-Za-z0-9_.-]"};
}

}  // namespace

Result<std::unique_ptr<AcknowledgedOutlet>> AcknowledgedOutlet::create(asio::io_context& io, link::Context& context,
                                                                       const Clock& clock, Random& random,
                                                                       const OutletOptions& options) {
  if (auto id = check_emitter_id(options.emitter_id); !id) return id.error();
  link::ControlOptions control_options;
  control_options.endpoint = options.endpoint;
  control_options.name = options.name;
  control_options.role = "emitter";
  auto control = link::ControlClient::create(io, context, clock, control_options);
  if (!control) return control.error();
  if (options.on_state) (*control)->on_state(options.on_state);

  std::unique_ptr<AcknowledgedOutlet> outlet(new AcknowledgedOutlet);
  outlet->control_ = std::move(*control);
  outlet->publisher_ =
      std::make_unique<link::Publisher>(io, *outlet->control_, clock, random,
                                        link::PublisherOptions{.emitter_id = options.emitter_id,
                                                               .incarnation = options.incarnation,
                                                               .limits = options.limits,
                                                               .when_full = options.when_full,
                                                               .answer_timeout = options.answer_timeout});
  outlet->control_->start();
  return outlet;
}

Result<void> AcknowledgedOutlet::send(std::string envelope, link::OnPublished done, std::uint32_t priority) {
  return publisher_->publish_encoded(std::move(envelope), std::move(done), {}, priority);
}

OutletStats AcknowledgedOutlet::stats() const {
  return {.publish = publisher_->stats(), .sent = 0, .connected = control_->connected()};
}

Result<std::unique_ptr<PubOutlet>> PubOutlet::create(asio::io_context& io, link::Context& context,
                                                     const OutletOptions& options) {
  if (auto id = check_emitter_id(options.emitter_id); !id) return id.error();
  link::SocketOptions socket_options;
  socket_options.linger = kLinger;
  auto socket = link::Socket::create(io, context, link::SocketType::kXpub, socket_options);
  if (!socket) return socket.error();
  if (auto connected = (*socket)->connect(options.endpoint); !connected) return connected.error();
  std::unique_ptr<PubOutlet> outlet(new PubOutlet(options));
  outlet->socket_ = std::move(*socket);
  outlet->socket_->start([raw = outlet.get()](link::FrameViews frames) { raw->on_subscription(frames.front()); });
  return outlet;
}

// A subscription is \x01 and a prefix; \x00 and the prefix ends it, also when the peer is gone (RFC 29/PUBSUB).
void PubOutlet::on_subscription(std::string_view frame) {
  if (frame.empty()) return;
  const bool listens = frame.front() == '\x01';
  if (stats_.connected != listens && options_.on_state) options_.on_state(listens);
  stats_.connected = listens;
  if (listens) send_held();
}

bool PubOutlet::has_room(std::size_t bytes) const {
  return held_.size() < options_.limits.held_events_max &&
         stats_.publish.held_bytes + bytes <= options_.limits.held_bytes_max;
}

Result<void> PubOutlet::send(std::string envelope, link::OnPublished done, std::uint32_t) {
  if (stats_.connected) {
    send_now({std::move(envelope), std::move(done)});
    return {};
  }
  while (!has_room(envelope.size())) {
    if (options_.when_full == link::WhenFull::kRejectNew || held_.empty()) {
      ++stats_.publish.refused;
      return Error{ErrorCode::kFull, options_.endpoint + ": nobody listens, and the queue is full: " +
                                         std::to_string(held_.size()) + " events"};
    }
    Held oldest = std::move(held_.front());
    held_.pop_front();
    stats_.publish.held_bytes -= oldest.envelope.size();
    ++stats_.publish.dropped;
    if (oldest.done)
      oldest.done({link::PublishResult::Status::kDropped, Seq{}, "the queue is full: newer events came"});
  }
  stats_.publish.held_bytes += envelope.size();
  held_.push_back({std::move(envelope), std::move(done)});
  return {};
}

void PubOutlet::send_held() {
  const auto held = std::exchange(held_, {});
  stats_.publish.held_bytes = 0;
  for (const Held& event : held) send_now(event);
  const auto flushes = std::exchange(flushes_, {});
  for (const auto& done : flushes) done();
}

void PubOutlet::send_now(Held event) {
  // A PUB drops for a peer that is too slow, and says nothing: the gap in origin.n does.
  static_cast<void>(socket_->send(event.envelope));
  ++stats_.sent;
  if (event.done) event.done({link::PublishResult::Status::kAccepted, Seq{}, {}});
}

void PubOutlet::flush(std::function<void()> done) {
  if (held_.empty()) return done();
  flushes_.push_back(std::move(done));
}

void PubOutlet::drop_all(const std::string& why) {
  const auto held = std::exchange(held_, {});
  stats_.publish.held_bytes = 0;
  stats_.publish.dropped += held.size();
  for (const Held& event : held) {
    if (event.done) event.done({link::PublishResult::Status::kDropped, Seq{}, why});
  }
}

OutletStats PubOutlet::stats() const {
  OutletStats stats = stats_;
  stats.publish.held_events = held_.size();
  return stats;
}

}  // namespace cell0::emit
