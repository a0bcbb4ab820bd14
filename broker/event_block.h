// The events of one Batch, encoded as they will be sent; only their seqs are written later.
//
// An event's bytes are copied once, out of the peer's message into here. From here they are published as they are, and
// kept as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "cell0/v1/options.pb.h"
#include "common/clock.h"
#include "common/seq.h"

namespace cell0::broker {

// Of a rule in the RuleTable.
using RuleId = std::uint32_t;

// What the broker says of an event beside its envelope.
struct Stamp {
  std::string_view topic;
  std::string_view type;
  std::uint32_t priority = 5;
  v1::Durability durability = v1::DURABLE;
  RuleId rule = 0;
};

class EventBlock {
 public:
  struct Event {
    std::uint32_t offset = 0;  // of its Delivered in the block
    std::uint32_t size = 0;
    RuleId rule = 0;
    v1::Durability durability = v1::DURABLE;
  };

  EventBlock() { clear(); }

  // Adds an event without a seq. REQUIRES: bytes() + envelope.size() stays below 2 GiB.
  void add(const Stamp& stamp, std::string_view envelope);

  // Gives the events the seqs first, first + 1, ... REQUIRES: the last of them is at most kSeqMax.
  void number(Seq first);

  std::span<const Event> events() const { return events_; }
  // An encoded Delivered. Valid until the block changes.
  std::string_view delivered(const Event& event) const { return {memory_.get() + event.offset, event.size}; }
  std::size_t bytes() const { return used_ - kHeadroom; }

  // The whole encoded Batch: its head is written in front of the events. Valid until the block changes.
  std::string_view seal(Seq prev, Seq last, WallTime now, std::string_view boot_id);

  // The memory that the sealed Batch lies in, for whoever sends it without a copy. Until clear() the block has its
  // events' rules and durability only: neither delivered() nor bytes() may be asked for.
  std::unique_ptr<char[]> take_memory();

  void clear();  // keeps up to kKeptBytes of memory for the next events

 private:
  static constexpr std::size_t kHeadroom = 64;  // the head: three varints with tags (33) and 16 bytes (18) at most
  static constexpr std::size_t kKeptBytes = 256 * 1024;

  char* grow(std::size_t size);
  void allocate(std::size_t capacity);

  std::unique_ptr<char[]> memory_;  // headroom, then events with their tags; not a string: nothing has to be filled
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::size_t expected_ = kHeadroom;  // bytes of the next events, as those whose memory was taken: the most of late
  std::vector<Event> events_;
};

}  // namespace cell0::broker
