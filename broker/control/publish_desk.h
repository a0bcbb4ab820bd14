// The acknowledged path: takes the events of PublishRequests by the origins' rules and their idempotency keys, and
// answers each request once its turn is committed and published (design, section 3).
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/control/answers.h"
#include "broker/control/request_view.h"
#include "broker/counters.h"
#include "broker/idempotency.h"
#include "broker/intake.h"
#include "broker/limits.h"
#include "broker/origins.h"
#include "common/log.h"

namespace cell0::broker {

class PublishDesk {
 public:
  // All outlive it.
  PublishDesk(const Limits& limits, Intake& intake, Answers& answers, Counters& counters, const Clock& clock, Log& log);

  // Whether a worker's epoch counts; without it none does. kNotYet: of an earlier run of the broker, its worker may
  // come and go on with what it owns: its events are refused for now only.
  enum class FenceVerdict { kHolds, kOver, kNotYet };
  using JudgeFence = std::function<FenceVerdict(std::string_view service, std::uint64_t epoch)>;
  void fences(JudgeFence judge) { judge_fence_ = std::move(judge); }

  // kInvalid, kTooLarge: the request as a whole. kUnavailable: too many wait. Else it is answered, now or later.
  Result<void> take(std::string_view peer, std::uint64_t id, std::string_view body);

  // A commit has failed: takes back what was taken of an origin from its first event that cannot be kept on, also what
  // gathers already, so that the emitter's order holds. Takes these events out of the drafts.
  void not_committed(Drafts& failed, Drafts& gathered, const Error& error);

  // A turn is committed and published, as far as it was not taken back: answers what waited for it.
  void settled(const Drafts& drafts);

  void drop_idle();
  std::size_t origins() const { return origins_.size(); }
  const Idempotency& keys() const { return keys_; }

  // Of an earlier run of the broker, from the log. REQUIRES: before take(); the longest idle, or oldest, first.
  void restore_origin(std::string_view emitter_id, std::uint64_t incarnation, std::uint64_t last_n) {
    origins_.open(emitter_id, incarnation, last_n, clock_.mono());
  }
  void restore_key(const Idempotency::Key& key, Seq seq, WallTime at) { keys_.restore(key, seq, at); }

  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Outcome {
    v1::PublishOutcome::Status status = v1::PublishOutcome::UNEXPECTED;
    std::uint64_t seq = 0;                     // of an accepted one: its index in the drafts, until these are settled
    std::unique_ptr<const std::string> error;  // null: there is none, as with nearly all

    static Outcome refused(v1::PublishOutcome::Status status, std::string error, Seq seq = {}) {
      return {status, seq.value, std::make_unique<const std::string>(std::move(error))};
    }
  };
  struct EventKey {
    std::size_t index = 0;  // of the outcome
    std::string entity;
    std::string key;
    std::uint64_t digest = 0;
    bool unseen = false;  // the first event with it was not committed when this one came

    Idempotency::Key view() const { return {entity, key, digest}; }
  };
  struct Waiting {
    std::string peer;
    std::uint64_t id = 0;
    std::uint64_t turn = 0;  // answer after it; 0: at once
    std::string emitter_id;
    std::uint64_t incarnation = 0;
    std::uint64_t first_n = 0;
    std::uint64_t expected_n = 0;
    std::vector<Outcome> outcomes;
    std::vector<EventKey> keys;
  };

  Result<void> check(const PublishView& request) const;
  void take_keys(Waiting& waiting) const;
  FenceVerdict fence_verdict() const;
  Outcome take_event(Origin& origin, std::uint64_t n, std::string_view envelope, EventKey* key);
  Outcome take_next(Origin& origin, std::string_view envelope, const EventKey* key);
  Outcome take_fenced(Origin& origin);
  Outcome take_early() const;
  Outcome take_again(Seq seq, std::string_view envelope);
  Outcome take_known(Origin& origin, std::uint64_t n, EventKey& key, const Idempotency::Answer& known);
  Outcome key_reused(const EventKey& key, Seq seq);
  void note_origin(const Waiting& waiting);
  void note_rejected(const Error& error);
  void settle(Waiting& waiting, const Drafts& drafts);
  void settle_keys(Waiting& waiting, Origin* origin);
  void give_back_stored(const Drafts& failed);
  bool take_back(Waiting& waiting, std::vector<bool>& gone, const std::string& why);
  void take_back_keys(const Waiting& waiting);
  void correct_notes(Drafts& gathered);
  void answer(const Waiting& waiting);

  const Limits& limits_;
  Intake& intake_;
  Answers& answers_;
  Counters& counters_;
  const Clock& clock_;
  Log& log_;
  LogThrottle throttle_;
  JudgeFence judge_fence_;
  FenceVerdict fence_ = FenceVerdict::kHolds;  // of the request that is being taken
  Origins origins_;
  Idempotency keys_;
  PublishView request_;  // kept for its memory, as are the next three
  std::vector<Waiting> spare_;
  std::string body_;
  std::string encoded_;
  std::deque<Waiting> waiting_;  // turns ascend
};

}  // namespace cell0::broker
