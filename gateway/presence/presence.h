// Who is there, on all gateways: the one place that sessions, dialects and routes use for it.
//
// Writing: connected(), gone(), update() and the counts of subscribers say what happens here; it is announced to the
// broker at once, gathered per turn (announcer.h). Reading: answered without a question from the replica of what the
// broker knows (replica.h), with what was said here and is not yet there laid over it. When an entity changes,
// anywhere, the broker publishes presence_changed on presence.<entity_type>.<entity_id> (common/presence_entry.h);
// clients subscribe to those topics like to any other. docs/presence.md tells the whole.
//
// One thread. Pure: no socket, no timer; PresenceSource has them. Nothing calls back from within a call, except where a
// function says so. Bounded by the clients that are connected here and by what the broker lets in.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/presence_entry.h"
#include "common/result.h"
#include "gateway/limits.h"
#include "gateway/presence/announcer.h"
#include "gateway/presence/entity.h"
#include "gateway/presence/presence_source.h"
#include "gateway/presence/recipients.h"
#include "gateway/presence/replica.h"

namespace cell0::gateway {

// Which entries.
struct PresenceQuery {
  std::string entity_type;      // empty: any
  bool connected_only = false;  // those with a live connection, whatever their status; else also who went lately
  std::string after;            // ids after this one
  std::size_t limit = 1000;     // REQUIRES: > 0
};
struct PresencePage {
  std::vector<v1::PresenceEntity> entries;  // in the order of their ids
  bool more = false;
};

class Presence {
 public:
  // `incarnation`: 16 bytes, new at each start. The references outlive it.
  Presence(PresenceSource& source, const Clock& clock, const CoreLimits& limits, std::string incarnation);
  ~Presence() { *alive_ = false; }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  // ---- what happens here

  // The connection belongs to this entity from now on, to no other any more. The entity is online, with the status and
  // what else it said before on any of its connections; without any it begins as "online". kInvalid, kTooLarge: as
  // check_presence; then nothing has changed.
  Result<void> connected(ConnectionId connection, const EntityInfo& info);
  // The connection has ended. One that is not known is ignored: call it for every connection.
  void gone(ConnectionId connection);
  // kNotFound: the entity has no connection here. kInvalid, kTooLarge: as check_presence; then nothing has changed.
  Result<void> update(std::string_view entity_id, const PresenceUpdate& update);
  // A sign of life: last_seen of its entity. Not announced by itself: elsewhere last_seen is as of the last change.
  void seen(ConnectionId connection);

  // One subscriber more, or less, of a topic whose subscribers are counted over all gateways.
  void subscribed(const std::string& topic);
  void unsubscribed(const std::string& topic);  // REQUIRES: it was subscribed()

  // ---- who is there, on all gateways

  // Online, or gone lately (its status is "offline" then, connections 0). nullopt: nobody knows it.
  std::optional<v1::PresenceEntity> find(std::string_view entity_id) const;
  // It has a live connection somewhere, whatever its status.
  bool online(std::string_view entity_id) const;
  // A walk over the replica behind query.after: O(log n + what it looks at).
  PresencePage page(const PresenceQuery& query) const;
  // False until the broker's first snapshot has come: then find() and page() know only who is connected here.
  bool loaded() const { return replica_.loaded(); }
  // The broker has started less than one lease ago: others may be missing yet, and nobody is called offline.
  bool warming() const { return warming_; }

  // ---- questions to the broker

  // Calls `done` once the broker has everything that was said here so far, so that it counts on all gateways; at once,
  // from within the call, if it has, or if the broker is away (it is told everything when it is back). When the link
  // goes while it waits it is called then.
  void announced(std::function<void()> done);
  // How many subscribers a topic has on all gateways together; those here if the broker is away or does not answer, at
  // once then, from within the call.
  void recipients(const std::string& topic, std::function<void(std::uint64_t count)> done);

  // ---- for the owner

  // The end of a turn (run_presence_soon()).
  void run();
  // About once a second.
  void on_tick();
  // The link to the broker is up (again, perhaps to another one), or down.
  void on_link(bool up);
  // A presence_changed event of the stream, in its order, with its data.
  void on_changed(std::uint64_t seq, std::string_view data);
  // Events may have been missed: the replica is made equal to the broker's again.
  void on_gap();

  struct Figures {
    std::size_t entities = 0;  // in the replica
    std::size_t online = 0;    // of them
    std::size_t entities_here = 0;
    std::size_t topics_here = 0;
    std::uint64_t announcements = 0;  // requests, renewals included
    std::uint64_t announced_all = 0;  // times that everything was announced
    std::uint64_t snapshots = 0;      // loaded
    std::uint64_t unreadable = 0;     // presence_changed events that are not the broker's
  };
  Figures figures() const;

 private:
  v1::PresenceEntity overlaid(const v1::PresenceEntity* here, const v1::PresenceEntity* known) const;
  void run_soon();
  void announce();
  void ask_page();
  void adopt_all();
  void ask_recipients();

  PresenceSource& source_;
  const Clock& clock_;
  Replica replica_;
  Announcer announcer_;
  Recipients recipients_;
  bool warming_ = false;
  bool run_asked_ = false;
  bool paused_ = false;  // the broker did not answer: until the next tick
  std::uint64_t unreadable_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // gone for answers that come after it
};

}  // namespace cell0::gateway
