// Revokes tokens: each is stored with its token_revoked event, in one transaction, and answered once that is committed
// and published; only then is it in the snapshots.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/control/answers.h"
#include "broker/intake.h"
#include "broker/revocations.h"
#include "common/uuid.h"

namespace cell0::broker {

class RevocationDesk {
 public:
  // All outlive it.
  RevocationDesk(Revocations& revocations, Intake& intake, Answers& answers, const Clock& clock, Random& random)
      : revocations_(revocations), intake_(intake), answers_(answers), clock_(clock), ids_(clock, random) {}

  // True: answered later. False: it was revoked before. kInvalid, kFull.
  Result<bool> take(std::string_view peer, std::uint64_t id, const v1::Revocation& revocation);

  // A turn is over: `result` says whether it was committed.
  void settled(const Drafts& drafts, const Result<void>& result);

  const Revocations& revocations() const { return revocations_; }

 private:
  struct Waiting {
    std::uint64_t turn;
    std::string peer;
    std::uint64_t id;
    v1::Revocation revocation;
  };
  Result<Intake::Place> publish(const v1::Revocation& revocation);

  Revocations& revocations_;
  Intake& intake_;
  Answers& answers_;
  const Clock& clock_;
  UuidGenerator ids_;
  std::vector<Waiting> waiting_;  // bounded with the revocations
};

}  // namespace cell0::broker
