#include "gateway/http/daemon_routes.h"

#include <algorithm>
#include <charconv>

#include "common/event_check.h"
#include "common/topic.h"
#include "gateway/auth/admission.h"
#include "gateway/broker_link.h"
#include "gateway/client_publisher.h"
#include "gateway/dialects/neolith.h"
#include "gateway/history_reader.h"
#include "gateway/http/query.h"
#include "gateway/orchestrators.h"

namespace cell0::gateway {
namespace {

constexpr char kRegistered[] = "daemon_registered";
constexpr char kUnregistered[] = "daemon_unregistered";
constexpr char kConsumer[] = "neolith.daemon";
constexpr std::size_t kRegistrationBytesMax = 16u << 10;
constexpr std::uint64_t kLimitDefault = 100;

std::string object(const std::function<void(JsonWriter&)>& write) {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  write(out);
  out.end_object();
  return body;
}

// A daemon is the entity of its token: one registration each.
Result<std::string> daemon_topic(const std::string& entity) {
  const auto part = topic_part(entity);
  if (!part) return part.error();
  std::string topic = "daemons." + *part;
  if (auto checked = check_topic(topic); !checked) return checked.error();
  return topic;
}

Result<void> check_daemon(const Access& access) {
  if (access.anonymous)
    return Error{ErrorCode::kUnauthenticated, "a token is needed: a daemon is the entity of its token"};
  return access.check("presence", "write");
}

bool wants_stream(const HttpRequest& request) {
  const std::string_view accept = request.header("accept");
  return accept.find("text/event-stream") != std::string_view::npos;
}

// The events of sessions, of all of them or what the query narrows them to.
Result<StreamQuery> read_events_query(const HttpRequest& request, const Access& access) {
  auto query = read_stream_query(request, v1::AUDIENCE_ANY);
  if (!query) return query.error();
  v1::Filter filter = query->filter.proto();
  filter.clear_topics();
  filter.add_topics("sessions.>");
  auto narrowed = EventFilter::create(filter);
  if (!narrowed) return narrowed.error();
  query->filter = std::move(*narrowed);
  return visible_to(access, std::move(*query));
}

}  // namespace

Result<std::vector<std::uint64_t>> read_event_ids(const rapidjson::Value& body) {
  const rapidjson::Value* ids = json_member(body, "eventIds");
  if (ids == nullptr || !ids->IsArray()) return Error{ErrorCode::kInvalid, "eventIds: not a list"};
  if (ids->Size() > kEventIdsMax) {
    return Error{ErrorCode::kTooLarge, "eventIds: " + std::to_string(ids->Size()) + ", at most " +
                                           std::to_string(kEventIdsMax) + " are taken at once"};
  }
  std::vector<std::uint64_t> read;
  for (const rapidjson::Value& id : ids->GetArray()) {
    std::uint64_t seq = 0;
    bool good = id.IsUint64();
    if (good) seq = id.GetUint64();
    if (id.IsString()) {
      const std::string_view text = json_text(id);
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
      good = error == std::errc{} && end == text.data() + text.size();
    }
    if (!good || seq > kSeqMax.value) return Error{ErrorCode::kInvalid, "eventIds: not the ids of events (seqs)"};
    read.push_back(seq);
  }
  std::ranges::sort(read);
  return read;
}

Seq position_with(Seq position, const std::vector<EventPtr>& events, const std::vector<std::uint64_t>& done) {
  for (const EventPtr& event : events) {
    if (!std::ranges::binary_search(done, event->seq().value)) break;
    position = std::max(position, event->seq());
  }
  return position;
}

void DaemonRoutes::add_to(Router& router) {
  using namespace listeners;
  constexpr unsigned kBoth = kNeolith | kHttp;
  const auto mine = [this](void (DaemonRoutes::*handle)(const Exchange&) const) {
    return [this, handle](const Exchange& exchange) { (this->*handle)(exchange); };
  };
  // A registration needs presence:write, too: of the token, or of the apiKey in its body.
  constexpr Need kDaemon = Need::scope("presence", "write");
  router.add({{"POST", "/api/daemon", kBoth, Need::nothing(), mine(&DaemonRoutes::register_daemon)},
              {"GET", "/api/daemon", kBoth, Need::some("subscribe"), mine(&DaemonRoutes::status)},
              {"DELETE", "/api/daemon", kBoth, kDaemon, mine(&DaemonRoutes::unregister)}},
             &neolith_error);
  router.add({{"POST", "/api/daemon/heartbeat", kBoth, kDaemon, mine(&DaemonRoutes::heartbeat)},
              {"GET", "/api/daemon/events", kBoth, Need::some("subscribe"), mine(&DaemonRoutes::events)},
              {"DELETE", "/api/daemon/events", kBoth, kDaemon, mine(&DaemonRoutes::acknowledge)}},
             &neolith_flat_error);
}

// ---- what the broker has of a daemon

void DaemonRoutes::find_registration(const Exchange& exchange, const std::string& entity, OnRegistration found) const {
  const auto topic = daemon_topic(entity);
  if (!topic) return exchange.fail(topic.error());
  v1::HistoryRequest request;
  request.mutable_filter()->add_topics(*topic);
  request.mutable_filter()->add_types(kRegistered);
  request.mutable_filter()->add_types(kUnregistered);
  request.set_limit(1);
  request.set_newest(true);
  core_.history.ask(request, [exchange, found = std::move(found)](const Result<v1::HistoryPage>& page) {
    if (!page) return exchange.fail(page.error());
    if (page->events().empty() || page->events(0).type() != kRegistered) return found(nullptr);
    const auto event = Event::create(page->events(0));
    found(event ? *event : nullptr);
  });
}

// A daemon that is registered and has acknowledged nothing yet begins with its registration.
void DaemonRoutes::find_position(const Exchange& exchange, OnPosition found) const {
  const std::string& entity = exchange.access().entity_id;
  find_registration(exchange, entity, [this, exchange, entity, found = std::move(found)](const EventPtr& registration) {
    if (registration == nullptr) return found(std::nullopt);
    v1::ConsumersRequest request;
    v1::ConsumerFind& find = *request.add_find();
    find.set_entity(entity);
    find.set_consumer(kConsumer);
    const Seq begin = registration->seq();
    core_.broker_consumers->ask_consumers(request, [exchange, begin, found](const Result<v1::ConsumersAnswer>& answer) {
      if (!answer) return exchange.fail(answer.error());
      const bool known = !answer->find().empty() && answer->find(0).known();
      found(known ? Seq{answer->find(0).position()} : begin);
    });
  });
}

void DaemonRoutes::move_position(const Exchange& exchange, const std::string& entity, Seq to,
                                 std::function<void()> moved) const {
  v1::ConsumersRequest request;
  v1::ConsumerOpen& open = *request.add_open();
  open.set_entity(entity);
  open.set_consumer(kConsumer);
  open.set_begin(to.value);
  core_.broker_consumers->ask_consumers(
      request, [this, exchange, entity, to, moved = std::move(moved)](const Result<v1::ConsumersAnswer>& opened) {
        if (!opened) return exchange.fail(opened.error());
        if (opened->open().empty() || opened->open(0).status() != v1::ConsumerState::OPEN) {
          return exchange.fail({ErrorCode::kUnavailable, "the position cannot be kept now"});
        }
        v1::ConsumersRequest second;
        v1::ConsumerAck& ack = *second.add_ack();
        ack.set_entity(entity);
        ack.set_consumer(kConsumer);
        ack.set_epoch(opened->open(0).epoch());
        ack.set_seq(to.value);
        core_.broker_consumers->ask_consumers(second, [exchange, moved](const Result<v1::ConsumersAnswer>& acked) {
          if (!acked) return exchange.fail(acked.error());
          // Taken by another request of the same daemon meanwhile: that one has moved it.
          moved();
        });
      });
}

void DaemonRoutes::publish(const Exchange& exchange, const AccessPtr& access, const char* type, std::string data,
                           std::function<void(Seq)> done) const {
  if (!core_.link->up()) return exchange.fail({ErrorCode::kUnavailable, core_.link->why_down()});
  const auto topic = daemon_topic(access->entity_id);
  if (!topic) return exchange.fail(topic.error());
  v1::Envelope envelope;
  envelope.set_id(std::string(core_.ids.next().raw()));
  envelope.set_time_us(to_unix_us(core_.clock.wall()));
  envelope.set_source("neolith." + access->entity_id);
  envelope.set_topic(*topic);
  envelope.set_type(type);
  envelope.set_json(std::move(data));
  if (auto checked = check_event(envelope, EventLimits()); !checked) return exchange.fail(checked.error());
  const auto taken =
      core_.publisher->publish(envelope, [exchange, done = std::move(done)](const link::PublishResult& result) {
        if (result.ok()) return done(result.seq);
        exchange.fail({ErrorCode::kUnavailable, result.error});
      });
  if (!taken) exchange.fail(taken.error());
}

// ---- registration

namespace {

// What a daemon says of itself, without its key.
Result<std::string> registration_of(const rapidjson::Value& body, const std::string& entity) {
  std::string data = object([&](JsonWriter& out) {
    out.member("daemonId", entity);
    for (const auto& member : body.GetObject()) {
      const std::string_view name = json_text(member.name);
      if (name == "apiKey" || name == "token" || name == "daemonId") continue;
      out.member(name, member.value);
    }
  });
  if (data.size() <= kRegistrationBytesMax) return data;
  return Error{ErrorCode::kTooLarge, "body: " + std::to_string(data.size()) + " bytes, at most " +
                                         std::to_string(kRegistrationBytesMax) + " are kept of a registration"};
}

std::int64_t heartbeat_ms(const Core& core) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(core.config.heartbeat_interval).count();
}

std::string registered_json(const Core& core, const std::string& entity, const std::string& data, WallTime at) {
  return object([&](JsonWriter& out) {
    out.member("success", true);
    out.member("daemonId", entity);
    out.member("registeredAt", to_iso8601(at));
    out.raw_member("daemon", data);
    out.member("heartbeatIntervalMs", heartbeat_ms(core));
    out.member("serverTime", to_iso8601(core.clock.wall()));
  });
}

}  // namespace

