// A broker for tests: a ROUTER that answers what the test tells it to, on the test's loop and a free port.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/link/socket.h"

namespace cell0::link::test {

class FakeBroker {
 public:
  // The answer's body; nothing: silence.
  using Answer = std::function<bool(const v1::Request&, v1::Response&)>;

  FakeBroker(asio::io_context& io, Context& context, const std::string& endpoint, std::string boot_id, Answer answer)
      : boot_id_(std::move(boot_id)), answer_(std::move(answer)) {
    socket_ = std::move(*Socket::create(io, context, SocketType::kRouter, {}));
    // ZeroMQ lets go of a closed socket's port a little later, in a thread of its own.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!socket_->bind(endpoint).ok()) REQUIRE(std::chrono::steady_clock::now() < deadline);
    socket_->start([this](FrameViews frames) { on_message(frames); });
  }

  std::string endpoint() const { return socket_->bound_endpoint(); }
  int hellos() const { return hellos_; }
  void lose_hellos() { answers_hellos_ = false; }  // from now on none is answered

 private:
  void on_message(FrameViews frames) {
    v1::Request request;
    REQUIRE(frames.size() == 2);
    REQUIRE(request.ParseFromArray(frames[1].data(), static_cast<int>(frames[1].size())));
    v1::Response response;
    response.set_id(request.id());
    if (request.has_hello()) {
      ++hellos_;
      if (!answers_hellos_) return;
      response.mutable_hello()->set_boot_id(boot_id_);
    } else if (!answer_(request, response)) {
      return;
    }
    const std::string bytes = response.SerializeAsString();
    const std::string_view answer[] = {frames[0], bytes};
    static_cast<void>(socket_->send(answer));
  }

  std::unique_ptr<Socket> socket_;
  std::string boot_id_;
  Answer answer_;
  int hellos_ = 0;
  bool answers_hellos_ = true;
};

// Runs the loop until the condition holds; false: not within the deadline.
inline bool run_until(asio::io_context& io, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition() && std::chrono::steady_clock::now() < deadline) {
    io.run_one_for(std::chrono::milliseconds(50));
    if (io.stopped()) io.restart();
  }
  return condition();
}

}  // namespace cell0::link::test
