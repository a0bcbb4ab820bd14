#include "broker/revocations.h"

#include <iterator>

namespace cell0::broker {

Result<void> Revocations::check(const v1::Revocation& revocation, std::size_t pending, WallTime now) const {
  const std::size_t bytes = revocation.token_id().size();
  if (bytes == 0 || bytes > limits_.id_bytes_max) {
    return Error{ErrorCode::kInvalid, "revocation.token_id: " + std::to_string(bytes) + " bytes; right are 1-" +
                                          std::to_string(limits_.id_bytes_max)};
  }
  if (from_unix_us(revocation.expires_us()) <= now) {
    return Error{ErrorCode::kInvalid, "revocation.expires_us: the token has expired by itself"};
  }
  if (expires_.size() + pending < limits_.tokens_max) return {};
  return Error{ErrorCode::kFull, "revocations: " + std::to_string(expires_.size()) +
                                     " tokens are revoked that have not expired; change the signing key instead"};
}

v1::RevocationsAnswer Revocations::page(const std::string& after) const {
  v1::RevocationsAnswer answer;
  auto next = expires_.upper_bound(after);
  for (std::size_t i = 0; i < limits_.page_max && next != expires_.end(); ++i, ++next) {
    v1::Revocation& revocation = *answer.add_revocations();
    revocation.set_token_id(next->first);
    revocation.set_expires_us(to_unix_us(next->second));
  }
  answer.set_more(next != expires_.end());
  return answer;
}

void Revocations::expire(WallTime now) {
  for (auto entry = expires_.begin(); entry != expires_.end();) {
    entry = entry->second <= now ? expires_.erase(entry) : std::next(entry);
  }
}

}  // namespace cell0::broker
