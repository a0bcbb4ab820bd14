#include "gateway/client_publisher.h"

#include <vector>

namespace cell0::gateway {

Result<void> ClientPublisher::publish(const v1::Envelope& envelope, link::OnPublished done,
                                      std::optional<link::PublishKey> key) {
  if (!done) return source_.send_event(envelope, {}, std::move(key));
  return source_.send_event(
      envelope, [this, done = std::move(done)](const link::PublishResult& result) mutable { hold(result, done); },
      std::move(key));
}

void ClientPublisher::hold(const link::PublishResult& result, link::OnPublished done) {
  if (!result.ok() || result.seq <= newest_) return done(result);
  held_.emplace(result.seq, Held{result, std::move(done), clock_.mono()});
}

// Not at once: the rest of the batch belongs into the hub first, and a client's next request shall find it quiet.
void ClientPublisher::on_stream(Seq newest) {
  newest_ = newest;
  if (held_.empty() || held_.begin()->first > newest || std::exchange(tell_asked_, true)) return;
  source_.tell_published_soon();
}

void ClientPublisher::tell() {
  tell_asked_ = false;
  std::vector<Held> due;
  while (!held_.empty() && held_.begin()->first <= newest_) {
    due.push_back(std::move(held_.extract(held_.begin()).mapped()));
  }
  for (const Held& held : due) held.done(held.result);
}

void ClientPublisher::on_tick() {
  const MonoTime now = clock_.mono();
  std::vector<Held> due;
  for (auto it = held_.begin(); it != held_.end();) {
    const auto next = std::next(it);
    if (now - it->second.since >= kHeldMax) due.push_back(std::move(held_.extract(it).mapped()));
    it = next;
  }
  for (const Held& held : due) held.done(held.result);
}

}  // namespace cell0::gateway
