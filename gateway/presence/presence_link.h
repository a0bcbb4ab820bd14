// Presence on the loop and on the control client: the one part of it that knows either.
#pragma once

#include <asio/io_context.hpp>
#include <memory>

#include "common/link/control_client.h"
#include "gateway/presence/presence.h"

namespace cell0::gateway {

class PresenceLink final : private PresenceSource {
 public:
  // Uses, does not own: all outlive it.
  PresenceLink(asio::io_context& io, const Clock& clock, const CoreLimits& limits, std::string incarnation);
  ~PresenceLink() override { *alive_ = false; }

  // REQUIRES: called once, before control connects; control outlives it.
  void start(link::ControlClient& control);

  Presence& presence() { return presence_; }
  const Presence& presence() const { return presence_; }

 private:
  void ask_presence(v1::Request request, OnAnswer done) override;
  bool presence_connected() const override;
  void run_presence_soon() override;

  asio::io_context& io_;
  link::ControlClient* control_ = nullptr;  // made after those who use presence
  Presence presence_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what was posted before the destructor
};

}  // namespace cell0::gateway
