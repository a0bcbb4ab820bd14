#include "common/link/publisher.h"

#include <asio/post.hpp>
#include <utility>

#include "common/event_schema.h"

namespace cell0::link {
// 52 bits of microseconds, 11 of chance: two that start at once differ too.
std::uint64_t new_incarnation(const Clock& clock, Random& random) {
  constexpr int kChanceBits = 11;
  const auto now = static_cast<std::uint64_t>(to_unix_us(clock.wall()));
  return (now << kChanceBits) | (random.u64() >> (64 - kChanceBits));
}

Publisher::Publisher(asio::io_context& io, ControlClient& client, const Clock& clock, Random& random,
                     PublisherOptions options)
    : io_(io),
      client_(client),
      clock_(clock),
      answer_timeout_(options.answer_timeout),
      window_(options.emitter_id, options.incarnation != 0 ? options.incarnation : new_incarnation(clock, random),
              options.limits, options.when_full, random),
      timer_(io) {
  client_.on_state([this, alive = alive_](bool connected) {
    if (!*alive || !connected) return;
    window_.connected(client_.hello());
    pump_soon();
  });
  if (client_.connected()) window_.connected(client_.hello());
}

Publisher::~Publisher() { *alive_ = false; }

Result<void> Publisher::publish(const v1::Envelope& envelope, OnPublished done, std::optional<PublishKey> key) {
  return publish_encoded(envelope.SerializeAsString(), std::move(done), std::move(key), priority_of(envelope));
}

Result<void> Publisher::publish_encoded(std::string envelope, OnPublished done, std::optional<PublishKey> key,
                                        std::uint32_t priority) {
  auto taken = window_.push(std::move(envelope), std::move(done), std::move(key), priority);
  if (taken) pump_soon();
  return taken;
}

void Publisher::flush(std::function<void()> done) {
  flushes_.push_back(std::move(done));
  pump_soon();
}

void Publisher::set_fence(std::optional<v1::Fence> fence) {
  window_.set_fence(std::move(fence));
  pump_soon();
}

void Publisher::fence_all(const std::string& why) {
  window_.fence_all(why);
  pump_soon();
}

// At the end of the loop's turn, so that what one turn publishes goes in one request.
void Publisher::pump_soon() {
  if (std::exchange(pump_posted_, true)) return;
  asio::post(io_, [this, alive = alive_] {
    if (!*alive) return;
    pump_posted_ = false;
    pump();
  });
}

void Publisher::pump() {
  while (client_.connected()) {
    auto out = window_.next(clock_.mono());
    if (!out) break;
    send(std::move(*out));
  }
  if (client_.connected()) wait_for_backoff();  // else the connection ends it
  tell_flushed();
}

void Publisher::send(PublishWindow::Outgoing out) {
  v1::Request request;
  *request.mutable_publish() = std::move(out.request);
  client_.request(std::move(request), answer_timeout_,
                  [this, alive = alive_, token = out.token](const Result<v1::Response>& answer) {
                    if (*alive) on_answer(token, answer);
                  });
}

void Publisher::on_answer(std::uint64_t token, const Result<v1::Response>& answer) {
  const MonoTime now = clock_.mono();
  if (!answer) {
    window_.failed(token, answer.error(), now);
  } else if (answer->has_publish()) {
    window_.answered(token, answer->publish(), now);
  } else {
    window_.failed(token, {ErrorCode::kInternal, "the broker answered something else"}, now);
  }
  pump_soon();
}

void Publisher::wait_for_backoff() {
  const auto wake_at = window_.wake_at();
  if (!wake_at) return;
  timer_.expires_after(*wake_at - clock_.mono());
  timer_.async_wait([this, alive = alive_](const asio::error_code& error) {
    if (!error && *alive) pump();
  });
}

void Publisher::tell_flushed() {
  if (flushes_.empty() || !window_.idle()) return;
  const auto flushed = std::exchange(flushes_, {});
  for (const auto& done : flushed) done();
}

}  // namespace cell0::link
