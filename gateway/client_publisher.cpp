#include "gateway/client_publisher.h"

#include <algorithm>
#include <utility>

namespace cell0::gateway {

Result<void> ClientPublisher::publish(const v1::Envelope& envelope, link::OnPublished done,
                                      std::optional<link::PublishKey> key) {
  if (!done) return publish_(envelope, {}, std::move(key));
  return publish_(
      envelope, [this, done = std::move(done)](const link::PublishResult& result) { hold(result, done); },
      std::move(key));
}

void ClientPublisher::hold(const link::PublishResult& result, const link::OnPublished& done) {
  if (!result.ok() || result.seq <= newest_ || stalled_ || held_.size() >= kHeldEventsMax) return done(result);
  held_.emplace(result.seq, Held{result, done, clock_.mono()});
}

void ClientPublisher::on_stream(Seq newest) {
  if (newest <= newest_) return;
  newest_ = newest;
  stalled_ = false;
  tell(newest);
}

void ClientPublisher::on_stalled() {
  stalled_ = true;
  tell(kSeqMax);
}

void ClientPublisher::on_tick() {
  const MonoTime now = clock_.mono();
  const bool late =
      std::any_of(held_.begin(), held_.end(), [now](const auto& held) { return now - held.second.since >= kHeldMax; });
  if (late) on_stalled();
}

void ClientPublisher::tell(Seq through) {
  while (!held_.empty() && held_.begin()->first <= through) {
    const auto told = held_.extract(held_.begin());  // a handler may publish again
    told.mapped().done(told.mapped().result);
  }
}

}  // namespace cell0::gateway
