#include "gateway/http/api.h"

#include "common/event_schema.h"
#include "common/version.h"
#include "gateway/dialects/event_fields.h"
#include "gateway/history_reader.h"
#include "gateway/http/answers.h"
#include "gateway/http/clients.h"
#include "gateway/http/presence.h"
#include "gateway/http/query.h"
#include "gateway/http/service_list.h"

namespace cell0::gateway {
namespace {

constexpr std::uint64_t kLimitDefault = 100;
constexpr Duration kBrokerTimeout = std::chrono::seconds(5);

std::string object(const std::function<void(JsonWriter&)>& write) {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  write(out);
  out.end_object();
  return body;
}

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

void write_gateways(JsonWriter& out, const v1::Response& response, const Access&) {
  out.key("gateways");
  out.begin_array();
  for (const v1::GatewayReport& gateway : response.stats().gateways()) {
    out.begin_object();
    out.member("name", gateway.name());
    out.member("started", to_iso8601(from_unix_us(gateway.started_us())));
    out.member("connections", gateway.connections());
    out.member("connections_total", gateway.connections_total());
    out.member("messages_sent", gateway.messages_sent());
    out.member("messages_received", gateway.messages_received());
    out.member("newest_seq", gateway.newest_seq());
    out.end_object();
  }
  out.end_array();
}

void write_stats(JsonWriter& out, const v1::Response& response, const Access& access) {
  const v1::StatsAnswer& stats = response.stats();
  out.key("broker");
  out.begin_object();
  out.member("version", stats.version());
  out.member("boot_id", hex(stats.boot_id()));
  out.member("started", to_iso8601(from_unix_us(stats.started_us())));
  out.member("head_seq", stats.head_seq());
  out.member("events_stored", stats.events_stored());
  out.member("bytes_stored", stats.bytes_stored());
  out.member("accepted", stats.accepted());
  out.member("rejected", stats.rejected());
  out.member("duplicates", stats.duplicates());
  out.member("lost_on_pub", stats.lost_on_pub());
  out.member("queued", stats.queued());
  out.end_object();
  write_gateways(out, response, access);
}

void write_topics(JsonWriter& out, const v1::Response& response, const Access& access) {
  out.key("topics");
  out.begin_array();
  for (const v1::TopicInfo& topic : response.topics().topics()) {
    if (!access.may("subscribe", topic.name())) continue;
    out.begin_object();
    out.member("name", topic.name());
    out.member("events", topic.events());
    out.member("last_seq", topic.last_seq());
    out.member("last", to_iso8601(from_unix_us(topic.last_us())));
    out.end_object();
  }
  out.end_array();
  out.member("truncated", response.topics().truncated());
}

std::string history_body(const v1::HistoryPage& page, std::optional<Seq> since) {
  return object([&](JsonWriter& out) {
    const std::vector<EventPtr> events = events_of(page);
    out.key("events");
    out.begin_array();
    for (const EventPtr& event : events) write_full_event(out, *event);
    out.end_array();
    out.member("count", events.size());
    if (since) out.member("recovered", page.trimmed_through() <= since->value);
    out.member("scanned_through", page.scanned_through());
    out.member("end", page.end());
    out.member("head_seq", page.head_seq());
  });
}

}  // namespace

// Every route of section 6: its method, its path, what it needs, and what it does.
void Api::add_to(Router& router) {
  const auto mine = [this](void (Api::*handle)(const Exchange&)) {
    return [this, handle](const Exchange& exchange) { (this->*handle)(exchange); };
  };
  const auto now = [](HttpResponse (*answer)()) { return [answer](const Exchange& e) { e.respond(answer()); }; };
  using namespace listeners;
  router.add({
      {"GET", "/api/v1/events", kAll, Need::some("history"), mine(&Api::events)},
      {"POST", "/api/v1/events", kAll, Need::some("publish"),
       [this](const Exchange& e) { publish_.handle(e.connection(), e.request(), e.access()); }},
      {"GET", "/api/v1/stream", kAll, Need::some("subscribe"),
       [this](const Exchange& e) { streams_.open_stream(e.connection(), e.request(), e.access_ptr()); }},
      {"GET", "/api/v1/topics", kAll, Need::some("subscribe"), mine(&Api::topics)},
      {"GET", "/api/v1/stats", kAll, Need::some("subscribe"), mine(&Api::stats)},
      {"GET", "/api/v1/gateways", kAll, Need::some("subscribe"), mine(&Api::gateways)},
      {"GET", "/api/v1/services", kAll, Need::some("subscribe"), mine(&Api::services)},
      {"GET", "/api/v1/clients", kAll, Need::some("admin"),
       [this](const Exchange& e) { e.respond(clients_response(core_, e.request())); }},
      {"GET", "/api/v1/presence", kAll, Need::scope("presence", "read"),
       [this](const Exchange& e) { e.respond(presence_response(core_.presence, e.request())); }},
      {"GET", "/api/v1/me", kAll, Need::nothing(),
       [this](const Exchange& e) { login_.me(e.connection(), e.access_ptr()); }},
      {"POST", "/login", kAll, Need::nothing(),
       [this](const Exchange& e) { login_.login(e.connection(), e.request()); }},
      {"POST", "/logout", kAll, Need::nothing(),
       [this](const Exchange& e) { login_.logout(e.connection(), e.request(), e.access_ptr()); }},
      {"GET", "/health", kAll, Need::nothing(), mine(&Api::health)},
      {"GET", "/status", kAll, Need::some("subscribe"), mine(&Api::status)},
      {"GET", "/healthz", kAll, Need::nothing(), now(&Api::healthz)},
      {"GET", "/readyz", kAll, Need::nothing(), [this](const Exchange& e) { e.respond(readyz()); }},
  });
}

// ---- events

void Api::events(const Exchange& exchange) {
  const HttpRequest& request = exchange.request();
  const auto filter = read_filter(request, v1::AUDIENCE_ANY);
  if (!filter) return exchange.fail(filter.error());
  const auto since = read_history_since(request);
  if (!since) return exchange.fail(since.error());
  const auto limit = read_number(request, "limit", 1'000'000);
  if (!limit) return exchange.fail(limit.error());
  const auto through = read_number(request, "through", kSeqMax.value);
  if (!through) return exchange.fail(through.error());

  const Seq head = core_.hub.ring().newest();
  const bool from_somewhere = since->seq || since->time;
  v1::HistoryRequest question;
  *question.mutable_filter() = filter->proto();
  if (auto narrowed = exchange.access().narrow(*question.mutable_filter(), "history"); !narrowed) {
    return exchange.fail(narrowed.error());
  }
  question.set_since(since->seq.value_or(Seq{}).value);
  if (since->time) question.set_since_time_us(to_unix_us(*since->time));
  question.set_through(through->value_or(kSeqMax.value));  // not our own newest: the broker may have more by now
  question.set_limit(static_cast<std::uint32_t>(
      std::min<std::uint64_t>(limit->value_or(kLimitDefault), core_.limits.history_limit_max)));
  question.set_newest(!from_somewhere);
  if (question.limit() == 0 || question.through() == 0) {
    v1::HistoryPage nothing;
    nothing.set_scanned_through(since->seq.value_or(Seq{}).value);
    nothing.set_head_seq(head.value);
    return exchange.respond(json_response(history_body(nothing, since->seq)));
  }
  read_history(
      core_.history, question, core_.limits.history_bytes_max,
      [exchange, from_somewhere, since = since->seq, through = question.through()](Result<v1::HistoryPage> page) {
        if (!page) return exchange.fail(page.error());
        // To the broker a reached limit is an end, too; who pages has more to ask for.
        if (from_somewhere && page->scanned_through() < std::min(through, page->head_seq())) page->set_end(false);
        const std::optional<Seq> began = from_somewhere && !since ? Seq{page->since_seq()} : since;
        exchange.respond(json_response(history_body(*page, began)));
      });
}

// ---- what the broker knows

void Api::ask_broker(const Exchange& exchange, v1::Request request, Write write) {
  control_.request(std::move(request), kBrokerTimeout, [exchange, write](Result<v1::Response> response) {
    if (!response) return exchange.fail(response.error());
    exchange.respond(json_response(object([&](JsonWriter& out) { write(out, *response, exchange.access()); })));
  });
}

void Api::topics(const Exchange& exchange) {
  const auto limit = read_number(exchange.request(), "limit", 10'000);
  if (!limit) return exchange.fail(limit.error());
  v1::Request question;
  question.mutable_topics()->set_limit(static_cast<std::uint32_t>(limit->value_or(1'000)));
  ask_broker(exchange, std::move(question), &write_topics);
}

void Api::stats(const Exchange& exchange) {
  v1::Request question;
  question.mutable_stats();
  ask_broker(exchange, std::move(question), &write_stats);
}

void Api::gateways(const Exchange& exchange) {
  v1::Request question;
  question.mutable_stats();
  ask_broker(exchange, std::move(question), &write_gateways);
}

void Api::services(const Exchange& exchange) {
  v1::Request question;
  question.mutable_services();
  ask_broker(exchange, std::move(question), &write_services);
}

// ---- health

HttpResponse Api::healthz() { return json_response("{\"status\":\"ok\"}"); }

HttpResponse Api::readyz() const {
  if (draining_) return {503, "application/json", R"({"status":"not ready","reason":"draining"})", {}};
  std::string why = link_.up() ? core_.auth.why_not_ready() : link_.why_down();
  if (why.empty() && !core_.presence.loaded()) why = "presence: loading";
  if (why.empty()) return json_response("{\"status\":\"ready\"}");
  HttpResponse response{503,
                        "application/json",
                        object([&](JsonWriter& out) {
                          out.member("status", "not ready");
                          out.member("reason", why);
                        }),
                        {}};
  return response;
}

void Api::health(const Exchange& exchange) {
  exchange.respond(json_response(object([&](JsonWriter& out) {
    out.member("status", link_.up() ? "healthy" : "degraded");
    out.member("timestamp", to_iso8601(core_.clock.wall()));
  })));
}

void Api::status(const Exchange& exchange) {
  const auto uptime = std::chrono::duration<double>(core_.clock.wall() - core_.started).count();
  exchange.respond(json_response(object([&](JsonWriter& out) {
    out.member("status", "running");
    out.member("version", version());
    out.member("gateway", core_.config.name);
    out.member("timestamp", to_iso8601(core_.clock.wall()));
    out.member("uptime_seconds", uptime);
    out.member("connected_clients", core_.clients.open_clients());
    out.member("newest_seq", core_.hub.ring().newest().value);
    out.member("broker_link", link_.up() ? "up" : link_.why_down().c_str());
  })));
}

}  // namespace cell0::gateway
