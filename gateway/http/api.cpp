#include "gateway/http/api.h"

#include <iterator>

#include "common/event_schema.h"
#include "common/version.h"
#include "gateway/dialects/event_fields.h"
#include "gateway/history_reader.h"
#include "gateway/http/answers.h"
#include "gateway/http/clients.h"
#include "gateway/http/query.h"

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

void write_gateways(JsonWriter& out, const v1::Response& response) {
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

void write_stats(JsonWriter& out, const v1::Response& response) {
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
  write_gateways(out, response);
}

void write_topics(JsonWriter& out, const v1::Response& response) {
  out.key("topics");
  out.begin_array();
  for (const v1::TopicInfo& topic : response.topics().topics()) {
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
    std::size_t count = 0;
    out.key("events");
    out.begin_array();
    for (const v1::Delivered& delivered : page.events()) {
      const auto event = Event::create(delivered);
      if (!event) continue;
      write_full_event(out, **event);
      ++count;
    }
    out.end_array();
    out.member("count", count);
    if (since) out.member("recovered", page.trimmed_through() <= since->value);
    out.member("scanned_through", page.scanned_through());
    out.member("end", page.end());
    out.member("head_seq", page.head_seq());
  });
}

}  // namespace

struct Api::Route {
  std::string_view method;
  std::string_view path;
  std::string_view verb;  // of the scope that is needed for some topic at least; "": none
  void (Api::*handle)(Connection&, const HttpRequest&, const Access&);
};

// Every route of section 6: its method, its path, what it needs, and its handler.
const Api::Route Api::kRoutes[] = {
    {"GET", "/api/v1/events", "history", &Api::events},
    {"POST", "/api/v1/events", "", &Api::publish},  // by the topic of each event
    {"GET", "/api/v1/stream", "subscribe", &Api::stream},
    {"GET", "/api/v1/topics", "subscribe", &Api::topics},
    {"GET", "/api/v1/stats", "subscribe", &Api::stats},
    {"GET", "/api/v1/gateways", "subscribe", &Api::gateways},
    {"GET", "/api/v1/clients", "admin", &Api::clients},
    {"GET", "/health", "", &Api::health},
    {"GET", "/status", "subscribe", &Api::status},
    {"GET", "/healthz", "", &Api::healthz_route},
    {"GET", "/readyz", "", &Api::readyz_route},
};

bool Api::handle(Connection& connection, const HttpRequest& request, const Access& access) {
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (route.path != request.path) continue;
    if (route.method != method) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
      continue;
    }
    if (!route.verb.empty() && !access.may_some(route.verb)) {
      const bool anonymous = access.entity_id == "anonymous";
      connection.respond(error_response({anonymous ? ErrorCode::kUnauthenticated : ErrorCode::kForbidden,
                                         "this client lacks the scope " + std::string(route.verb)}));
    } else {
      (this->*route.handle)(connection, request, access);
    }
    return true;
  }
  if (allowed.empty()) return false;
  HttpResponse response{405, "application/json", error_json({ErrorCode::kInvalid, "use " + allowed}), {}};
  response.headers.emplace_back("allow", allowed);
  connection.respond(std::move(response));
  return true;
}

// ---- events

