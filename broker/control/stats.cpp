// How is the broker doing?
#include "broker/control/handlers.h"
#include "common/version.h"

namespace cell0::broker {

v1::StatsAnswer stats_of(const ControlParts& parts) {
  v1::StatsAnswer stats;
  stats.set_version(version());
  stats.set_boot_id(parts.chain.boot_id());
  stats.set_started_us(to_unix_us(parts.started));
  stats.set_head_seq(parts.chain.head().value);
  stats.set_events_stored(parts.sequencer.kept().events);
  stats.set_bytes_stored(parts.sequencer.kept().bytes);
  stats.set_accepted(parts.counters.accepted());
  stats.set_rejected(parts.counters.rejected());
  stats.set_duplicates(parts.counters.duplicates);
  stats.set_lost_on_pub(parts.counters.lost_on_pub);
  stats.set_queued(parts.intake.queued());
  parts.gateways.append_to(stats);
  return stats;
}

Result<Reply> handle_stats(ControlParts& parts, const Call&, v1::Response& answer) {
  *answer.mutable_stats() = stats_of(parts);
  return Reply::kNow;
}

}  // namespace cell0::broker
