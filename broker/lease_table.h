// Who is there as long as they say so: entries by id, each with a lease that a word renews and silence ends. Gateways,
// their presence and workers are kept so.
//
// Our own stalls extend the leases: a renewal may wait in a socket that we did not read. So every call with a time
// counts as a sign that we run, and expire() has to be called every `tick`.
//
// Pure: times are arguments; one thread. Bounded: over `entries_max` a new entry is refused. Values stay where they are
// until they end.
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include "common/clock.h"

namespace cell0::broker {

struct LeaseBounds {
  std::size_t entries_max = 256;
  Duration lease = std::chrono::seconds(7);
  Duration tick = std::chrono::seconds(1);
};

template <typename Value>
class LeaseTable {
 public:
  LeaseTable(const LeaseBounds& bounds, MonoTime now) : bounds_(bounds), last_call_(now) {}

  // nullptr: it is not there.
  Value* find(std::string_view id) {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second.value;
  }
  const Value* find(std::string_view id) const {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second.value;
  }

  // Its lease begins now, or anew. nullptr: it is a new one and the table is full.
  Value* renew(std::string_view id, MonoTime now) {
    note_stall(now);
    auto found = entries_.find(id);
    if (found == entries_.end()) {
      if (entries_.size() >= bounds_.entries_max) return nullptr;
      found = entries_.try_emplace(std::string(id)).first;
    }
    found->second.until = now + bounds_.lease;
    return &found->second.value;
  }

  // Ends it before its time. REQUIRES: it is there.
  void erase(std::string_view id) { entries_.erase(entries_.find(id)); }

  // Ends those whose lease is over: `over` is called with each before it is no more, and must not change the table.
  // How many there were.
  template <typename Over>
  std::size_t expire(MonoTime now, Over over) {
    note_stall(now);
    std::size_t gone = 0;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      if (entry->second.until > now) {
        ++entry;
        continue;
      }
      over(entry->first, entry->second.value);
      entry = entries_.erase(entry);
      ++gone;
    }
    return gone;
  }

  // By how much we were late since the last call, all stalls together. The owner's own deadlines may move by it.
  Duration note_stall(MonoTime now) {
    const Duration late = now - last_call_ - bounds_.tick;
    last_call_ = now;
    if (late <= kLate) return Duration::zero();
    for (auto& [id, entry] : entries_) entry.until += late;
    return late;
  }

  std::size_t size() const { return entries_.size(); }
  std::size_t entries_max() const { return bounds_.entries_max; }
  template <typename Each>
  void for_each(Each each) const {
    for (const auto& [id, entry] : entries_) each(id, entry.value);
  }

 private:
  static constexpr Duration kLate = std::chrono::milliseconds(500);  // of a tick: later than this was a stall

  struct Entry {
    MonoTime until{};
    Value value{};
  };

  LeaseBounds bounds_;
  MonoTime last_call_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace cell0::broker
