#include "gateway/presence/presence_link.h"

#include <asio/post.hpp>
#include <utility>

namespace cell0::gateway {
namespace {

constexpr Duration kTimeout = std::chrono::seconds(3);  // less than half of a lease

bool answers(v1::Request::BodyCase question, const v1::Response& response) {
  switch (question) {
    case v1::Request::kPresence:
      return response.has_presence();
    case v1::Request::kPresenceSnapshot:
      return response.has_presence_snapshot();
    case v1::Request::kSubscriberCounts:
      return response.has_subscriber_counts();
    default:
      return false;
  }
}

}  // namespace

PresenceLink::PresenceLink(asio::io_context& io, const Clock& clock, const CoreLimits& limits, std::string incarnation)
    : io_(io), presence_(*this, clock, limits, std::move(incarnation)) {}

void PresenceLink::start(link::ControlClient& control) {
  control_ = &control;
  control.on_state([this](bool connected) { presence_.on_link(connected); });
}

void PresenceLink::ask_presence(v1::Request request, OnAnswer done) {
  const auto question = request.body_case();
  control_->request(std::move(request), kTimeout, [question, done = std::move(done)](Result<v1::Response> response) {
    if (response && !answers(question, *response)) {
      return done(Error{ErrorCode::kInternal, "the broker answered something else"});
    }
    done(std::move(response));
  });
}

bool PresenceLink::presence_connected() const { return control_ != nullptr && control_->connected(); }

void PresenceLink::run_presence_soon() {
  asio::post(io_, [this, alive = alive_] {
    if (*alive) presence_.run();
  });
}

}  // namespace cell0::gateway
