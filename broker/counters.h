// What the broker has counted since its start. Plain numbers, written where things happen; /metrics and the stats
// request read them.
#pragma once

#include <cstdint>

namespace cell0::broker {

struct Counters {
  // events
  std::uint64_t accepted_publish = 0;  // by the acknowledged path
  std::uint64_t accepted_ingest = 0;   // by plain PUB
  std::uint64_t rejected_publish = 0;
  std::uint64_t rejected_ingest = 0;
  std::uint64_t fenced = 0;  // of workers whose epoch was over
  std::uint64_t duplicates = 0;
  std::uint64_t unexpected = 0;
  std::uint64_t unavailable = 0;     // acknowledged path: not taken, to be sent again
  std::uint64_t ingest_dropped = 0;  // plain PUB: not taken, lost
  std::uint64_t lost_on_pub = 0;     // gaps in n
  std::uint64_t published_events = 0;
  std::uint64_t published_bytes = 0;

  std::uint64_t presence_changes = 0;      // published
  std::uint64_t presence_unpublished = 0;  // not valid as events (larger than event_bytes_max)

  // messages
  std::uint64_t batches = 0;
  std::uint64_t heartbeats = 0;
  std::uint64_t requests = 0;
  std::uint64_t requests_failed = 0;
  std::uint64_t requests_malformed = 0;
  std::uint64_t answers_dropped = 0;  // the peer was gone, or did not read
  std::uint64_t history_pages = 0;
  std::uint64_t history_refused = 0;  // over a peer's or the total bound

  std::uint64_t accepted() const { return accepted_publish + accepted_ingest; }
  std::uint64_t rejected() const { return rejected_publish + rejected_ingest; }
};

}  // namespace cell0::broker