void Api::events(Connection& connection, const HttpRequest& request, const Access&) {
  const auto filter = read_filter(request, v1::AUDIENCE_ANY);
  if (!filter) return connection.respond(error_response(filter.error()));
  const auto since = read_history_since(request);
  if (!since) return connection.respond(error_response(since.error()));
  const auto limit = read_number(request, "limit", 1'000'000);
  if (!limit) return connection.respond(error_response(limit.error()));
  const auto through = read_number(request, "through", kSeqMax.value);
  if (!through) return connection.respond(error_response(through.error()));

  const Seq head = core_.hub.ring().newest();
  const bool from_somewhere = since->seq || since->time;
  v1::HistoryRequest question;
  *question.mutable_filter() = filter->proto();
  question.set_since(since->seq.value_or(Seq{}).value);
  if (since->time) question.set_since_time_us(to_unix_us(*since->time));
  question.set_through(std::min(through->value_or(head.value), head.value));
  question.set_limit(static_cast<std::uint32_t>(
      std::min<std::uint64_t>(limit->value_or(kLimitDefault), core_.limits.history_limit_max)));
  question.set_newest(!from_somewhere);
  if (question.limit() == 0 || question.through() == 0) {
    v1::HistoryPage nothing;
    nothing.set_scanned_through(since->seq.value_or(Seq{}).value);
    nothing.set_head_seq(head.value);
    return connection.respond(json_response(history_body(nothing, since->seq)));
  }
  read_history(core_.history, question, core_.limits.history_bytes_max,
               [ref = ConnectionRef(connection), from_somewhere, since = since->seq,
                through = question.through()](Result<v1::HistoryPage> page) {
                 if (!page) return ref->respond(error_response(page.error()));
                 // To the broker a reached limit is an end, too; who pages has more to ask for.
                 if (from_somewhere && page->scanned_through() < through) page->set_end(false);
                 const std::optional<Seq> began = from_somewhere && !since ? Seq{page->since_seq()} : since;
                 ref->respond(json_response(history_body(*page, began)));
               });
}

void Api::publish(Connection& connection, const HttpRequest& request, const Access& access) {
  publish_.handle(connection, request, access);
}

void Api::stream(Connection& connection, const HttpRequest& request, const Access&) {
  streams_.open_stream(connection, request);
}

// ---- what the broker knows

void Api::ask_broker(Connection& connection, v1::Request request, Write write) {
  control_.request(std::move(request), kBrokerTimeout,
                   [ref = ConnectionRef(connection), write](Result<v1::Response> response) {
                     if (!response) return ref->respond(error_response(response.error()));
                     ref->respond(json_response(object([&](JsonWriter& out) { write(out, *response); })));
                   });
}

void Api::topics(Connection& connection, const HttpRequest& request, const Access&) {
  const auto limit = read_number(request, "limit", 10'000);
  if (!limit) return connection.respond(error_response(limit.error()));
  v1::Request question;
  question.mutable_topics()->set_limit(static_cast<std::uint32_t>(limit->value_or(1'000)));
  ask_broker(connection, std::move(question), &write_topics);
}

void Api::stats(Connection& connection, const HttpRequest&, const Access&) {
  v1::Request question;
  question.mutable_stats();
  ask_broker(connection, std::move(question), &write_stats);
}

void Api::gateways(Connection& connection, const HttpRequest&, const Access&) {
  v1::Request question;
  question.mutable_stats();
  ask_broker(connection, std::move(question), &write_gateways);
}

void Api::clients(Connection& connection, const HttpRequest& request, const Access&) {
  connection.respond(clients_response(core_, request));
}

// ---- health

HttpResponse Api::healthz() { return json_response("{\"status\":\"ok\"}"); }

HttpResponse Api::readyz() const {
  if (draining_) return {503, "application/json", R"({"status":"not ready","reason":"draining"})", {}};
  if (link_.up()) return json_response("{\"status\":\"ready\"}");
  HttpResponse response{503,
                        "application/json",
                        object([&](JsonWriter& out) {
                          out.member("status", "not ready");
                          out.member("reason", link_.why_down());
                        }),
                        {}};
  return response;
}

void Api::healthz_route(Connection& connection, const HttpRequest&, const Access&) { connection.respond(healthz()); }
void Api::readyz_route(Connection& connection, const HttpRequest&, const Access&) { connection.respond(readyz()); }

void Api::health(Connection& connection, const HttpRequest&, const Access&) {
  connection.respond(json_response(object([&](JsonWriter& out) {
    out.member("status", link_.up() ? "healthy" : "degraded");
    out.member("timestamp", to_iso8601(core_.clock.wall()));
  })));
}

void Api::status(Connection& connection, const HttpRequest&, const Access&) {
  const auto uptime = std::chrono::duration<double>(core_.clock.wall() - core_.started).count();
  connection.respond(json_response(object([&](JsonWriter& out) {
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
