#include "broker/settings.h"

namespace cell0::broker {
namespace {

v1::Durability durability_from(Durability durability) {
  switch (durability) {
    case Durability::kByType:
      return v1::DURABILITY_UNSPECIFIED;
    case Durability::kDurable:
      return v1::DURABLE;
    case Durability::kRelaxed:
      return v1::RELAXED;
    case Durability::kEphemeral:
      return v1::EPHEMERAL;
  }
  CELL0_CHECK(!"a durability that exists");
  return v1::DURABLE;
}

}  // namespace

Limits limits_from(const BrokerConfig& config) {
  const BrokerLimits& given = config.limits;
  Limits limits;
  limits.event.event_bytes_max = given.event_bytes_max;
  limits.event.topic_bytes_max = given.topic_bytes_max;
  limits.message_bytes_max = given.message_bytes_max;
  limits.batch_events_max = given.batch_events_max;
  limits.batch_bytes_max = given.batch_bytes_max;
  limits.commit_interval_max = std::chrono::microseconds(given.commit_interval_us);
  limits.fanout_queue_messages_max = given.fanout_queue_messages_max;
  limits.ingest_queue_messages_max = given.ingest_queue_messages_max;
  limits.control_queue_messages_max = given.control_queue_messages_max;
  limits.publish_events_max = given.publish_events_max;
  limits.publish_bytes_max = given.publish_bytes_max;
  limits.request_bytes_max = given.request_bytes_max;
  limits.gathered_events_max = given.gathered_events_max;
  limits.gathered_bytes_max = given.gathered_bytes_max;
  limits.publishes_max = given.publishes_max;
  limits.page_bytes_max = given.page_bytes_max;
  limits.histories_per_peer_max = given.histories_per_peer_max;
  limits.histories_max = given.histories_max;
  limits.store_events_max = given.store_events_max;
  limits.store_bytes_max = given.store_bytes_max;
  limits.ballast_bytes = given.ballast_bytes;
  limits.origins_max = given.origins_max;
  limits.keys_max = given.keys_max;
  limits.consumers_max = given.consumers_max;
  limits.topics_max = given.topics_max;
  limits.gateways_max = given.gateways_max;
  limits.service_bytes_max = given.service_bytes_max;
  limits.workers_max = given.workers_max;
  limits.service_keys_max = given.service_keys_max;
  limits.service_calls_max = given.service_calls_max;
  limits.presence_entities_max = given.presence_entities_max;
  limits.presence_bytes_max = given.presence_bytes_max;
  limits.presence_topics_max = given.presence_topics_max;
  limits.heartbeat_interval = config.heartbeat_interval;
  return limits;
}

std::vector<Rule> rules_from(const std::vector<RuleConfig>& rows) {
  // Built in; a configured one for everything stands later and takes its place.
  constexpr Duration kMonth = std::chrono::hours(24 * 30);
  std::vector<Rule> rules{{"", "", v1::DURABILITY_UNSPECIFIED, 0, kMonth, 0}};
  for (const RuleConfig& row : rows) {
    rules.push_back({row.topic, row.type, durability_from(row.durability), row.count, row.age, row.bytes});
  }
  return rules;
}

}  // namespace cell0::broker
