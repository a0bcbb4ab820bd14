#include "broker/admin.h"

#include <algorithm>
#include <array>

#include "common/json.h"
#include "common/uuid.h"

namespace cell0::broker {
namespace {

AdminResponse text(int status, std::string body) {
  AdminResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body) + "\n";
  return response;
}

// Whoever gets this answer sees the loop turn; there is nothing else that could be sick and not end the process.
AdminResponse healthz(const Broker&, const Metrics&) { return text(200, "ok"); }

AdminResponse readyz(const Broker& broker, const Metrics&) {
  const std::string reason = broker.not_ready();
  return reason.empty() ? text(200, "ready") : text(503, "not ready: " + reason);
}

AdminResponse stats(const Broker& broker, const Metrics&) {
  AdminResponse response;
  response.body = stats_json(broker.figures()) + "\n";
  return response;
}

AdminResponse metrics_page(const Broker&, const Metrics& metrics) {
  AdminResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics.text();
  return response;
}

struct Route {
  std::string_view path;
  AdminResponse (*serve)(const Broker& broker, const Metrics& metrics);
};

constexpr std::array kRoutes{
    Route{"/healthz", &healthz},
    Route{"/readyz", &readyz},
    Route{"/stats", &stats},
    Route{"/metrics", &metrics_page},
};

void write_gateway(JsonWriter& json, const v1::GatewayReport& gateway) {
  json.begin_object();
  json.member("name", gateway.name());
  json.member("started", to_iso8601(from_unix_us(gateway.started_us())));
  json.member("connections", gateway.connections());
  json.member("connections_total", gateway.connections_total());
  json.member("messages_sent", gateway.messages_sent());
  json.member("messages_received", gateway.messages_received());
  json.member("newest_seq", gateway.newest_seq());
  json.member("url", gateway.url());
  json.end_object();
}

void write_stats(JsonWriter& json, const v1::StatsAnswer& stats) {
  json.member("version", stats.version());
  json.member("boot_id", to_string(uuid_from_raw(stats.boot_id()).value()));
  json.member("started", to_iso8601(from_unix_us(stats.started_us())));
  json.member("head_seq", stats.head_seq());
  json.member("events_stored", stats.events_stored());
  json.member("bytes_stored", stats.bytes_stored());
  json.member("accepted", stats.accepted());
  json.member("rejected", stats.rejected());
  json.member("duplicates", stats.duplicates());
  json.member("lost_on_pub", stats.lost_on_pub());
  json.member("queued", stats.queued());
}

}  // namespace

std::string stats_json(const Broker::Figures& figures) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_stats(json, figures.stats);
  json.member("origins", figures.origins);
  json.member("topics", figures.topics);
  json.member("open_histories", figures.open_histories);
  json.key("gateways");
  json.begin_array();
  for (const v1::GatewayReport& gateway : figures.stats.gateways()) write_gateway(json, gateway);
  json.end_array();
  json.end_object();
  return out;
}

AdminHandler admin_routes(const Broker& broker, const Metrics& metrics) {
  return [&broker, &metrics](std::string_view path, std::string_view) {
    const auto route = std::find_if(kRoutes.begin(), kRoutes.end(), [path](const Route& r) { return r.path == path; });
    return route == kRoutes.end() ? text(404, "no such page; there are /healthz, /readyz, /stats, /metrics")
                                  : route->serve(broker, metrics);
  };
}

}  // namespace cell0::broker