void DaemonRoutes::register_daemon(const Exchange& exchange) const {
  const auto body = read_json_object(exchange.request());
  if (!body) return exchange.fail(body.error());
  AccessPtr access = exchange.access_ptr();
  if (const rapidjson::Value* key = json_member(*body, "apiKey"); key != nullptr && access->anonymous) {
    if (!key->IsString()) return exchange.fail({ErrorCode::kInvalid, "apiKey: not a text"});
    auto shown =
        admit(core_.auth, core_.throttle, json_text(*key), exchange.connection().peer_address(), core_.clock.mono());
    if (!shown) return exchange.fail(shown.error());
    access = *shown;
  }
  if (auto checked = check_daemon(*access); !checked) return exchange.fail(checked.error());
  auto data = registration_of(*body, access->entity_id);
  if (!data) return exchange.fail(data.error());
  find_registration(exchange, access->entity_id, [this, exchange, access, data = *data](const EventPtr& before) {
    publish(exchange, access, kRegistered, data, [this, exchange, access, data, again = before != nullptr](Seq seq) {
      const auto answer = [this, exchange, access, data, again] {
        exchange.respond({again ? 200 : 201,
                          "application/json",
                          registered_json(core_, access->entity_id, data, core_.clock.wall()),
                          {}});
      };
      // Registered again, it keeps what is queued for it; anew, it begins now.
      again ? answer() : move_position(exchange, access->entity_id, seq, answer);
    });
  });
}

