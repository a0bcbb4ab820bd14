// Which tokens have been revoked, as this gateway knows: all of the broker's, asked for when the link comes up and
// again after whatever may have been missed; and each new one as it is published.
//
// Pure: no socket, no timer; one thread. Bounded by the broker's own bound; what has expired is forgotten.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/result.h"
#include "gateway/auth/access.h"

namespace cell0::gateway {

// The broker.
class RevocationSource {
 public:
  using OnPage = std::function<void(Result<v1::RevocationsAnswer>)>;
  using OnRevoked = std::function<void(Result<v1::RevokeAnswer>)>;

  virtual ~RevocationSource() = default;
  // `done` is called exactly once, later.
  virtual void ask_revocations(const v1::RevocationsRequest& request, OnPage done) = 0;
  virtual void tell_revoked(const v1::RevokeRequest& request, OnRevoked done) = 0;
};

class Revocations {
 public:
  // There is more to end than before: go through the clients.
  using OnNew = std::function<void()>;

  // `unknown_max`: for so long after they were all known last they count as known. Both references outlive it.
  Revocations(RevocationSource& source, const Clock& clock, Duration unknown_max);
  ~Revocations() { *alive_ = false; }
  Revocations(const Revocations&) = delete;
  Revocations& operator=(const Revocations&) = delete;

  void on_new(OnNew handler) { on_new_ = std::move(handler); }

  // The token, or one that it was derived from.
  bool revoked(const Access& access) const;

  // All are known now; false until the first snapshot has come, while the link is down and until the next has come.
  bool current() const { return current_; }
  // ... or were, not longer ago than unknown_max: tokens may be taken.
  bool known() const;

  // Events flow from now on: asks for all. Or no more.
  void on_link(bool up);
  // Some may have been missed: the broker has started, or events were skipped. Asks for all, if the link is up.
  void on_missed();
  // A token_revoked event, as soon as it is received; known ones do no harm.
  void on_event(const v1::Revocation& revocation);
  // About once a second: asks again if the last question failed, forgets what has expired.
  void on_tick();

  // `done` when the broker has it, and so every gateway is about to; it is in force here right after `done`, so that
  // who ends his own token hears of it. With an error: in force here, elsewhere perhaps not.
  void revoke(const v1::Revocation& revocation, RevocationSource::OnRevoked done);

  std::size_t size() const { return expires_.size(); }

 private:
  void add(const v1::Revocation& revocation);
  void ask(const std::string& after);
  void on_page(std::uint64_t generation, const Result<v1::RevocationsAnswer>& page);

  RevocationSource& source_;
  const Clock& clock_;
  Duration unknown_max_;
  OnNew on_new_;
  std::unordered_map<std::string, WallTime> expires_;  // by token id
  std::unordered_set<std::string> telling_;            // under way: in force when the broker has answered
  bool link_ = false;
  bool current_ = false;
  bool asking_ = false;
  std::uint64_t generation_ = 0;  // answers of an earlier one are of no use
  std::optional<MonoTime> known_at_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::gateway
