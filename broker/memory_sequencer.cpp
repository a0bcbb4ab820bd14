#include "broker/memory_sequencer.h"

namespace cell0::broker {

void MemorySequencer::append(std::unique_ptr<Drafts> drafts, WallTime now, Done done) {
  CELL0_CHECK(!busy_);
  if (drafts->empty()) {
    on_committed_(*drafts);
    done(std::move(drafts), {});
    return;
  }
  const auto first = seqs_.take(drafts->size());
  if (!first) {
    done(std::move(drafts), first.error());
    return;
  }
  busy_ = true;
  drafts->number(*first);
  keep(*drafts, now);
  head_ = drafts->last();
  on_committed_(*drafts);
  busy_ = false;
  done(std::move(drafts), {});
}

void MemorySequencer::keep(Drafts& drafts, WallTime now) {
  Seq seq = drafts.first();
  for (const EventBlock& block : drafts.blocks()) {
    for (const EventBlock::Event& event : block.events()) {
      if (event.durability != v1::EPHEMERAL) store_.append(event.rule, seq, now, block.delivered(event));
      seq = seq.next();
    }
  }
}

}  // namespace cell0::broker
