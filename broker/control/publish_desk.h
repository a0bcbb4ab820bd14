// The acknowledged path: takes the events of PublishRequests by the origins' rules, and answers each request once its
// turn is committed and published (design, section 3).
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "broker/control/answers.h"
#include "broker/control/request_view.h"
#include "broker/counters.h"
#include "broker/intake.h"
#include "broker/limits.h"
#include "broker/origins.h"
#include "common/log.h"

namespace cell0::broker {

class PublishDesk {
 public:
  // All outlive it.
  PublishDesk(const Limits& limits, Intake& intake, Answers& answers, Counters& counters, const Clock& clock, Log& log);

  // kInvalid, kTooLarge: the request as a whole. kUnavailable: too many wait. Else it is answered, now or later.
  Result<void> take(std::string_view peer, std::uint64_t id, std::string_view body);

  // A turn is committed and published, or failed: answers what waited for it.
  void settled(const Drafts& drafts, const Result<void>& result);

  void drop_idle_origins() { origins_.drop_idle(clock_.mono()); }
  std::size_t origins() const { return origins_.size(); }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Outcome {
    v1::PublishOutcome::Status status = v1::PublishOutcome::UNEXPECTED;
    std::uint64_t seq = 0;  // of an accepted one: its index in the drafts, until these are settled
    std::string error;
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
  };

  Result<void> check(const PublishView& request) const;
  Outcome take_event(Origin& origin, std::uint64_t n, std::string_view envelope);
  Outcome take_next(Origin& origin, std::string_view envelope);
  void note_rejected(const Error& error);
  void settle(Waiting& waiting, const Drafts& drafts);
  void take_back(Waiting& waiting, const Error& error);
  void answer(const Waiting& waiting);

  const Limits& limits_;
  Intake& intake_;
  Answers& answers_;
  Counters& counters_;
  const Clock& clock_;
  Log& log_;
  LogThrottle throttle_;
  Origins origins_;
  PublishView request_;  // kept for its memory, as are the next three
  std::vector<Waiting> spare_;
  std::string body_;
  std::string encoded_;
  std::deque<Waiting> waiting_;  // turns ascend
};

}  // namespace cell0::broker
