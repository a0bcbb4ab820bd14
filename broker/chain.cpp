#include "broker/chain.h"

#include "common/check.h"

namespace cell0::broker {

std::string_view Chain::link(EventBlock& block, Seq last, WallTime now) {
  CELL0_CHECK(!block.events().empty() && last.value >= head_.value + block.events().size());
  const Seq prev = head_;
  head_ = last;
  return block.seal(prev, last, now, boot_id_);
}

std::string_view Chain::heartbeat(WallTime now) { return nothing_.seal(head_, head_, now, boot_id_); }

}  // namespace cell0::broker