void DaemonRoutes::status(const Exchange& exchange) const {
  const auto answer = [this, exchange](const EventPtr& registration) {
    core_.orchestrators->daemon_status(
        service_caller(exchange.access(), ""), [exchange, registration](const std::string& status) {
          const std::string data = registration != nullptr ? registration->data() : "null";
          exchange.respond(json_response(status.substr(0, status.size() - 1) + ",\"registration\":" + data + "}"));
        });
  };
  if (exchange.access().anonymous) return answer(nullptr);
  find_registration(exchange, exchange.access().entity_id, answer);
}

void DaemonRoutes::unregister(const Exchange& exchange) const {
  if (auto checked = check_daemon(exchange.access()); !checked) return exchange.fail(checked.error());
  const std::string& entity = exchange.access().entity_id;
  find_registration(exchange, entity, [this, exchange, entity](const EventPtr& registration) {
    if (registration == nullptr) return exchange.fail({ErrorCode::kNotFound, entity + " is not registered"});
    const auto said = object([&](JsonWriter& out) { out.member("daemonId", entity); });
    publish(exchange, exchange.access_ptr(), kUnregistered, said, [exchange, entity](Seq) {
      exchange.respond(json_response(object([&](JsonWriter& out) {
        out.member("success", true);
        out.member("daemonId", entity);
      })));
    });
  });
}

// A sign of life: a heartbeat event of the daemon, for whoever listens; it is not kept.
void DaemonRoutes::heartbeat(const Exchange& exchange) const {
  if (auto checked = check_daemon(exchange.access()); !checked) return exchange.fail(checked.error());
  std::uint64_t sequence = 0;
  if (!exchange.request().body.empty()) {
    const auto body = read_json_object(exchange.request());
    if (!body) return exchange.fail(body.error());
    sequence = json_uint(*body, "sequence").value_or(0);
  }
  const std::string& entity = exchange.access().entity_id;
  find_registration(exchange, entity, [this, exchange, entity, sequence](const EventPtr& registration) {
    if (registration == nullptr) return exchange.fail({ErrorCode::kNotFound, entity + " is not registered"});
    v1::Envelope envelope;
    envelope.set_id(std::string(core_.ids.next().raw()));
    envelope.set_time_us(to_unix_us(core_.clock.wall()));
    envelope.set_source("neolith." + entity);
    envelope.mutable_heartbeat()->set_client_id(entity);
    envelope.mutable_heartbeat()->set_sequence(sequence);
    envelope.mutable_heartbeat()->set_timestamp(to_iso8601(core_.clock.wall()));
    if (auto taken = core_.publisher->publish(envelope); !taken) return exchange.fail(taken.error());
    exchange.respond(json_response(object([&](JsonWriter& out) {
      out.member("success", true);
      out.member("heartbeatIntervalMs", heartbeat_ms(core_));
      out.member("serverTime", to_iso8601(core_.clock.wall()));
    })));
  });
}

