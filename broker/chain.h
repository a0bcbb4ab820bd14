// The one chain of Batches: each says which seq came before it, so that a subscriber sees a gap (design, "One chain").
//
// Pure: makes the bytes; the fanout socket sends them.
#pragma once

#include <string>
#include <string_view>

#include "broker/event_block.h"
#include "common/clock.h"
#include "common/seq.h"

namespace cell0::broker {

class Chain {
 public:
  // `boot_id`: 16 bytes, new at each start. The first batch has prev_seq = start - 1.
  Chain(Seq start, std::string boot_id) : head_(start.prev()), boot_id_(std::move(boot_id)) {}

  Seq head() const { return head_; }  // last seq published
  const std::string& boot_id() const { return boot_id_; }

  // The block as the next Batch of the chain, encoded; views into the block. REQUIRES: it is numbered from above
  // head() and not empty.
  std::string_view link(EventBlock& block, Seq last, WallTime now);

  // An empty Batch: tells the head, so that a lost tail shows. Valid until the next heartbeat.
  std::string_view heartbeat(WallTime now);

 private:
  Seq head_;
  std::string boot_id_;
  EventBlock nothing_;
};

}  // namespace cell0::broker
