// Every limit of the broker: its value, unit and reason. Configurable as [broker.limits]; shown by /metrics.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "common/clock.h"
#include "common/event_check.h"

namespace cell0::broker {

struct Limits {
  // ---- one event
  // A megabyte is a long document; whoever has more stores it elsewhere and publishes where.
  EventLimits event;

  // ---- what goes out
  std::size_t batch_events_max = 512;     // of one Batch: a gateway's turn stays below a millisecond
  std::size_t batch_bytes_max = 1 << 20;  // of one Batch, unless a single event is larger
  // Between two commits under full load: what comes meanwhile shares messages and wake-ups, which cost more than the
  // events.
  Duration commit_interval_max = std::chrono::milliseconds(1);
  int fanout_queue_messages_max = 1000;    // Batches per gateway that does not read; then it gets a gap and repairs it
  int ingest_queue_messages_max = 10'000;  // events per plain PUB peer; then that peer drops
  int control_queue_messages_max = 1000;   // requests per peer not yet read, and answers per peer that does not read

  // ---- what comes in on control
  std::size_t publish_events_max = 1024;       // of one PublishRequest
  std::size_t message_bytes_max = 8u << 20;    // of any message; beyond it ZeroMQ ends the peer's connection
  std::size_t publish_bytes_max = 4u << 20;    // of one PublishRequest: what one peer can make us hold at once
  std::size_t service_bytes_max = 4u << 20;    // of a request to a service, a reply, or what a worker says of itself
  std::size_t request_bytes_max = 256 * 1024;  // of any other request: a filter with 3 x 256 names of 255 bytes fits

  // ---- events taken, not yet published (they wait for a commit)
  std::size_t gathered_events_max = 65'536;    // over it: `unavailable` on the acknowledged path, dropped on ingest
  std::size_t gathered_bytes_max = 64u << 20;  // the same
  std::size_t publishes_max = 16'384;          // publish requests that wait for it; more are refused

  // ---- history
  std::size_t page_bytes_max = 256 * 1024;      // of events in one page: two of them are a gateway's credit
  std::size_t scan_records_per_slice = 16'384;  // looked at in one snapshot of the log, some milliseconds; then others
  std::size_t histories_per_peer_max = 8;       // open history requests; more are refused
  std::size_t histories_max = 1024;             // of all peers

  // ---- what is kept
  std::uint64_t store_events_max = 0;                       // in the log, of all rules together; 0: no limit
  std::uint64_t store_bytes_max = std::uint64_t{10} << 30;  // the same, with 64 bytes for each event beside its body
  std::size_t trim_records_per_slice = 1024;                // looked at in one transaction while there is nothing to do
  std::uint64_t ballast_bytes = 16u << 20;  // held on the disk, to go on with when it is full: several WALs' worth

  // ---- tables of peers
  std::size_t origins_max = 10'000;      // emitters known; beyond it the longest idle one is forgotten
  std::size_t origin_recent_max = 1024;  // of each, n whose seq is known for a duplicate's answer (8 bytes each)
  Duration origin_idle_max = std::chrono::hours(24 * 7);
  std::size_t keys_max = 262'144;  // idempotency keys known, about 200 bytes each; over it the oldest is forgotten
  Duration key_age_max = std::chrono::hours(24);  // dialects.md section 6
  std::size_t key_entity_bytes_max = 255;
  std::size_t key_bytes_max = 263;     // 255 of the client's, and its place in an array of events
  std::size_t consumers_max = 10'000;  // acknowledged consumers known; over it new ones are refused, unless...
  Duration consumer_idle_min = std::chrono::hours(24 * 7);  // ...one is unused for this long: it is forgotten
  std::size_t consumer_name_bytes_max = 128;
  std::size_t revocations_max = 100'000;    // revoked tokens that have not expired, about 150 bytes each; more: refused
  std::size_t revocations_page_max = 1000;  // in one answer
  std::size_t token_id_bytes_max = 128;
  std::size_t pub_origins_max = 10'000;  // plain PUB emitters whose gaps are counted
  std::size_t topics_max = 10'000;       // with counters; beyond it the longest silent one is forgotten
  std::size_t topics_answer_max = 1000;  // in one TopicsAnswer
  std::size_t gateways_max = 256;        // with a lease
  Duration gateway_lease = std::chrono::seconds(7);
  std::size_t presence_entities_max = 100'000;  // connected; more are left out of presence
  std::size_t presence_bytes_max = 256u << 20;  // of what they say of themselves (metadata up to 16 KiB each)
  std::size_t presence_topics_max = 100'000;    // with subscribers; more are not counted
  std::size_t presence_offline_max = 10'000;    // gone lately; over it the longest gone is forgotten...
  Duration presence_offline_kept = std::chrono::hours(1);  // ...and after this time: for its last_seen
  std::size_t services_max = 256;                          // known, with workers or a state; more are refused
  std::size_t workers_max = 1024;                          // with a lease, of all services; more are refused
  Duration worker_lease = std::chrono::seconds(7);
  std::size_t service_keys_max = 100'000;           // owned by all workers together; more are refused
  std::size_t service_keys_bytes_max = 64u << 20;   // of them and their wills; the same
  std::size_t service_calls_max = 10'000;           // requests that are with a worker or wait for one; more: BUSY
  std::size_t service_calls_bytes_max = 64u << 20;  // of their bodies, kept to be sent again; the same
  std::size_t service_ids_max = 65'536;  // request ids whose worker is known, ~200 bytes each; the oldest is forgotten
  Duration service_id_age_max = std::chrono::minutes(10);
  std::size_t service_state_bytes_max = 256 * 1024;  // of each service
  std::size_t peer_name_bytes_max = 128;             // what a peer calls itself
  std::size_t report_url_bytes_max = 255;

  // ---- time
  Duration heartbeat_interval = std::chrono::seconds(1);
  Duration stop_within = std::chrono::milliseconds(1500);  // of TERM; systemd and up.sh wait longer than this
  std::uint64_t seq_block = 1u << 20;                      // seqs reserved at a time: one fsync per million events
};

}  // namespace cell0::broker
