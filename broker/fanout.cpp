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
    send(chain_.link(block, last, now));
    ++counters_.batches;
    counters_.published_events += block.events().size();
    counters_.published_bytes += block.bytes();
  }
}

void Fanout::heartbeat() {
  send(chain_.heartbeat(clock_.wall()));
  ++counters_.heartbeats;
}

void Fanout::send(std::string_view batch) {
  const std::array<std::string_view, 2> frames{kShard, batch};
  const auto sent = socket_->send(frames);
  CELL0_CHECK(sent.ok());  // XPUB never refuses: a subscriber that does not read loses, and sees the gap
}

}  // namespace cell0::broker
