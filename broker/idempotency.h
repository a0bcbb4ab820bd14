// Idempotency keys: which publish became which event (dialects.md, section 6). A second publish with a key that is
// known is a duplicate of the first, from whatever gateway it comes, also while the first is not yet committed.
//
// A key belongs to an entity and is known for age_max. Bounded: beyond keys_max the oldest is forgotten before its time
// (counted: a publish that is repeated after that is taken again). Pure; one thread. What outlives the process are the
// notes of the drafts; restore() takes them back.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/clock.h"
#include "common/seq.h"

namespace cell0::broker {

struct IdempotencyLimits {
  std::size_t keys_max = 262'144;
  Duration age_max = std::chrono::hours(24);
};

class Idempotency {
 public:
  struct Key {
    std::string_view entity;
    std::string_view key;
    std::uint64_t digest = 0;  // of what is published under it
  };
  enum class Verdict {
    kNew,     // nobody has used it: begin() it
    kKnown,   // the same event: it became `seq`
    kUnseen,  // the same event, taken and not yet committed
    kReused,  // a different event, which became `seq` (0: not yet committed)
  };
  struct Answer {
    Verdict verdict = Verdict::kNew;
    Seq seq;
  };

  explicit Idempotency(IdempotencyLimits limits) : limits_(limits) {}

  Answer look(const Key& key, WallTime now);

  // The event is taken. REQUIRES: look() said kNew.
  void begin(const Key& key, WallTime now);
  // It is committed as seq, or it was not and the key is free again. Nothing happens if the key is not known.
  void settle(const Key& key, Seq seq);
  void give_back(const Key& key);

  // A key of an earlier run, the oldest first. The last one of a name holds.
  void restore(const Key& key, Seq seq, WallTime at);

  void drop_aged(WallTime now);

  std::size_t size() const { return by_name_.size(); }
  std::uint64_t forgotten() const { return forgotten_; }  // before their time

 private:
  struct Entry {
    std::string name;
    std::uint64_t digest = 0;
    Seq seq;  // 0: not yet committed
    WallTime at{};
  };
  using Entries = std::list<Entry>;  // the oldest at the front

  std::string_view name_of(const Key& key);
  Entries::iterator find(const Key& key);
  void add(const Key& key, Seq seq, WallTime at);
  void erase(Entries::iterator entry);
  bool aged(const Entry& entry, WallTime now) const { return entry.seq != Seq{} && now - entry.at >= limits_.age_max; }

  IdempotencyLimits limits_;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> by_name_;  // names view into the entries
  std::string name_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace cell0::broker
