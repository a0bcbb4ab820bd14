#include "gateway/subscriptions.h"

#include <algorithm>

namespace cell0::gateway {

Subscriptions::~Subscriptions() {
  hub_.remove(events_);
  for (const auto& one : more_) hub_.remove(*one);
}

Subscription* Subscriptions::find(std::string_view name) {
  const auto found = std::find_if(more_.begin(), more_.end(), [&](const auto& one) { return one->name() == name; });
  return found == more_.end() ? nullptr : found->get();
}

Subscription& Subscriptions::add(std::string name) {
  CELL0_CHECK(find(name) == nullptr);
  more_.push_back(std::make_unique<Subscription>(outlet_, std::move(name)));
  return *more_.back();
}

void Subscriptions::drop(std::string_view name) {
  const auto found = std::find_if(more_.begin(), more_.end(), [&](const auto& one) { return one->name() == name; });
  if (found == more_.end()) return;
  hub_.remove(**found);
  more_.erase(found);
}

std::vector<std::string> Subscriptions::names() const {
  std::vector<std::string> names;
  for (const auto& one : more_) names.push_back(one->name());
  return names;
}

void Subscriptions::on_writable() {
  for (std::size_t tried = 0; tried < 1 + more_.size() && outlet_.idle(); ++tried) {
    last_ = (last_ + 1) % (1 + more_.size());
    hub_.on_writable(at(last_));
  }
}

Lag Subscriptions::lag(WallTime now) const {
  Lag lag = hub_.lag_of(events_, now);
  for (const auto& one : more_) {
    Lag other = hub_.lag_of(*one, now);
    const std::uint64_t skipped = lag.skipped + other.skipped;
    const std::uint64_t notices = lag.notices + other.notices;
    const bool further = other.subscribed && (!lag.subscribed || (!other.live && other.position < lag.position));
    if (further) std::swap(lag, other);
    lag.live = lag.live && (other.live || !other.subscribed);
    lag.skipped = skipped;
    lag.notices = notices;
  }
  return lag;
}

}  // namespace cell0::gateway
