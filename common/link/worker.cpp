#include "common/link/worker.h"

#include <array>
#include <asio/post.hpp>
#include <utility>

namespace cell0::link {
namespace {

std::string new_incarnation_bytes(Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Worker::Worker(asio::io_context& io, ControlClient& control, const Clock& clock, Random& random, WorkerOptions options,
               WorkerObserver& observer)
    : io_(io),
      control_(control),
      clock_(clock),
      session_(std::move(options), new_incarnation_bytes(random), clock, random, observer),
      timer_(io) {
  control_.on_state([this, alive = alive_](bool connected) {
    if (!*alive) return;
    session_.on_link(connected);
    pump_soon();
  });
  control_.on_notice([this, alive = alive_](const v1::Response& notice) {
    if (!*alive) return;
    session_.on_notice(notice);
    pump_soon();
  });
  if (control_.connected()) session_.on_link(true);
  pump_soon();
}

Worker::~Worker() { *alive_ = false; }

void Worker::reply(std::uint64_t call_id, std::string body) {
  session_.reply(call_id, std::move(body));
  pump_soon();
}

void Worker::fail(std::uint64_t call_id, std::string code, std::string text) {
  session_.fail(call_id, std::move(code), std::move(text));
  pump_soon();
}

Result<void> Worker::own(std::string key, const std::optional<v1::Envelope>& will) {
  auto owned = session_.own(std::move(key), will);
  pump_soon();
  return owned;
}

void Worker::disown(const std::string& key) {
  session_.disown(key);
  pump_soon();
}

void Worker::put_state(std::string state, std::function<void(Result<void>)> done) {
  if (auto taken = session_.put_state(std::move(state), done); !taken) {
    asio::post(io_, [alive = alive_, done = std::move(done), error = taken.error()] {
      if (*alive) done(error);
    });
    return;
  }
  pump_soon();
}

void Worker::guard(Publisher& publisher) {
  publisher.set_fence(session_.fence());
  session_.on_fence([this, &publisher](const std::optional<v1::Fence>& fence, bool lost) {
    if (lost) publisher.fence_all(session_.service() + ": another worker may have taken over");
    publisher.set_fence(fence);
  });
}

void Worker::stop(std::function<void()> done) {
  session_.leave([this, alive = alive_, done = std::move(done)] {
    asio::post(io_, [alive, done] {
      if (*alive) done();
    });
  });
  pump_soon();
}

// At the end of the loop's turn, so that what one turn changes goes together.
void Worker::pump_soon() {
  if (std::exchange(pump_posted_, true)) return;
  asio::post(io_, [this, alive = alive_] {
    if (!*alive) return;
    pump_posted_ = false;
    pump();
  });
}

void Worker::pump() {
  while (auto out = session_.next_request()) {
    control_.request(std::move(out->request), out->timeout,
                     [this, alive = alive_, token = out->token](const Result<v1::Response>& answer) {
                       if (!*alive) return;
                       session_.on_answer(token, answer);
                       pump_soon();
                     });
  }
  arm();
}

// Early is harmless.
void Worker::arm() {
  const MonoTime next = session_.next_deadline();
  if (next == MonoTime::max()) return;
  timer_.expires_after(next - clock_.mono());
  timer_.async_wait([this, alive = alive_](const asio::error_code& error) {
    if (!error && *alive) pump();
  });
}

}  // namespace cell0::link