// ---- events

// From where the query says, else from the daemon's position. Who is none gets the newest, or what comes.
void DaemonRoutes::events(const Exchange& exchange) const {
  auto query = read_events_query(exchange.request(), exchange.access());
  if (!query) return exchange.fail(query.error());
  const auto limit = read_number(exchange.request(), "limit", 1'000'000, 1);
  if (!limit) return exchange.fail(limit.error());
  const auto count = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(limit->value_or(kLimitDefault), core_.limits.history_limit_max));
  const auto begin = [this, exchange, count, live = wants_stream(exchange.request())](const StreamQuery& from) {
    if (!live) return answer_queued(exchange, from, count);
    if (exchange.connection().mode() != Mode::kHttp) return;  // it has gone
    streams_.open_stream(exchange.connection(), exchange.access_ptr(), from, renderer_);
  };
  if (query->since || exchange.access().anonymous || !exchange.access().may_some("history")) return begin(*query);
  find_position(exchange, [exchange, query = *query, begin](std::optional<Seq> position) {
    StreamQuery from = query;
    from.since = position;
    auto seen = visible_to(exchange.access(), std::move(from));
    seen ? begin(*seen) : exchange.fail(seen.error());
  });
}

namespace {

std::string queued_json(const v1::HistoryPage& page, bool recovered, bool more) {
  const std::vector<EventPtr> events = events_of(page);
  return object([&](JsonWriter& out) {
    out.key("events");
    out.begin_array();
    for (const EventPtr& event : events) {
      out.raw("{\"id\":\"" + std::to_string(event->seq().value) + "\"," + neolith_event(*event).substr(1));
    }
    out.end_array();
    out.member("count", events.size());
    out.member("recovered", recovered);
    out.member("next", page.scanned_through());
    out.member("more", more);
  });
}

}  // namespace

void DaemonRoutes::answer_queued(const Exchange& exchange, const StreamQuery& query, std::uint32_t count) const {
  v1::HistoryRequest request;
  *request.mutable_filter() = query.filter.proto();
  if (!exchange.access().narrow(*request.mutable_filter(), "history")) {  // what was is not for this client
    return exchange.respond(json_response(queued_json({}, false, false)));
  }
  request.set_since(query.since.value_or(Seq{}).value);
  request.set_limit(count);
  request.set_newest(!query.since);
  read_history(core_.history, request, core_.limits.history_bytes_max,
               [exchange, asked = query.since](const Result<v1::HistoryPage>& page) {
                 if (!page) return exchange.fail(page.error());
                 const bool recovered = !asked || page->trimmed_through() <= asked->value;
                 const bool more = asked && page->scanned_through() < page->head_seq();
                 exchange.respond(json_response(queued_json(*page, recovered, more)));
               });
}

void DaemonRoutes::acknowledge(const Exchange& exchange) const {
  if (auto checked = check_daemon(exchange.access()); !checked) return exchange.fail(checked.error());
  const auto body = read_json_object(exchange.request());
  if (!body) return exchange.fail(body.error());
  const auto ids = read_event_ids(*body);
  if (!ids) return exchange.fail(ids.error());
  v1::Filter filter;
  filter.add_topics("sessions.>");
  if (auto narrowed = exchange.access().narrow(filter, "history"); !narrowed) return exchange.fail(narrowed.error());
  find_position(exchange, [this, exchange, filter, ids = *ids](std::optional<Seq> position) {
    if (!position) return exchange.fail({ErrorCode::kNotFound, exchange.access().entity_id + " is not registered"});
    v1::HistoryRequest request;
    *request.mutable_filter() = filter;
    request.set_since(position->value);
    request.set_limit(static_cast<std::uint32_t>(kEventIdsMax));
    const auto answer = [exchange](Seq at) {
      exchange.respond(json_response(object([&](JsonWriter& out) {
        out.member("success", true);
        out.member("position", at.value);
      })));
    };
    if (ids.empty()) return answer(*position);
    read_history(core_.history, request, core_.limits.history_bytes_max,
                 [this, exchange, ids, before = *position, answer](const Result<v1::HistoryPage>& page) {
                   if (!page) return exchange.fail(page.error());
                   const Seq after = position_with(before, events_of(*page), ids);
                   if (after == before) return answer(before);
                   move_position(exchange, exchange.access().entity_id, after, [answer, after] { answer(after); });
                 });
  });
}

}  // namespace cell0::gateway
