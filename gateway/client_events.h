// client_connect and client_disconnect, published for every WebSocket client, within bounds: beyond a few a second they
// are summed up in one event, so that ten thousand reconnects do not make a hundred million deliveries.
#pragma once

#include <functional>
#include <string>

#include "cell0/v1/event.pb.h"
#include "common/clock.h"
#include "common/uuid.h"

namespace cell0::gateway {

class ClientEvents {
 public:
  static constexpr int kPerSecondMax = 20;  // of each kind
  using Publish = std::function<void(const v1::Envelope&)>;

  ClientEvents(const Clock& clock, UuidGenerator& ids, Publish publish)
      : clock_(clock), ids_(ids), publish_(std::move(publish)) {}

  void connected(const std::string& client_id, const std::string& path);
  void disconnected(const std::string& client_id, const std::string& reason);

  // Once a second: publishes the sums of what was held back, with client_id "*" and a `count`.
  void on_tick();

 private:
  v1::Envelope envelope();

  const Clock& clock_;
  UuidGenerator& ids_;
  Publish publish_;
  int connects_ = 0;
  int disconnects_ = 0;
};

}  // namespace cell0::gateway
