// The acknowledged path's memory: which n of which emitter has been taken (design, section 3, first row).
//
// Per origin {emitter_id, incarnation} only n = last + 1 is taken; a rejected event consumes its n. `answered_through`
// moves last up first, also for an origin that is not known, so that what was lost or forgotten never blocks an
// emitter. Bounded: origins idle for long are dropped, and over the limit the one idle longest. Pure; one thread.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/clock.h"
#include "common/seq.h"

namespace cell0::broker {

struct OriginLimits {
  std::size_t origins_max = 10'000;
  std::size_t recent_max = 1024;  // n of each origin whose outcome is remembered
  Duration idle_max = std::chrono::hours(24 * 7);
};

// One emitter's numbers.
class Origin {
 public:
  enum class Verdict {
    kNext,        // take or reject it
    kDuplicate,   // taken before; seq_of() may know as what
    kRejected,    // rejected before
    kUnexpected,  // not the next: nothing happens
  };

  Verdict judge(std::uint64_t n) const;
  std::uint64_t expected() const { return last_ + 1; }

  // Both: REQUIRES judge(expected()) was just asked; n = expected() is consumed.
  void take() { consume(kPending); }
  void reject() { consume(kRejected); }

  // The seq that a taken n got.
  void set_seq(std::uint64_t n, Seq seq);
  // Of a taken n; 0 if it is not known any more, or not yet.
  Seq seq_of(std::uint64_t n) const;

  // Those from this n on could not be committed: they are expected again.
  void give_back(std::uint64_t from_n);

 private:
  friend class Origins;
  static constexpr std::uint64_t kPending = 0;
  static constexpr std::uint64_t kRejected = UINT64_MAX;

  void consume(std::uint64_t as);
  void raise(std::uint64_t answered_through);
  void grow();
  bool known(std::uint64_t n) const { return n <= last_ && last_ - n < recent_; }
  std::uint64_t& outcome(std::uint64_t n) { return ring_[n & (ring_.size() - 1)]; }
  std::uint64_t outcome(std::uint64_t n) const { return ring_[n & (ring_.size() - 1)]; }

  std::uint64_t last_ = 0;
  std::size_t recent_max_ = 0;
  std::size_t recent_ = 0;           // n up to last_ whose outcome is known
  std::vector<std::uint64_t> ring_;  // their outcomes, each at its n modulo the size, a power of two
};

class Origins {
 public:
  explicit Origins(OriginLimits limits) : limits_(limits) {}

  // The origin, made if it is not known, with answered_through applied. Valid until the next open() or drop_idle().
  Origin& open(std::string_view emitter_id, std::uint64_t incarnation, std::uint64_t answered_through, MonoTime now);

  // Null if it is not known. Does not count as use.
  Origin* find(std::string_view emitter_id, std::uint64_t incarnation);

  void drop_idle(MonoTime now);
  std::size_t size() const { return by_key_.size(); }

 private:
  struct Entry {
    std::string key;
    Origin origin;
    MonoTime used{};
  };
  using Entries = std::list<Entry>;  // the last used at the front

  std::string_view key_of(std::string_view emitter_id, std::uint64_t incarnation);
  void drop_oldest();

  OriginLimits limits_;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // keys view into the entries
  std::string key_;
};

}  // namespace cell0::broker
