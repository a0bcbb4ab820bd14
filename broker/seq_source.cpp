#include "broker/seq_source.h"

#include <algorithm>

namespace cell0::broker {
namespace {

Seq seq_of_time(WallTime now) {
  const std::int64_t unix_ms = std::max<std::int64_t>(0, to_unix_us(now) / 1000);
  return Seq{static_cast<std::uint64_t>(unix_ms) << 10};
}

}  // namespace

Result<SeqSource> SeqSource::create(SeqReserve& reserve, Seq last_stored, WallTime now, std::uint64_t block) {
  CELL0_CHECK(block > 1);
  const auto reserved = reserve.load();
  if (!reserved) return reserved.error();
  const Seq start = std::max({reserved->next(), last_stored.next(), seq_of_time(now)});
  if (start.value > kSeqMax.value - block) {
    return Error{ErrorCode::kInvalid, "seq: the next event would have the number " + std::to_string(start.value) +
                                          ", above 2^53: is the clock of this machine right (" + to_iso8601(now) +
                                          ")?"};
  }
  SeqSource source(reserve, start, block);
  if (auto stored = source.reserve_through(start.value + block - 1); !stored) return stored.error();
  return source;
}

Result<void> SeqSource::reserve_through(std::uint64_t last) {
  if (last > kSeqMax.value) return Error{ErrorCode::kUnavailable, "seq: all numbers below 2^53 are used"};
  auto stored = reserve_->store(Seq{last});
  if (stored) {
    reserved_ = last;
    trouble_.clear();
  } else {
    trouble_ = stored.error().text;
  }
  return stored;
}

Result<Seq> SeqSource::take(std::uint64_t count) {
  CELL0_CHECK(count > 0);
  const std::uint64_t last = next_.value + count - 1;
  const bool exhausted = last > reserved_;
  const bool low = last + block_ / 2 > reserved_;
  if (exhausted || (low && last >= retry_at_)) {
    // While numbers are left a failure is not the caller's: it is tried again some hundreds of events later.
    retry_at_ = last + block_ / 1024 + 1;
    auto stored = reserve_through(last + block_);
    if (!stored && exhausted) return stored.error();
  }
  const Seq first = next_;
  next_ = Seq{last + 1};
  return first;
}

}  // namespace cell0::broker
