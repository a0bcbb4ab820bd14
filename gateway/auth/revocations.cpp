#include "gateway/auth/revocations.h"

#include <algorithm>
#include <utility>

namespace cell0::gateway {

Revocations::Revocations(RevocationSource& source, const Clock& clock, Duration unknown_max)
    : source_(source), clock_(clock), unknown_max_(unknown_max) {}

bool Revocations::revoked(const Access& access) const {
  if (expires_.empty() || access.token_id.empty()) return false;
  return expires_.count(access.token_id) > 0 ||
         std::any_of(access.derived_from.begin(), access.derived_from.end(),
                     [this](const std::string& id) { return expires_.count(id) > 0; });
}

bool Revocations::known() const { return current_ || (known_at_ && clock_.mono() - *known_at_ <= unknown_max_); }

void Revocations::on_link(bool up) {
  if (current_) known_at_ = clock_.mono();
  link_ = up;
  current_ = false;
  ++generation_;
  asking_ = false;
  if (up) ask("");
}

void Revocations::on_missed() {
  if (link_) on_link(true);
}

void Revocations::on_event(const v1::Revocation& revocation) {
  if (telling_.count(revocation.token_id()) == 0) add(revocation);
}

void Revocations::on_tick() {
  if (current_) known_at_ = clock_.mono();
  if (link_ && !current_ && !asking_) ask("");
  const WallTime now = clock_.wall();
  for (auto entry = expires_.begin(); entry != expires_.end();) {
    entry = entry->second <= now ? expires_.erase(entry) : std::next(entry);
  }
}

void Revocations::add(const v1::Revocation& revocation) {
  const WallTime expires = from_unix_us(revocation.expires_us());
  if (expires <= clock_.wall()) return;
  const bool added = expires_.insert_or_assign(revocation.token_id(), expires).second;
  if (added && on_new_) on_new_();
}

void Revocations::ask(const std::string& after) {
  asking_ = true;
  v1::RevocationsRequest request;
  request.set_after(after);
  source_.ask_revocations(request,
                          [this, alive = alive_, generation = generation_](const Result<v1::RevocationsAnswer>& page) {
                            if (*alive && generation == generation_) on_page(generation, page);
                          });
}

void Revocations::on_page(std::uint64_t generation, const Result<v1::RevocationsAnswer>& page) {
  asking_ = false;
  if (!page) return;  // on_tick() begins again
  for (const v1::Revocation& revocation : page->revocations()) add(revocation);
  if (generation != generation_) return;
  if (page->more() && !page->revocations().empty()) return ask(page->revocations().rbegin()->token_id());
  current_ = true;
  known_at_ = clock_.mono();
}

void Revocations::revoke(const v1::Revocation& revocation, RevocationSource::OnRevoked done) {
  v1::RevokeRequest request;
  *request.mutable_revocation() = revocation;
  telling_.insert(revocation.token_id());
  source_.tell_revoked(
      request, [this, alive = alive_, revocation, done = std::move(done)](const Result<v1::RevokeAnswer>& answer) {
        done(answer);
        if (!*alive) return;
        telling_.erase(revocation.token_id());
        add(revocation);
      });
}

}  // namespace cell0::gateway
