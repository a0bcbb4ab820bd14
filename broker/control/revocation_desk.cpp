#include "broker/control/revocation_desk.h"

#include "cell0/v1/event.pb.h"
#include "common/control_topics.h"

namespace cell0::broker {

Result<bool> RevocationDesk::take(std::string_view peer, std::uint64_t id, const v1::Revocation& revocation) {
  if (revocations_.contains(revocation.token_id())) return false;
  if (auto checked = revocations_.check(revocation, waiting_.size(), clock_.wall()); !checked) return checked.error();
  const auto place = publish(revocation);
  if (!place) return place.error();
  intake_.notes().revocations.push_back({revocation.token_id(), from_unix_us(revocation.expires_us())});
  waiting_.push_back({place->turn, std::string(peer), id, revocation});
  return true;
}

Result<Intake::Place> RevocationDesk::publish(const v1::Revocation& revocation) {
  v1::Envelope event;
  event.set_id(std::string(ids_.next().raw()));
  event.set_time_us(to_unix_us(clock_.wall()));
  event.set_source("cell0.broker");
  event.set_topic(std::string(kRevokedTopic));
  v1::TokenRevoked& revoked = *event.mutable_token_revoked();
  revoked.set_token_id(revocation.token_id());
  revoked.set_expires_us(revocation.expires_us());
  return intake_.take_own(event.SerializeAsString());
}

void RevocationDesk::settled(const Drafts& drafts, const Result<void>& result) {
  std::vector<Waiting> others;
  for (Waiting& waiting : waiting_) {
    if (waiting.turn != drafts.turn) {
      others.push_back(std::move(waiting));
      continue;
    }
    if (!result) {
      answers_.fail(waiting.peer, waiting.id, {ErrorCode::kUnavailable, result.error().text});
      continue;
    }
    revocations_.add(waiting.revocation.token_id(), from_unix_us(waiting.revocation.expires_us()));
    v1::Response answer;
    answer.set_id(waiting.id);
    answer.mutable_revoke();
    answers_.send(waiting.peer, answer);
  }
  waiting_ = std::move(others);
}

}  // namespace cell0::broker
