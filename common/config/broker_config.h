// [broker], [broker.limits] and [[rule]]: the sequencer's sockets, its limits, and what it keeps how long.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cell0 {

class Schema;

// Every limit with its unit; the key's doc (broker_config.cpp) says what happens beyond it.
struct BrokerLimits {
  std::size_t event_bytes_max = 1 << 20;  // an encoded envelope
  std::size_t topic_bytes_max = 255;
  std::size_t message_bytes_max = 8 << 20;  // any ZeroMQ message that comes in
  std::size_t batch_events_max = 512;       // in one batch on the fanout
  std::size_t batch_bytes_max = 1 << 20;
  std::size_t commit_interval_us = 1000;      // at most, between two commits under load
  int fanout_queue_messages_max = 1'000;      // per gateway (ZeroMQ's high-water marks, these three)
  int ingest_queue_messages_max = 10'000;     // per plain publisher
  int control_queue_messages_max = 1'000;     // per peer, in and out
  std::size_t publish_events_max = 1'024;     // in one publish request
  std::size_t publish_bytes_max = 4 << 20;    // of one publish request
  std::size_t request_bytes_max = 256 << 10;  // of any other request
  std::size_t gathered_events_max = 65'536;   // taken and not yet published
  std::size_t gathered_bytes_max = 64 << 20;
  std::size_t publishes_max = 16'384;      // publish requests that wait to be published
  std::size_t page_bytes_max = 256 << 10;  // a page of history
  std::size_t histories_per_peer_max = 8;  // open history requests
  std::size_t histories_max = 1'024;       // of all peers
  std::uint64_t store_events_max = 0;      // in the log, all rules together; 0: no limit
  std::uint64_t store_bytes_max = std::uint64_t{10} << 30;
  std::uint64_t ballast_bytes = 16 << 20;  // 0: none
  std::size_t origins_max = 10'000;        // emitters whose last n is remembered
  std::size_t keys_max = 262'144;          // idempotency keys remembered
  std::size_t consumers_max = 10'000;
  std::size_t topics_max = 10'000;              // with counters
  std::size_t gateways_max = 256;               // with a lease
  std::size_t service_bytes_max = 4 << 20;      // of a request to a service, a reply, what a worker says of itself
  std::size_t workers_max = 1'024;              // of all services
  std::size_t service_keys_max = 100'000;       // owned by workers
  std::size_t service_calls_max = 10'000;       // with a worker, or waiting for one
  std::size_t presence_entities_max = 100'000;  // that are connected
  std::size_t presence_bytes_max = 256 << 20;   // of what they say of themselves
  std::size_t presence_topics_max = 100'000;    // whose subscribers are counted
};

struct BrokerConfig {
  std::string ingest = "tcp://127.0.0.1:5550";  // ZeroMQ endpoints to bind
  std::string fanout = "tcp://127.0.0.1:5551";
  std::string control = "tcp://127.0.0.1:5552";
  std::string admin = "127.0.0.1:9600";  // "": no admin listener
  std::chrono::milliseconds heartbeat_interval{1000};
  BrokerLimits limits;
};

enum class Durability { kByType, kDurable, kRelaxed, kEphemeral };

// One [[rule]]: what fits both `topic` and `type` is kept like this. The most specific rule wins; of equal ones the
// later.
struct RuleConfig {
  std::string topic;                            // whole leading parts (topic_under); "": every topic
  std::string type;                             // an exact type; "": every type
  Durability durability = Durability::kByType;  // as the event's type says in event.proto
  std::uint64_t count = 0;                      // events kept; 0: no limit of its own, also for the next two
  std::chrono::seconds age{0};
  std::uint64_t bytes = 0;
};

void describe(Schema& schema, BrokerConfig& config);
void describe(Schema& schema, std::vector<RuleConfig>& rules);

}  // namespace cell0
