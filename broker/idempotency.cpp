#include "broker/idempotency.h"

#include "common/check.h"

namespace cell0::broker {

// The entity's length in front: "a" + "bc" is not "ab" + "c".
std::string_view Idempotency::name_of(const Key& key) {
  name_ = std::to_string(key.entity.size());
  name_.append(" ").append(key.entity).append(key.key);
  return name_;
}

Idempotency::Entries::iterator Idempotency::find(const Key& key) {
  const auto known = by_name_.find(name_of(key));
  return known == by_name_.end() ? entries_.end() : known->second;
}

Idempotency::Answer Idempotency::look(const Key& key, WallTime now) {
  const auto entry = find(key);
  if (entry == entries_.end()) return {};
  if (aged(*entry, now)) {
    erase(entry);
    return {};
  }
  if (entry->digest != key.digest) return {Verdict::kReused, entry->seq};
  return {entry->seq == Seq{} ? Verdict::kUnseen : Verdict::kKnown, entry->seq};
}

void Idempotency::begin(const Key& key, WallTime now) {
  CELL0_CHECK(find(key) == entries_.end());
  add(key, Seq{}, now);
}

void Idempotency::settle(const Key& key, Seq seq) {
  if (const auto entry = find(key); entry != entries_.end()) entry->seq = seq;
}

void Idempotency::give_back(const Key& key) {
  if (const auto entry = find(key); entry != entries_.end()) erase(entry);
}

void Idempotency::restore(const Key& key, Seq seq, WallTime at) {
  give_back(key);
  add(key, seq, at);
}

void Idempotency::drop_aged(WallTime now) {
  while (!entries_.empty() && aged(entries_.front(), now)) erase(entries_.begin());
}

void Idempotency::add(const Key& key, Seq seq, WallTime at) {
  // One that is not yet committed stays: those are bounded by the events that wait for a commit.
  while (entries_.size() >= limits_.keys_max && entries_.front().seq != Seq{}) {
    erase(entries_.begin());
    ++forgotten_;
  }
  entries_.push_back({std::string(name_of(key)), key.digest, seq, at});
  by_name_.emplace(entries_.back().name, std::prev(entries_.end()));
}

void Idempotency::erase(Entries::iterator entry) {
  by_name_.erase(entry->name);
  entries_.erase(entry);
}

}  // namespace cell0::broker
