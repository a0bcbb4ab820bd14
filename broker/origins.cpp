#include "broker/origins.h"

#include <algorithm>

#include "common/check.h"

namespace cell0::broker {

Origin::Verdict Origin::judge(std::uint64_t n) const {
  if (n == expected()) return Verdict::kNext;
  if (n > last_) return Verdict::kUnexpected;
  return known(n) && outcome(n) == kRejected ? Verdict::kRejected : Verdict::kDuplicate;
}

void Origin::consume(std::uint64_t as) {
  if (recent_ == ring_.size()) grow();
  outcome(++last_) = as;
  recent_ = std::min(recent_ + 1, recent_max_);
}

// Doubles the ring until it holds recent_max_.
void Origin::grow() {
  if (!ring_.empty() && recent_ >= recent_max_) return;
  std::vector<std::uint64_t> ring(std::max<std::size_t>(16, 2 * ring_.size()));
  for (std::uint64_t n = last_; last_ - n < recent_; --n) ring[n & (ring.size() - 1)] = outcome(n);
  ring_ = std::move(ring);
}

void Origin::raise(std::uint64_t answered_through) {
  if (answered_through <= last_) return;
  last_ = answered_through;
  recent_ = 0;  // what lies between is not known
}

void Origin::set_seq(std::uint64_t n, Seq seq) {
  if (known(n)) outcome(n) = seq.value;
}

Seq Origin::seq_of(std::uint64_t n) const { return known(n) && outcome(n) != kRejected ? Seq{outcome(n)} : Seq{}; }

void Origin::give_back(std::uint64_t from_n) {
  CELL0_CHECK(from_n > 0);
  const std::uint64_t back = last_ + 1 - std::min(from_n, last_ + 1);
  last_ -= back;
  recent_ -= std::min<std::uint64_t>(recent_, back);
}

std::string_view Origins::key_of(std::string_view emitter_id, std::uint64_t incarnation) {
  key_.assign(reinterpret_cast<const char*>(&incarnation), sizeof incarnation);
  key_ += emitter_id;
  return key_;
}

Origin& Origins::open(std::string_view emitter_id, std::uint64_t incarnation, std::uint64_t answered_through,
                      MonoTime now) {
  const auto known = by_key_.find(key_of(emitter_id, incarnation));
  if (known != by_key_.end()) {
    entries_.splice(entries_.begin(), entries_, known->second);
  } else {
    if (by_key_.size() >= limits_.origins_max) drop_oldest();
    entries_.push_front({key_, {}, now});
    entries_.front().origin.recent_max_ = limits_.recent_max;
    by_key_.emplace(entries_.front().key, entries_.begin());
  }
  Entry& entry = entries_.front();
  entry.used = now;
  entry.origin.raise(answered_through);
  return entry.origin;
}

Origin* Origins::find(std::string_view emitter_id, std::uint64_t incarnation) {
  const auto known = by_key_.find(key_of(emitter_id, incarnation));
  return known == by_key_.end() ? nullptr : &known->second->origin;
}

void Origins::drop_oldest() {
  by_key_.erase(entries_.back().key);
  entries_.pop_back();
}

void Origins::drop_idle(MonoTime now) {
  while (!entries_.empty() && now - entries_.back().used > limits_.idle_max) drop_oldest();
}

}  // namespace cell0::broker
