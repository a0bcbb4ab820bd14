// Who is connected, on all gateways, and how many subscribers their topics have: leases of gateways (design, section 6;
// docs/presence.md; PresenceRequest in control.proto).
//
// A gateway announces what it has and what changes, numbered, and renews; without a word for one lease it is gone, and
// all that it announced with it. An entity is there while any gateway's word says so; of several words the one that was
// updated last describes it, and a gateway that says an older one is told by publishing the entity again. Whoever goes
// is kept as offline for a while, bounded.
//
// Everything a gateway has: requests with `all`, numbered one after another, each with a part of it; the first without
// `all` ends the series, and what the gateway had before and did not mention in it is gone then, not earlier: nobody
// flickers while a gateway announces anew. A series that begins anew leaves out a number.
//
// Warming: for a lease after a start, less a tick so that all is right within it, nobody is called offline. What
// gateways have `seen` elsewhere, and whoever goes, is held until then.
//
// Our own stalls extend the leases: a renewal may wait in a socket that we did not read.
//
// Pure: times are arguments; one thread. Bounded by PresenceBounds; over a bound the new entity or topic is left out
// and counted, a new gateway refused.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "broker/lease_table.h"
#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/result.h"

namespace cell0::broker {

struct PresenceBounds {
  std::size_t gateways_max = 256;
  std::size_t entities_max = 100'000;  // that are there
  std::size_t bytes_max = 256u << 20;  // of what is said of them, encoded
  std::size_t topics_max = 100'000;    // with subscribers; of each gateway, too
  std::size_t offline_max = 10'000;    // that went lately; over it the longest gone is forgotten
  Duration offline_kept = std::chrono::hours(1);
  Duration lease = std::chrono::seconds(7);
  Duration tick = std::chrono::seconds(1);  // how often tick() is called; if nothing is called for longer, we stall
};

class Presence {
 public:
  // `warm`: there may have been an earlier run that gateways remember.
  Presence(const PresenceBounds& bounds, MonoTime now, bool warm);
  ~Presence();
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  // Takes an announcement and renews its gateway's lease. ANNOUNCE_ALL: nothing of it was taken. kInvalid: no
  // incarnation of 16 bytes; kUnavailable: too many gateways.
  Result<v1::PresenceAnswer::Status> announce(const v1::PresenceRequest& request, MonoTime now, WallTime wall);

  // About once a second: ends leases and the warming, forgets. The number of gateways that are gone.
  std::size_t tick(MonoTime now);

  bool warming() const { return warming_; }

  // Entities that have changed and are to be published, the oldest change first; of several changes of one the last
  // alone. nullptr: none. The reference holds until the next call that is not const.
  const v1::PresenceEntity* next_change() const;
  void change_taken();  // REQUIRES: next_change() is not null

  // Entities with an id after `after`, in order: at most `limit` (0: no such bound) and about `bytes_max`, one at
  // least. head_seq is the caller's.
  v1::PresenceSnapshot snapshot(const std::string& after, std::size_t limit, std::size_t bytes_max) const;

  std::uint32_t subscribers(const std::string& topic) const;
  // Of topics that begin with `prefix`, in order, at most `limit`.
  v1::SubscriberCountsAnswer subscribers_under(const std::string& prefix, std::size_t limit) const;

  struct Figures {
    std::size_t gateways = 0;
    std::size_t entities = 0;  // that are there
    std::size_t offline = 0;
    std::size_t bytes = 0;  // of what is said of them all
    std::size_t topics = 0;
    std::size_t changes = 0;         // that wait to be published
    std::uint64_t left_out = 0;      // entities and topics, over a bound or not valid
    std::uint64_t announce_all = 0;  // answers that asked for everything
    std::uint64_t leases_over = 0;
  };
  Figures figures() const;

 private:
  struct Lease;
  struct Entity;
  // What one gateway says of an entity; `lease` is null for what is held until the warming is over.
  struct Word {
    Lease* lease = nullptr;
    std::uint64_t series = 0;
    v1::PresenceEntity said;
  };
  struct Entity {
    v1::PresenceEntity now;  // what all words come to
    std::vector<Word> words;
    bool changed = false;  // in changes_
    MonoTime went{};       // while it has no words
  };
  struct Topic {
    std::uint32_t subscribers = 0;
    std::uint64_t series = 0;
  };
  struct Lease {
    std::uint64_t counter = 0;
    WallTime renewed{};
    bool announcing = false;  // a series is open
    std::uint64_t series = 0;
    std::unordered_set<Entity*> entities;
    std::unordered_map<std::string, Topic> topics;
  };

  Lease* admit(const v1::PresenceRequest& request, MonoTime now, bool& refused);
  void take(const v1::PresenceRequest& request, Lease& lease, MonoTime now, WallTime wall);
  void take_seen(const v1::PresenceEntity& said);
  void take_entity(const v1::PresenceEntity& said, Lease& lease);
  void take_topic(const v1::SubscriberCount& count, Lease& lease);
  void end_series(Lease& lease, MonoTime now, WallTime wall);
  void end_lease(Lease& lease, MonoTime now);
  void end_warming(MonoTime now);

  Entity* entity_for(const v1::PresenceEntity& said);
  static Word* word_of(Entity& entity, const Lease* lease);
  void say(Entity& entity, Lease* lease, const v1::PresenceEntity& said, bool silently);
  void withdraw(Entity& entity, Lease& lease, MonoTime now, WallTime last_seen);
  void remove_word(Entity& entity, const Lease* lease, MonoTime now, WallTime last_seen);
  static v1::PresenceEntity sum_of(const Entity& entity);
  void settle(Entity& entity, bool silently);
  void mark_changed(Entity& entity);
  void count(const std::string& topic, std::uint32_t before, std::uint32_t after);
  void forget(MonoTime now);

  PresenceBounds bounds_;
  bool warming_;
  MonoTime warm_until_;
  std::size_t bytes_ = 0;
  LeaseTable<Lease> leases_;                                  // by incarnation
  std::map<std::string, Entity, std::less<>> entities_;       // by id; those that are there and those that went
  std::set<std::pair<MonoTime, Entity*>> offline_;            // by when they went
  std::map<std::string, std::uint32_t, std::less<>> topics_;  // over all gateways
  std::deque<Entity*> changes_;
  Figures figures_;
};

}  // namespace cell0::broker
