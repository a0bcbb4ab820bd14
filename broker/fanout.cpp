#include "broker/fanout.h"

#include <array>

namespace cell0::broker {

Fanout::Fanout(std::unique_ptr<link::Socket> socket, Chain& chain, Counters& counters, const Clock& clock)
    : socket_(std::move(socket)), chain_(chain), counters_(counters), clock_(clock) {}

void Fanout::start() {
  // What comes in are subscriptions: every subscriber takes the whole stream, so there is nothing to do but read them.
  socket_->start([](link::FrameViews) {});
  heartbeat();
}

void Fanout::publish(Drafts& committed) {
  const WallTime now = clock_.wall();
  Seq last = committed.first().prev();
  for (EventBlock& block : committed.blocks()) {
    last = Seq{last.value + block.events().size()};
    ++counters_.batches;
    counters_.published_events += block.events().size();
    counters_.published_bytes += block.bytes();
    const std::string_view batch = chain_.link(block, last, now);
    if (batch.size() > link::Socket::kCopiedBytesMax)
      check(socket_->send(kShard, batch, block.take_memory()));
    else
      send(batch);
  }
}

void Fanout::heartbeat() {
  send(chain_.heartbeat(clock_.wall()));
  ++counters_.heartbeats;
}

void Fanout::send(std::string_view batch) {
  const std::array<std::string_view, 2> frames{kShard, batch};
  check(socket_->send(frames));
}

// XPUB never refuses: a subscriber that does not read loses, and sees the gap.
void Fanout::check(const Result<void>& sent) { CELL0_CHECK(sent.ok()); }

}  // namespace cell0::broker
