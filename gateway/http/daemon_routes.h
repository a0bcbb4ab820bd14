// /api/daemon: what a daemon of Neolith's does for itself over HTTP: registers, shows signs of life, takes the events
// of sessions, live or queued, and acknowledges them (docs/neolith.md).
//
// A gateway keeps nothing of it. A registration is the newest daemon_registered or daemon_unregistered event on
// daemons.<entity>; what is queued for a daemon is history behind its position, which is that of an acknowledged
// consumer. So every gateway answers alike, and none is missed.
#pragma once

#include "common/json.h"
#include "gateway/core.h"
#include "gateway/dialects/neolith.h"
#include "gateway/http/api.h"
#include "gateway/http/neolith_routes.h"
#include "gateway/http/query.h"
#include "gateway/http/router.h"

namespace cell0::gateway {

// {eventIds: [seq, ...]}: numbers, or texts of them; at most kEventIdsMax. kInvalid, kTooLarge.
inline constexpr std::size_t kEventIdsMax = 1000;
Result<std::vector<std::uint64_t>> read_event_ids(const rapidjson::Value& body);

// How far one who stands at `position` has come with these done: up to the last event before the first that is not.
// `events`: what is queued for him, oldest first.
Seq position_with(Seq position, const std::vector<EventPtr>& events, const std::vector<std::uint64_t>& done);

class DaemonRoutes {
 public:
  // Both outlive the routes.
  DaemonRoutes(Core& core, StreamOpener& streams) : core_(core), streams_(streams) {}

  // Outlives the router.
  void add_to(Router& router);

 private:
  // Each is called once, later; if not, the exchange has its error.
  using OnRegistration = std::function<void(const EventPtr& event)>;  // null: it is not registered
  using OnPosition = std::function<void(std::optional<Seq>)>;         // none: it is not registered

  void register_daemon(const Exchange& exchange) const;
  void status(const Exchange& exchange) const;
  void unregister(const Exchange& exchange) const;
  void heartbeat(const Exchange& exchange) const;
  void events(const Exchange& exchange) const;
  void acknowledge(const Exchange& exchange) const;

  void find_registration(const Exchange& exchange, const std::string& entity, OnRegistration found) const;
  void find_position(const Exchange& exchange, OnPosition found) const;
  void move_position(const Exchange& exchange, const std::string& entity, Seq to, std::function<void()> moved) const;
  void publish(const Exchange& exchange, const AccessPtr& access, const char* type, std::string data,
               std::function<void(Seq)> done) const;
  void answer_queued(const Exchange& exchange, const StreamQuery& query, std::uint32_t count) const;

  Core& core_;
  StreamOpener& streams_;
  NeolithStreamRenderer renderer_;
};

}  // namespace cell0::gateway
