// The load: publishers and subscribers as threads of this process, with so many events under way at a time that nothing
// is dropped anywhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tests/bench/broker/subject.h"

namespace cell0::bench {

enum class Path {
  kProxy,    // PUB -> zmq_proxy -> SUB: an event a message, all the way
  kPub,      // PUB -> broker -> SUB: an event a message in; what comes out are the broker's Batches
  kPublish,  // DEALER -> broker -> SUB: 16 events a PublishRequest in, each answered; Batches out
};

struct LoadOptions {
  int publishers = 4;                  // emitters
  int subscribers = 2;                 // gateways
  std::uint64_t window_events = 8192;  // published and not yet seen by every subscriber
  std::size_t batch_events = 16;       // of a PublishRequest
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds measure{2000};
};

struct LoadResult {
  double events_per_s = 0;      // received by each subscriber
  double cpu_us_per_event = 0;  // of the subject
  double events_per_batch = 0;  // as received; 1 for the proxy
  std::uint64_t lost = 0;       // by the chain; 0 or the run is worth nothing
};

// An encoded log_stream of exactly 200 bytes.
std::string event_of_200_bytes();

LoadResult run_load(const Subject& subject, Path path, const LoadOptions& options);

}  // namespace cell0::bench
