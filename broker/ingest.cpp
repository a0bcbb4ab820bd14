#include "broker/ingest.h"

namespace cell0::broker {

Ingest::Ingest(std::unique_ptr<link::Socket> socket, Intake& intake, const Limits& limits, Counters& counters,
               const Clock& clock, Log& log)
    : socket_(std::move(socket)),
      intake_(intake),
      gaps_(limits.pub_origins_max),
      counters_(counters),
      clock_(clock),
      log_(log),
      throttle_(std::chrono::seconds(1)) {}

void Ingest::start() {
  socket_->start([this](link::FrameViews frames) { on_message(frames); }, [this] { intake_.end_turn(); });
}

void Ingest::on_message(link::FrameViews frames) {
  const auto place = intake_.take(frames.back());
  if (place) {
    ++counters_.accepted_ingest;
  } else {
    refuse(place.error());
  }
  const v1::Envelope* envelope = intake_.envelope();
  if (envelope != nullptr && envelope->has_origin()) counters_.lost_on_pub += gaps_.see(envelope->origin());
}

void Ingest::refuse(const Error& error) {
  const bool full = error.code == ErrorCode::kFull;
  ++(full ? counters_.ingest_dropped : counters_.rejected_ingest);
  if (const auto pass = throttle_.admit(clock_.mono())) {
    const std::string source = intake_.envelope() == nullptr ? "" : intake_.envelope()->source();
    log_.warn(full ? "ingest: event dropped" : "ingest: event rejected",
              {{"reason", error.text}, {"source", source}, {"suppressed", pass->suppressed}});
  }
}

}  // namespace cell0::broker
