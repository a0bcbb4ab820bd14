// Services on the loop and on the control client: the one part of them that knows either.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <memory>

#include "common/link/control_client.h"
#include "gateway/services.h"

namespace cell0::gateway {

class ServiceLink final : private ServiceSource {
 public:
  // Uses, does not own: both outlive it.
  ServiceLink(asio::io_context& io, const Clock& clock) : io_(io), clock_(clock), services_(*this, clock), timer_(io) {}
  ~ServiceLink() override { *alive_ = false; }

  // REQUIRES: called once, before control connects; control outlives it.
  void start(link::ControlClient& control);

  Services& services() { return services_; }

 private:
  bool services_reachable() const override { return control_ != nullptr && control_->connected(); }
  void ask_service(const v1::ServiceRequest& request, Duration timeout, OnAnswer done) override;
  void call_later(std::function<void()> call) override;
  void deadline_moved() override;

  asio::io_context& io_;
  const Clock& clock_;
  link::ControlClient* control_ = nullptr;  // made after those who use services
  Services services_;
  asio::steady_timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false for what was posted before the destructor
};

}  // namespace cell0::gateway
