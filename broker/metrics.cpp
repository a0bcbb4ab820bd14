#include "broker/metrics.h"

#include <array>

namespace cell0::broker {
namespace {

struct CounterRow {
  const char* name;
  const char* help;
  std::uint64_t Counters::*value;
  const char* label = nullptr;  // "path" or "status", with its value
  const char* label_value = nullptr;
};

constexpr const char* kAccepted = "cell0_broker_events_accepted_total";
constexpr const char* kAcceptedHelp = "Events taken into the stream.";
constexpr const char* kRejected = "cell0_broker_events_rejected_total";
constexpr const char* kRejectedHelp = "Events that were wrong and will never be taken.";

constexpr std::array kCounters{
    CounterRow{kAccepted, kAcceptedHelp, &Counters::accepted_publish, "path", "publish"},
    CounterRow{kAccepted, kAcceptedHelp, &Counters::accepted_ingest, "path", "ingest"},
    CounterRow{kRejected, kRejectedHelp, &Counters::rejected_publish, "path", "publish"},
    CounterRow{kRejected, kRejectedHelp, &Counters::rejected_ingest, "path", "ingest"},
    CounterRow{"cell0_broker_events_duplicate_total", "Events of the acknowledged path that had been taken before.",
               &Counters::duplicates},
    CounterRow{"cell0_broker_events_unexpected_total", "Events of the acknowledged path whose n was not the next.",
               &Counters::unexpected},
    CounterRow{"cell0_broker_events_unavailable_total", "Events of the acknowledged path to be sent again later.",
               &Counters::unavailable},
    CounterRow{"cell0_broker_events_fenced_total", "Events of workers whose epoch was over: refused.",
               &Counters::fenced},
    CounterRow{"cell0_broker_ingest_dropped_total", "Events of plain PUB peers dropped because too many waited.",
               &Counters::ingest_dropped},
    CounterRow{"cell0_broker_ingest_lost_total", "Events of plain PUB peers missing by their numbers.",
               &Counters::lost_on_pub},
    CounterRow{"cell0_broker_published_events_total", "Events sent to the gateways.", &Counters::published_events},
    CounterRow{"cell0_broker_published_bytes_total", "Bytes of events sent to the gateways, once for all of them.",
               &Counters::published_bytes},
    CounterRow{"cell0_broker_batches_total", "Batches sent to the gateways, heartbeats aside.", &Counters::batches},
    CounterRow{"cell0_broker_heartbeats_total", "Empty batches sent.", &Counters::heartbeats},
    CounterRow{"cell0_broker_requests_total", "Requests on the control socket.", &Counters::requests},
    CounterRow{"cell0_broker_requests_failed_total", "Requests answered with a failure.", &Counters::requests_failed},
    CounterRow{"cell0_broker_requests_malformed_total", "Requests that could not be read.",
               &Counters::requests_malformed},
    CounterRow{"cell0_broker_answers_dropped_total", "Answers whose peer was gone or did not read.",
               &Counters::answers_dropped},
    CounterRow{"cell0_broker_history_pages_total", "Pages of history answered.", &Counters::history_pages},
    CounterRow{"cell0_broker_history_refused_total", "History requests refused because too many were open.",
               &Counters::history_refused},
    CounterRow{"cell0_broker_presence_changes_total", "Changes of presence published.", &Counters::presence_changes},
    CounterRow{"cell0_broker_presence_unpublished_total", "Changes of presence that make no valid event.",
               &Counters::presence_unpublished},
};

struct GaugeRow {
  const char* name;
  const char* help;
  double (*value)(const Broker::Figures& figures);
};

constexpr std::array kGauges{
    GaugeRow{"cell0_broker_head_seq", "The last seq published.",
             [](const Broker::Figures& f) { return static_cast<double>(f.stats.head_seq()); }},
    GaugeRow{"cell0_broker_log_file_bytes", "The size of the log's file.",
             [](const Broker::Figures& f) { return static_cast<double>(f.log.file_bytes); }},
    GaugeRow{"cell0_broker_log_wal_bytes", "The size of the log's write-ahead file.",
             [](const Broker::Figures& f) { return static_cast<double>(f.log.wal_bytes); }},
    GaugeRow{"cell0_broker_log_ballast", "1: the ballast is there. 0: it was given back, the disk was full.",
             [](const Broker::Figures& f) { return f.log.ballast ? 1.0 : 0.0; }},
    GaugeRow{"cell0_broker_log_holes", "Starts after which stored events may have been missing.",
             [](const Broker::Figures& f) { return static_cast<double>(f.holes); }},
    GaugeRow{"cell0_broker_store_events", "Events held for history.",
             [](const Broker::Figures& f) { return static_cast<double>(f.stats.events_stored()); }},
    GaugeRow{"cell0_broker_store_bytes", "Bytes held for history.",
             [](const Broker::Figures& f) { return static_cast<double>(f.stats.bytes_stored()); }},
    GaugeRow{"cell0_broker_queued_events", "Events taken and not yet published.",
             [](const Broker::Figures& f) { return static_cast<double>(f.stats.queued()); }},
    GaugeRow{"cell0_broker_gateways", "Gateways with a lease.",
             [](const Broker::Figures& f) { return static_cast<double>(f.stats.gateways_size()); }},
    GaugeRow{"cell0_broker_origins", "Emitters whose last acknowledged number is remembered.",
             [](const Broker::Figures& f) { return static_cast<double>(f.origins); }},
    GaugeRow{"cell0_broker_topics", "Topics with counters.",
             [](const Broker::Figures& f) { return static_cast<double>(f.topics); }},
    GaugeRow{"cell0_broker_open_histories", "History requests that wait for their page.",
             [](const Broker::Figures& f) { return static_cast<double>(f.open_histories); }},
    GaugeRow{"cell0_broker_presence_gateways", "Gateways with a lease of presence.",
             [](const Broker::Figures& f) { return static_cast<double>(f.presence.gateways); }},
    GaugeRow{"cell0_broker_presence_entities", "Entities that are connected.",
             [](const Broker::Figures& f) { return static_cast<double>(f.presence.entities); }},
    GaugeRow{"cell0_broker_presence_offline", "Entities that went lately.",
             [](const Broker::Figures& f) { return static_cast<double>(f.presence.offline); }},
    GaugeRow{"cell0_broker_presence_bytes", "Bytes of what all of them say.",
             [](const Broker::Figures& f) { return static_cast<double>(f.presence.bytes); }},
    GaugeRow{"cell0_broker_presence_topics", "Topics with subscribers, on all gateways.",
             [](const Broker::Figures& f) { return static_cast<double>(f.presence.topics); }},
    GaugeRow{"cell0_broker_services", "Services that have workers or a state.",
             [](const Broker::Figures& f) { return static_cast<double>(f.services.services); }},
    GaugeRow{"cell0_broker_workers", "Workers with a lease, standbys too.",
             [](const Broker::Figures& f) { return static_cast<double>(f.services.workers); }},
    GaugeRow{"cell0_broker_service_keys", "Keys that workers own.",
             [](const Broker::Figures& f) { return static_cast<double>(f.services.keys); }},
    GaugeRow{"cell0_broker_service_calls", "Requests to services that are open.",
             [](const Broker::Figures& f) { return static_cast<double>(f.services.calls); }},
    GaugeRow{"cell0_broker_service_calls_waiting", "Of those: the ones that wait for a worker to come back.",
             [](const Broker::Figures& f) { return static_cast<double>(f.services.waiting); }},
};

struct LogCounterRow {
  const char* name;
  const char* help;
  std::uint64_t LogFigures::*value;
};

constexpr std::array kLogCounters{
    LogCounterRow{"cell0_broker_log_commits_total", "Commits to the log.", &LogFigures::commits},
    LogCounterRow{"cell0_broker_log_commits_failed_total", "Commits that failed; their events were not acknowledged.",
                  &LogFigures::commits_failed},
    LogCounterRow{"cell0_broker_log_reopened_total", "Times that the log was opened anew after an I/O error.",
                  &LogFigures::reopened},
    LogCounterRow{"cell0_broker_log_trimmed_events_total", "Events dropped for age, count, bytes or a full disk.",
                  &LogFigures::trimmed_events},
};

struct ServiceCounterRow {
  const char* name;
  const char* help;
  std::uint64_t Services::Figures::*value;
  const char* reason = nullptr;  // a label's value
};

constexpr const char* kFailed = "cell0_broker_service_requests_failed_total";
constexpr const char* kFailedHelp = "Requests to services, or parts of a gathered one, that no worker answered.";
constexpr const char* kReplies = "cell0_broker_service_replies_ignored_total";
constexpr const char* kRepliesHelp = "Replies that reached nobody: late, twice, or of a worker whose epoch was over.";

constexpr std::array kServiceCounters{
    ServiceCounterRow{"cell0_broker_service_requests_total", "Requests to services.", &Services::Figures::requests},
    ServiceCounterRow{kFailed, kFailedHelp, &Services::Figures::no_worker, "no_worker"},
    ServiceCounterRow{kFailed, kFailedHelp, &Services::Figures::no_key, "no_key"},
    ServiceCounterRow{kFailed, kFailedHelp, &Services::Figures::timeouts, "timeout"},
    ServiceCounterRow{kFailed, kFailedHelp, &Services::Figures::died, "worker_died"},
    ServiceCounterRow{kFailed, kFailedHelp, &Services::Figures::busy, "busy"},
    ServiceCounterRow{kReplies, kRepliesHelp, &Services::Figures::late, "late"},
    ServiceCounterRow{kReplies, kRepliesHelp, &Services::Figures::fenced, "fenced"},
    ServiceCounterRow{"cell0_broker_workers_fenced_total", "Workers told that their epoch was over.",
                      &Services::Figures::workers_fenced},
    ServiceCounterRow{"cell0_broker_workers_gone_total", "Workers whose lease was over, or that started anew.",
                      &Services::Figures::workers_gone},
    ServiceCounterRow{"cell0_broker_service_wills_total", "Wills of keys published.", &Services::Figures::wills},
    ServiceCounterRow{"cell0_broker_service_keys_refused_total", "Keys that another had, or beyond a bound.",
                      &Services::Figures::keys_refused},
};

void add_service_counters(Metrics& metrics, Broker& broker) {
  for (const ServiceCounterRow& counter : kServiceCounters) {
    MetricLabels labels;
    if (counter.reason != nullptr) labels.emplace_back("reason", counter.reason);
    const auto value = counter.value;
    metrics.sampled_counter(
        counter.name, counter.help, [&broker, value] { return static_cast<double>(broker.figures().services.*value); },
        labels);
  }
}

void add_commit_histograms(Metrics& metrics, Broker& broker) {
  const std::vector<double> sizes{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10'000, 50'000};
  auto took = metrics.histogram("cell0_broker_commit_seconds", "How long a commit to the log took, its sync included.",
                                Metrics::kSecondsBuckets);
  auto held = metrics.histogram("cell0_broker_commit_events", "Events in one commit to the log.", sizes);
  broker.on_commit_measured([took, held](Duration duration, std::size_t events) mutable {
    took.observe(std::chrono::duration<double>(duration).count());
    held.observe(static_cast<double>(events));
  });
}

struct LimitRow {
  const char* name;
  double value;
};

template <typename Number>
LimitRow row(const char* name, Number value) {
  return {name, static_cast<double>(value)};
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::vector<LimitRow> limit_rows(const Limits& limits) {
  return {row("event_bytes", limits.event.event_bytes_max),
          row("topic_bytes", limits.event.topic_bytes_max),
          row("batch_events", limits.batch_events_max),
          row("batch_bytes", limits.batch_bytes_max),
          row("commit_interval_seconds", seconds(limits.commit_interval_max)),
          row("fanout_queue_messages", limits.fanout_queue_messages_max),
          row("ingest_queue_messages", limits.ingest_queue_messages_max),
          row("control_queue_messages", limits.control_queue_messages_max),
          row("publish_events", limits.publish_events_max),
          row("publish_bytes", limits.publish_bytes_max),
          row("message_bytes", limits.message_bytes_max),
          row("request_bytes", limits.request_bytes_max),
          row("gathered_events", limits.gathered_events_max),
          row("gathered_bytes", limits.gathered_bytes_max),
          row("publishes", limits.publishes_max),
          row("page_bytes", limits.page_bytes_max),
          row("scan_records_per_slice", limits.scan_records_per_slice),
          row("histories_per_peer", limits.histories_per_peer_max),
          row("histories", limits.histories_max),
          row("store_events", limits.store_events_max),
          row("store_bytes", limits.store_bytes_max),
          row("trim_records_per_slice", limits.trim_records_per_slice),
          row("ballast_bytes", limits.ballast_bytes),
          row("origins", limits.origins_max),
          row("origin_recent", limits.origin_recent_max),
          row("origin_idle_seconds", seconds(limits.origin_idle_max)),
          row("keys", limits.keys_max),
          row("consumers", limits.consumers_max),
          row("revocations", limits.revocations_max),
          row("pub_origins", limits.pub_origins_max),
          row("topics", limits.topics_max),
          row("topics_answer", limits.topics_answer_max),
          row("gateways", limits.gateways_max),
          row("gateway_lease_seconds", seconds(limits.gateway_lease)),
          row("services", limits.services_max),
          row("workers", limits.workers_max),
          row("worker_lease_seconds", seconds(limits.worker_lease)),
          row("service_bytes", limits.service_bytes_max),
          row("service_keys", limits.service_keys_max),
          row("service_keys_bytes", limits.service_keys_bytes_max),
          row("service_calls", limits.service_calls_max),
          row("service_calls_bytes", limits.service_calls_bytes_max),
          row("service_ids", limits.service_ids_max),
          row("service_state_bytes", limits.service_state_bytes_max),
          row("presence_entities", limits.presence_entities_max),
          row("presence_bytes", limits.presence_bytes_max),
          row("presence_topics", limits.presence_topics_max),
          row("presence_offline", limits.presence_offline_max),
          row("presence_offline_seconds", seconds(limits.presence_offline_kept)),
          row("heartbeat_interval_seconds", seconds(limits.heartbeat_interval)),
          row("seq_block", limits.seq_block)};
}

}  // namespace

void add_broker_metrics(Metrics& metrics, Broker& broker) {
  for (const CounterRow& counter : kCounters) {
    MetricLabels labels;
    if (counter.label != nullptr) labels.emplace_back(counter.label, counter.label_value);
    const auto value = counter.value;
    metrics.sampled_counter(
        counter.name, counter.help, [&broker, value] { return static_cast<double>(broker.counters().*value); }, labels);
  }
  metrics.sampled_counter("cell0_broker_presence_left_out_total",
                          "Entities and topics left out: over a bound, or not valid.",
                          [&broker] { return static_cast<double>(broker.figures().presence.left_out); });
  metrics.sampled_counter("cell0_broker_presence_announce_all_total", "Gateways asked to announce everything anew.",
                          [&broker] { return static_cast<double>(broker.figures().presence.announce_all); });
  metrics.sampled_counter("cell0_broker_presence_leases_over_total", "Gateways whose lease of presence was over.",
                          [&broker] { return static_cast<double>(broker.figures().presence.leases_over); });
  metrics.sampled_counter("cell0_broker_oversize_messages_total", "Messages with too many frames, dropped.",
                          [&broker] { return static_cast<double>(broker.figures().oversize_messages); });
  for (const LogCounterRow& counter : kLogCounters) {
    const auto value = counter.value;
    metrics.sampled_counter(counter.name, counter.help,
                            [&broker, value] { return static_cast<double>(broker.figures().log.*value); });
  }
  add_service_counters(metrics, broker);
  add_commit_histograms(metrics, broker);
  for (const GaugeRow& gauge : kGauges) {
    const auto value = gauge.value;
    metrics.sampled_gauge(gauge.name, gauge.help, [&broker, value] { return value(broker.figures()); });
  }
  for (const LimitRow& limit : limit_rows(broker.limits())) {
    metrics.gauge("cell0_broker_limit", "Limits as configured, by name.", {{"name", limit.name}}).set(limit.value);
  }
}

}  // namespace cell0::broker
