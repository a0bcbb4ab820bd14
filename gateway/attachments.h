// Sessions that end with their client (onDisconnect: cancel), whatever takes the client away.
//
// When the connection ends its gateway stops them. So that they also end when the gateway itself dies, each is an
// entity in presence, of the type session, for as long as its client is connected: the broker tells everybody when it
// is gone, and every gateway stops the session then (once is enough, more does no harm). A gateway that starts stops
// those that went while there was none. Bounded by the sessions that clients may attach. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/orchestrators.h"
#include "gateway/presence/presence.h"

namespace cell0::gateway {

class Attachments {
 public:
  using Id = std::uint64_t;  // never used again

  // Both outlive it.
  Attachments(Presence& presence, Orchestrators& orchestrators) : presence_(presence), orchestrators_(orchestrators) {}

  // From now on the session lasts as long as this.
  Id attach(const std::string& session_id);
  // Its client has gone: stops it. REQUIRES: attach() gave the id, once.
  void end(Id id);

  // A presence_changed event of the broker's, with its data.
  void on_presence_changed(std::string_view data);
  // About once a second.
  void on_tick();

 private:
  void stop(const std::string& session_id);

  Presence& presence_;
  Orchestrators& orchestrators_;
  std::unordered_map<Id, std::string> attached_;
  Id next_id_ = Id{1} << 63;  // beyond the ids of connections: to presence each is one
  bool looked_ = false;       // at those that went before this gateway was there
};

}  // namespace cell0::gateway
