#include "broker/origins.h"

#include <algorithm>
#include <cstring>

#include "common/check.h"

namespace cell0::broker {

Origin::Verdict Origin::judge(std::uint64_t n) const {
  if (n == expected()) return Verdict::kNext;
  if (n > last_) return Verdict::kUnexpected;
  const std::uint64_t* outcome = recent(n);
  return outcome != nullptr && *outcome == kRejected ? Verdict::kRejected : Verdict::kDuplicate;
}

const std::uint64_t* Origin::recent(std::uint64_t n) const {
  if (n > last_ || last_ - n >= recent_.size()) return nullptr;
  return &recent_[recent_.size() - 1 - (last_ - n)];
}

void Origin::consume(std::uint64_t outcome) {
  ++last_;
  recent_.push_back(outcome);
  if (recent_.size() > recent_max_) recent_.pop_front();
}

void Origin::raise(std::uint64_t answered_through) {
  if (answered_through <= last_) return;
  last_ = answered_through;
  recent_.clear();  // what lies between is not known
}

void Origin::set_seq(std::uint64_t n, Seq seq) {
  const std::uint64_t* outcome = recent(n);
  if (outcome != nullptr) recent_[recent_.size() - 1 - (last_ - n)] = seq.value;
}

Seq Origin::seq_of(std::uint64_t n) const {
  const std::uint64_t* outcome = recent(n);
  return outcome == nullptr || *outcome == kRejected ? Seq{} : Seq{*outcome};
}

void Origin::give_back(std::uint64_t from_n) {
  CELL0_CHECK(from_n > 0);
  while (last_ >= from_n) {
    --last_;
    if (!recent_.empty()) recent_.pop_back();
  }
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
