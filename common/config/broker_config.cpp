// The keys of [broker], [broker.limits] and [[rule]].
#include "common/config/broker_config.h"

#include <limits>

#include "common/config/schema.h"

namespace cell0 {
namespace {

constexpr std::int64_t kNoMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kGiB = 1024 * kMiB;
constexpr std::int64_t kPeerMessageMax = 4 * kMiB;  // below the 8 MiB of a message that gateways and emitters take

void describe_intake(ConfigSection& limits, BrokerLimits& to) {
  limits.integer("event_bytes_max", to.event_bytes_max, 1 * kKiB, kPeerMessageMax,
                 "Bytes of an encoded event. A larger one is rejected with the field and the limit.");
  limits.integer("topic_bytes_max", to.topic_bytes_max, 16, 255, "Bytes of a topic. A longer one is rejected.");
  limits.integer("publish_events_max", to.publish_events_max, 1, 65'536,
                 "Events in one publish request. A larger request is rejected whole.");
  limits.integer("publish_bytes_max", to.publish_bytes_max, 64 * kKiB, 256 * kMiB,
                 "Bytes of a publish request. A larger request is rejected whole.");
  limits.integer("message_bytes_max", to.message_bytes_max, 64 * kKiB, 1 * kGiB,
                 "Bytes of any message that comes in. The connection of a larger one is closed.");
  limits.integer("request_bytes_max", to.request_bytes_max, 1 * kKiB, 16 * kMiB,
                 "Bytes of any other request. A larger one is rejected.");
  limits.integer("ingest_queue_messages_max", to.ingest_queue_messages_max, 1, 10'000'000,
                 "Events of one plain publisher that wait to be read. Beyond it that publisher drops.");
  limits.integer("control_queue_messages_max", to.control_queue_messages_max, 1, 10'000'000,
                 "Requests of one peer that wait to be read, and answers that wait for it.");
  limits.integer("gathered_events_max", to.gathered_events_max, 1, 10'000'000,
                 "Events taken and not yet published. Beyond it publishers are told to try later.");
  limits.integer("gathered_bytes_max", to.gathered_bytes_max, 1 * kMiB, 16 * kGiB,
                 "Bytes taken and not yet published. Beyond it publishers are told to try later.");
  limits.integer("publishes_max", to.publishes_max, 1, 10'000'000,
                 "Publish requests taken and not yet published. More are refused.");
  limits.integer("origins_max", to.origins_max, 1, 10'000'000,
                 "Emitters whose last acknowledged number is remembered. Beyond it the longest idle is forgotten.");
  limits.integer("keys_max", to.keys_max, 1, 100'000'000,
                 "Idempotency keys remembered, about 200 bytes each. Beyond it the oldest is forgotten.");
  limits.integer(
      "consumers_max", to.consumers_max, 1, 10'000'000,
      "Acknowledged consumers whose position is kept. Beyond it new ones are refused, unless one is long unused.");
  limits.integer("service_bytes_max", to.service_bytes_max, 64 * kKiB, 256 * kMiB,
                 "Bytes of a request to a service, of a reply, and of what a worker says of itself. Larger: rejected.");
  limits.integer("workers_max", to.workers_max, 1, 1'000'000, "Workers of all services. More are refused.");
  limits.integer("service_keys_max", to.service_keys_max, 1, 10'000'000,
                 "Keys (sessions and the like) that workers own. More are refused.");
  limits.integer("service_calls_max", to.service_calls_max, 1, 10'000'000,
                 "Requests that are with a worker or wait for one. More are refused as busy.");
  limits.integer("presence_entities_max", to.presence_entities_max, 1, 10'000'000,
                 "Entities that presence knows as connected. Beyond it new ones are left out.");
  limits.integer("presence_bytes_max", to.presence_bytes_max, 1024 * kKiB, 1024 * kGiB,
                 "Bytes of what entities say of themselves. Beyond it what is new is left out.");
  limits.integer("presence_topics_max", to.presence_topics_max, 1, 10'000'000,
                 "Topics whose subscribers are counted. Beyond it new ones are left out.");
}

void describe_output(ConfigSection& limits, BrokerLimits& to) {
  limits.integer("batch_events_max", to.batch_events_max, 1, 65'536,
                 "Events in one message to the gateways. The rest of a turn goes into the next.");
  limits.integer("batch_bytes_max", to.batch_bytes_max, 64 * kKiB, kPeerMessageMax,
                 "Bytes of events in one message to the gateways, one event at least.");
  limits.integer("commit_interval_us", to.commit_interval_us, 0, 100'000,
                 "Microseconds at most that a commit waits for more under load. 0: it never waits.");
  limits.integer(
      "fanout_queue_messages_max", to.fanout_queue_messages_max, 1, 10'000'000,
      "Messages that wait for one slow gateway. Beyond it that gateway loses messages, sees the gap and asks.");
  limits.integer("page_bytes_max", to.page_bytes_max, 1 * kKiB, kPeerMessageMax,
                 "Bytes of events in one page of history, one event at least.");
  limits.integer("histories_per_peer_max", to.histories_per_peer_max, 1, 10'000,
                 "Open history requests of one peer. More are refused.");
  limits.integer("histories_max", to.histories_max, 1, 1'000'000,
                 "Open history requests of all peers. More are refused.");
  limits.integer("store_events_max", to.store_events_max, 0, kNoMax,
                 "Events kept in the log, all rules together. Beyond it the oldest go; 0: no limit.");
  limits.integer("store_bytes_max", to.store_bytes_max, 64 * kKiB, 1024 * kGiB,
                 "Bytes kept in the log, all rules together, about as many as on the disk. Beyond it the oldest go.");
  limits.integer("ballast_bytes", to.ballast_bytes, 0, 64 * kGiB,
                 "Bytes of disk held in reserve, given back when it is full so that the log can be trimmed; 0: none.");
  limits.integer("topics_max", to.topics_max, 1, 10'000'000,
                 "Topics that have counters. Beyond it the longest silent one is forgotten.");
  limits.integer("gateways_max", to.gateways_max, 1, 10'000, "Gateways at once. More are refused.");
}

void describe_rule(ConfigSection& rule, RuleConfig& to) {
  rule.text("topic", to.topic, kTopicPrefix, "The topics that the rule is for.");
  rule.text("type", to.type, kOptionalType, "The event type that the rule is for.");
  rule.choice("durability", to.durability,
              {{"by_type", Durability::kByType},
               {"durable", Durability::kDurable},
               {"relaxed", Durability::kRelaxed},
               {"ephemeral", Durability::kEphemeral}},
              "By type: as each event type is declared. Durable: acknowledged once on disk. Relaxed: survives the "
              "process, not a power cut. Ephemeral: never stored.");
  rule.integer("count", to.count, 0, kNoMax, "Events kept under this rule; 0: as many as the limits allow.");
  rule.duration("age_s", to.age, 0, 3'650LL * 86'400, "Seconds that an event is kept; 0: no limit.");
  rule.integer("bytes", to.bytes, 0, kNoMax, "Bytes kept under this rule; 0: as many as the limits allow.");
}

}  // namespace

void describe(Schema& schema, BrokerConfig& config) {
  ConfigSection& broker = schema.section("broker", "The broker's sockets.");
  broker.text("ingest", config.ingest, kEndpoint, "Where anything may publish without acknowledgement (XSUB).");
  broker.text("fanout", config.fanout, kEndpoint, "Where gateways take all events (XPUB).");
  broker.text("control", config.control, kEndpoint, "Where requests are answered (ROUTER).");
  broker.text("admin", config.admin, kOptionalHostPort, "The private HTTP listener of /metrics, /healthz and /readyz.");
  broker.duration("heartbeat_interval_ms", config.heartbeat_interval, 10, 60'000,
                  "Milliseconds between two batches to the gateways when there are no events.");
  ConfigSection& limits = schema.section("broker.limits", "What the broker holds and takes at most.");
  describe_intake(limits, config.limits);
  describe_output(limits, config.limits);
}

void describe(Schema& schema, std::vector<RuleConfig>& rules) {
  schema.rows("rule",
              "What is kept how long, by topic and type; as many as needed. The most specific rule wins, over the "
              "built-in ones too.",
              rules, &describe_rule);
}

}  // namespace cell0
