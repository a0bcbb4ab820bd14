// Where seqs come from: never twice the same, over crashes, lost stores and clocks that jump back (design, "seq").
//
// A run starts at max(reserved + 1, last stored + 1, unix_ms << 10) and uses only seqs of blocks that it has reserved
// before. The next block is reserved when half of the present one is used, in the caller's thread: one fsync (about a
// millisecond) per half a block.
#pragma once

#include <cstdint>

#include "broker/seq_reserve.h"
#include "common/clock.h"
#include "common/result.h"
#include "common/seq.h"

namespace cell0::broker {

class SeqSource {
 public:
  // Reserves the first block. kInvalid, kUnavailable: as SeqReserve says, and kInvalid if seqs would pass kSeqMax (a
  // clock beyond the year 2248). REQUIRES: block > 1; reserve outlives the source.
  static Result<SeqSource> create(SeqReserve& reserve, Seq last_stored, WallTime now, std::uint64_t block);

  Seq start() const { return start_; }  // first seq of this run
  Seq next() const { return next_; }

  Seq reserved() const { return Seq{reserved_}; }  // the last that may be used without a new reservation

  // Whether take(count) would not have to reserve, which takes a sync of the disk.
  bool ready(std::uint64_t count) const { return next_.value + count - 1 + block_ / 2 <= reserved_; }

  // The first of `count` seqs in a row. kUnavailable: the block is used up and the next one cannot be reserved; nothing
  // was taken, later may work. REQUIRES: 0 < count.
  Result<Seq> take(std::uint64_t count);

  // The seqs from `first` on, the last ones taken, have not been used. REQUIRES: take() gave `first`.
  void give_back(Seq first) { next_ = first; }

  // Why the last reservation failed, while it matters; empty: all is well.
  const std::string& trouble() const { return trouble_; }

 private:
  SeqSource(SeqReserve& reserve, Seq start, std::uint64_t block)
      : reserve_(&reserve), start_(start), next_(start), block_(block) {}
  Result<void> reserve_through(std::uint64_t last);

  SeqReserve* reserve_;
  Seq start_;
  Seq next_;
  std::uint64_t block_;
  std::uint64_t reserved_ = 0;  // the last seq that may be used
  std::uint64_t retry_at_ = 0;  // after a failure: the next seq at which to try again
  std::string trouble_;
};

}  // namespace cell0::broker
