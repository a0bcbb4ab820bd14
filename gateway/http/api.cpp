#include "gateway/http/api.h"

#include <iterator>

#include "common/event_schema.h"
#include "common/version.h"
#include "gateway/dialects/event_fields.h"
#include "gateway/history_reader.h"
#include "gateway/http/answers.h"
#include "gateway/http/clients.h"
#include "gateway/http/presence.h"
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

namespace {

// What a route needs. There is no default: a route that does not say does not compile.
struct Need {
  static constexpr Need nothing() { return Need("", ""); }
  // A scope of this verb, for some topic at least; which one the handler checks.
  static constexpr Need some(std::string_view verb) { return Need(verb, ""); }
  static constexpr Need scope(std::string_view verb, std::string_view subject) { return Need(verb, subject); }

  Result<void> check(const Access& access) const {
    if (verb.empty()) return {};
    return subject.empty() ? access.check_some(verb) : access.check(verb, subject);
  }

  std::string_view verb, subject;

 private:
  constexpr Need(std::string_view needed_verb, std::string_view needed_subject)
      : verb(needed_verb), subject(needed_subject) {}
};

}  // namespace

struct Api::Route {
  std::string_view method;
  std::string_view path;
  Need need;
  void (Api::*handle)(Connection&, const HttpRequest&, const AccessPtr&);
};

// Every route of section 6: its method, its path, what it needs, and its handler.
const Api::Route Api::kRoutes[] = {
    {"GET", "/api/v1/events", Need::some("history"), &Api::events},
    {"POST", "/api/v1/events", Need::some("publish"), &Api::publish},
    {"GET", "/api/v1/stream", Need::some("subscribe"), &Api::stream},
    {"GET", "/api/v1/topics", Need::some("subscribe"), &Api::topics},
    {"GET", "/api/v1/stats", Need::some("subscribe"), &Api::stats},
    {"GET", "/api/v1/gateways", Need::some("subscribe"), &Api::gateways},
    {"GET", "/api/v1/clients", Need::some("admin"), &Api::clients},
    {"GET", "/api/v1/presence", Need::scope("presence", "read"), &Api::presence},
    {"GET", "/api/v1/me", Need::nothing(), &Api::me},
    {"POST", "/login", Need::nothing(), &Api::login},
    {"POST", "/logout", Need::nothing(), &Api::logout},
    {"GET", "/health", Need::nothing(), &Api::health},
    {"GET", "/status", Need::some("subscribe"), &Api::status},
    {"GET", "/healthz", Need::nothing(), &Api::healthz_route},
    {"GET", "/readyz", Need::nothing(), &Api::readyz_route},
};

HttpResponse Api::routes() {
  std::string body;
  JsonWriter out(body);
  out.begin_array();
  for (const Route& route : kRoutes) {
    out.begin_object();
    out.member("method", route.method);
    out.member("path", route.path);
    out.member("verb", route.need.verb);
    out.member("subject", route.need.subject);
    out.end_object();
  }
  out.end_array();
  return json_response(std::move(body));
}

void Api::answer(Connection& connection, const Access& access, HttpResponse response) const {
  if (auto checked = core_.auth.check(access); !checked) return connection.respond(error_response(checked.error()));
  connection.respond(std::move(response));
}

bool Api::handle(Connection& connection, const HttpRequest& request, const AccessPtr& access) {
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (route.path != request.path) continue;
    if (route.method != method) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
      continue;
    }
    if (auto permitted = route.need.check(*access); !permitted)
      connection.respond(error_response(permitted.error()));
    else
      (this->*route.handle)(connection, request, access);
    return true;
  }
  if (allowed.empty()) return false;
  HttpResponse response{405, "application/json", error_json({ErrorCode::kInvalid, "use " + allowed}), {}};
  response.headers.emplace_back("allow", allowed);
  connection.respond(std::move(response));
  return true;
}

// ---- events

void Api::events(Connection& connection, const HttpRequest& request, const AccessPtr& access) {
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
  if (auto narrowed = access->narrow(*question.mutable_filter(), "history"); !narrowed) {
    return connection.respond(error_response(narrowed.error()));
  }
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
               [this, ref = ConnectionRef(connection), access, from_somewhere, since = since->seq,
                through = question.through()](Result<v1::HistoryPage> page) {
                 if (!page) return ref->respond(error_response(page.error()));
                 // To the broker a reached limit is an end, too; who pages has more to ask for.
                 if (from_somewhere && page->scanned_through() < through) page->set_end(false);
                 const std::optional<Seq> began = from_somewhere && !since ? Seq{page->since_seq()} : since;
                 answer(*ref, *access, json_response(history_body(*page, began)));
               });
}

void Api::publish(Connection& connection, const HttpRequest& request, const AccessPtr& access) {
  publish_.handle(connection, request, *access);
}

void Api::stream(Connection& connection, const HttpRequest& request, const AccessPtr& access) {
  streams_.open_stream(connection, request, access);
}

// ---- who asks

void Api::login(Connection& connection, const HttpRequest& request, const AccessPtr&) {
  login_.login(connection, request);
}
void Api::logout(Connection& connection, const HttpRequest& request, const AccessPtr& access) {
  login_.logout(connection, request, access);
}
void Api::me(Connection& connection, const HttpRequest&, const AccessPtr& access) { login_.me(connection, access); }

// ---- what the broker knows

void Api::ask_broker(Connection& connection, const AccessPtr& access, v1::Request request, Write write) {
  control_.request(std::move(request), kBrokerTimeout,
                   [this, ref = ConnectionRef(connection), access, write](Result<v1::Response> response) {
                     if (!response) return ref->respond(error_response(response.error()));
                     answer(*ref, *access,
                            json_response(object([&](JsonWriter& out) { write(out, *response, *access); })));
                   });
}

void Api::topics(Connection& connection, const HttpRequest& request, const AccessPtr& access) {
  const auto limit = read_number(request, "limit", 10'000);
  if (!limit) return connection.respond(error_response(limit.error()));
  v1::Request question;
  question.mutable_topics()->set_limit(static_cast<std::uint32_t>(limit->value_or(1'000)));
  ask_broker(connection, access, std::move(question), &write_topics);
}

void Api::stats(Connection& connection, const HttpRequest&, const AccessPtr& access) {
  v1::Request question;
  question.mutable_stats();
  ask_broker(connection, access, std::move(question), &write_stats);
}

void Api::gateways(Connection& connection, const HttpRequest&, const AccessPtr& access) {
  v1::Request question;
  question.mutable_stats();
  ask_broker(connection, access, std::move(question), &write_gateways);
}

void Api::clients(Connection& connection, const HttpRequest& request, const AccessPtr&) {
  connection.respond(clients_response(core_, request));
}

void Api::presence(Connection& connection, const HttpRequest& request, const AccessPtr&) {
  connection.respond(presence_response(core_.presence, request));
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

void Api::healthz_route(Connection& connection, const HttpRequest&, const AccessPtr&) { connection.respond(healthz()); }
void Api::readyz_route(Connection& connection, const HttpRequest&, const AccessPtr&) { connection.respond(readyz()); }

void Api::health(Connection& connection, const HttpRequest&, const AccessPtr&) {
  connection.respond(json_response(object([&](JsonWriter& out) {
    out.member("status", link_.up() ? "healthy" : "degraded");
    out.member("timestamp", to_iso8601(core_.clock.wall()));
  })));
}

void Api::status(Connection& connection, const HttpRequest&, const AccessPtr&) {
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
