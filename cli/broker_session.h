// BrokerSession: a loop with a control client on it, for the time of one command.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "common/clock.h"
#include "common/link/control_client.h"

namespace cell0::cli {

// One thread: whoever calls run().
class BrokerSession {
 public:
  // kInvalid: the endpoint is none.
  static Result<std::unique_ptr<BrokerSession>> create(const std::string& control_endpoint);

  // Runs the loop until connected. kUnavailable: not within `timeout`.
  Result<void> connect(std::chrono::milliseconds timeout);

  // One request and its answer; runs the loop meanwhile.
  Result<v1::Response> ask(v1::Request request, std::chrono::milliseconds timeout);

  asio::io_context& io() { return io_; }
  link::Context& context() { return context_; }
  const Clock& clock() const { return clock_; }
  link::ControlClient& control() { return *control_; }

 private:
  BrokerSession() = default;

  SystemClock clock_;
  link::Context context_;
  asio::io_context io_;
  std::unique_ptr<link::ControlClient> control_;
};

}  // namespace cell0::cli
