// Who is connected to this gateway and how many subscribers its topics have; and what the broker has been told of it.
//
// At most one announcement is under way; what happens meanwhile goes with the next. When the broker is new, has lost us
// or did not answer, everything is announced anew, in as many requests as it takes (broker/presence.h, "Everything").
//
// Pure: requests out, answers in; one thread. Bounded by the connections that are here.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/result.h"
#include "gateway/presence/entity.h"

namespace cell0::gateway {

class Announcer {
 public:
  static constexpr std::size_t kRequestBytes = 128u << 10;  // about; half of what the broker takes in one request
  static constexpr std::size_t kWaitingMax = 65'536;        // for announced(); over it a caller is called at once
  static constexpr Duration kRenewEvery = std::chrono::milliseconds(1900);  // on a tick of one second: every 2 s

  // The next entity with an id after `after` that is connected anywhere, as far as is known here; null: no more.
  using NextSeen = std::function<const v1::PresenceEntity*(const std::string& after)>;

  Announcer(std::string incarnation, const Clock& clock, NextSeen next_seen)
      : incarnation_(std::move(incarnation)), clock_(clock), next_seen_(std::move(next_seen)) {}

  // As Presence's of the same names. `known`: what the replica has of the entity, or null.
  Result<void> connected(ConnectionId connection, const EntityInfo& info, const v1::PresenceEntity* known);
  void gone(ConnectionId connection);
  Result<void> update(std::string_view entity_id, const PresenceUpdate& update, const v1::PresenceEntity* known);
  void seen(ConnectionId connection);
  void subscribed(const std::string& topic);
  void unsubscribed(const std::string& topic);
  void announced(std::function<void()> done, bool connected);

  // The broker says what an entity has said somewhere: the later word holds here, too.
  void adopt(const v1::PresenceEntity& changed);

  // The entity's word of this gateway; null: it is not connected here.
  const v1::PresenceEntity* find(std::string_view entity_id) const;
  // The first with an id after this one, or null.
  const v1::PresenceEntity* next(std::string_view after) const;
  std::uint32_t subscribers(const std::string& topic) const;

  // ---- telling the broker

  // There is something to tell, or it is time to renew, and no request is under way.
  bool due() const;
  // REQUIRES: no request is under way. Now one is.
  v1::PresenceRequest request();
  void on_answer(const Result<v1::PresenceAnswer>& answer);
  void on_link(bool up);

  std::size_t entities() const { return entities_.size(); }
  std::size_t topics() const { return topics_.size(); }
  std::uint64_t requests() const { return requests_; }
  std::uint64_t series() const { return series_; }

 private:
  struct Local {
    v1::PresenceEntity word;  // with the number of connections here
    bool listed = false;      // in changed_
  };
  struct Topic {
    std::uint32_t subscribers = 0;
    bool listed = false;
  };
  struct Waiting {
    std::uint64_t said = 0;
    std::function<void()> done;
  };
  enum class Series { kClosed, kWanted, kOpen, kEnding };

  void leave(std::map<std::string, Local, std::less<>>::iterator entity);
  void mark(const std::string& id, Local& local);
  void mark_topic(const std::string& name, Topic& topic);
  void want_everything(bool with_seen);
  void begin_series();
  void add_seen(v1::PresenceRequest& request, std::size_t& bytes);
  void add_changed(v1::PresenceRequest& request, std::size_t& bytes);
  void add_topics(v1::PresenceRequest& request, std::size_t& bytes);
  void call_waiting(std::uint64_t through);
  std::int64_t now_us() const { return to_unix_us(clock_.wall()); }

  std::string incarnation_;
  const Clock& clock_;
  NextSeen next_seen_;
  std::map<std::string, Local, std::less<>> entities_;
  std::unordered_map<ConnectionId, std::string> connections_;  // of each, whose it is
  std::unordered_map<std::string, Topic> topics_;
  std::deque<std::string> changed_;  // ids to be announced, or gone
  std::deque<std::string> changed_topics_;
  std::unordered_set<std::string> gone_;  // of them
  std::uint64_t counter_ = 0;
  Series state_ = Series::kWanted;
  bool with_seen_ = true;
  bool seen_open_ = false;  // there is more to be told of it
  std::string seen_after_;
  bool asking_ = false;
  MonoTime asked_at_{};
  std::uint64_t said_ = 1;     // changes so far
  std::uint64_t carried_ = 0;  // of them, those that the broker has once it takes the request under way
  std::uint64_t told_ = 0;     // of them, those that the broker has
  std::deque<Waiting> waiting_;
  std::uint64_t requests_ = 0;
  std::uint64_t series_ = 0;
};

}  // namespace cell0::gateway
