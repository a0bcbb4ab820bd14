// Every limit of the gateway's core, with its unit and reason. Set from [gateway.limits]; the transport's own are in
// gateway/transport.
#pragma once

#include <chrono>
#include <cstddef>

namespace cell0::gateway {

struct CoreLimits {
  // The ring: what late, returning and slow clients are served from without asking the broker.
  std::size_t ring_events_max = 65'536;
  std::size_t ring_bytes_max = 32u << 20;

  // A client further behind the head than this is told `skipped`, lowest priorities first. A quarter of the ring, so
  // that it happens before the ring itself has forgotten.
  std::size_t lag_bytes_max = 8u << 20;

  std::size_t cursor_chunk_bytes =
      16u << 10;                            // rendered for one cursor at a time: more would sit in memory if it stalls
  std::size_t turn_bytes_max = 256u << 10;  // of one subscription set; then it is flushed at once
  std::size_t sets_max = 1024;              // each is looked at for every event
  std::size_t topic_sets_max = 65'536;      // of exact topics (a channel) or of a session: looked up, ~1 KiB each
  std::chrono::milliseconds flush_interval_max{10};  // what batching may cost in latency when the loop is busy

  std::size_t pages_max = 16;       // history pages held for cursors below the ring, 256 KiB each
  std::size_t pages_asked_max = 2;  // requests for pages under way: a crowd that resumes must not flood the broker
  std::chrono::milliseconds page_timeout{5000};
  // Of clients' own questions (get_history, GET /api/v1/events): with the pages, a repair and one resume that looks for
  // its end, no more than the broker lets one gateway have open (broker.limits.histories_per_peer_max: 8).
  std::size_t questions_asked_max = 4;
  std::size_t questions_queued_max = 1024;  // that wait for their turn; more are answered 503

  std::size_t opening_events = 50;  // dialects.md section 1: event_history
  std::size_t opening_scan_max =
      8'192;  // events of the ring looked at for an opening that is not the dialect's default

  std::size_t history_limit_max = 1000;      // events in one answer of get_history or GET /api/v1/events
  std::size_t history_bytes_max = 4u << 20;  // of them; beyond it the oldest of the newest are left out, or the last
  std::size_t user_types_max = 1024;         // names of users' own types that are remembered as known

  std::size_t jsonrpc_message_bytes_max = 10u << 20;  // dialects.md section 2; the other dialects: the transport's own

  // Entities that went: kept in the replica of presence for their last_seen, as the broker does.
  std::size_t presence_offline_max = 10'000;
  std::chrono::milliseconds presence_offline_kept{3'600'000};

  // While a gap is repaired all delivery waits; past these bounds clients are told what they lost instead.
  std::chrono::milliseconds hold_max{10'000};
  std::size_t hold_bytes_max = 64u << 20;
  std::chrono::milliseconds link_silence_max{3000};  // three heartbeats; then the broker counts as gone
};

}  // namespace cell0::gateway
