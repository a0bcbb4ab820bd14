#include "broker/pub_gaps.h"

#include <algorithm>

#include "common/event_check.h"

namespace cell0::broker {

std::uint64_t PubGaps::see(const v1::Origin& origin) {
  if (origin.n() == 0 || !is_emitter_id(origin.emitter_id())) return 0;
  const std::uint64_t incarnation = origin.incarnation();
  key_.assign(reinterpret_cast<const char*>(&incarnation), sizeof incarnation);
  key_ += origin.emitter_id();

  const auto known = by_key_.find(key_);
  if (known == by_key_.end()) {
    if (by_key_.size() >= origins_max_) {
      by_key_.erase(entries_.back().key);
      entries_.pop_back();
    }
    entries_.push_front({key_, origin.n()});
    by_key_.emplace(entries_.front().key, entries_.begin());
    return 0;
  }
  entries_.splice(entries_.begin(), entries_, known->second);
  Entry& entry = entries_.front();
  const std::uint64_t lost = origin.n() > entry.last + 1 ? origin.n() - entry.last - 1 : 0;
  entry.last = std::max(entry.last, origin.n());
  return lost;
}

}  // namespace cell0::broker
