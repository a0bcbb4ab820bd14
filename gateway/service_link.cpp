#include "gateway/service_link.h"

#include <asio/post.hpp>
#include <utility>

namespace cell0::gateway {

void ServiceLink::start(link::ControlClient& control) {
  control_ = &control;
  control.on_state([this](bool connected) {
    if (connected) services_.on_connected();
  });
}

void ServiceLink::ask_service(const v1::ServiceRequest& request, Duration timeout, OnAnswer done) {
  v1::Request body;
  *body.mutable_service() = request;
  control_->request(std::move(body), timeout, [done = std::move(done)](Result<v1::Response> answer) {
    if (!answer) return done(answer.error());
    if (!answer->has_service()) return done(Error{ErrorCode::kInternal, "the broker answered something else"});
    done(std::move(*answer->mutable_service()));
  });
}

void ServiceLink::call_later(std::function<void()> call) {
  asio::post(io_, [alive = alive_, call = std::move(call)] {
    if (*alive) call();
  });
}

void ServiceLink::deadline_moved() {
  const MonoTime next = services_.next_deadline();
  if (next == MonoTime::max()) return;
  timer_.expires_after(next - clock_.mono());
  timer_.async_wait([this, alive = alive_](const asio::error_code& error) {
    if (error || !*alive) return;
    services_.on_timer();
    deadline_moved();
  });
}

}  // namespace cell0::gateway
