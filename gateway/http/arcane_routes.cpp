#include "gateway/http/arcane_routes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/json.h"
#include "common/topic.h"
#include "common/utf8.h"
#include "gateway/arcane_entrance.h"
#include "gateway/dialects/arcane.h"
#include "gateway/history_reader.h"

namespace cell0::gateway {
namespace {

constexpr std::uint32_t kQuickMs = 10'000;
constexpr std::uint32_t kInvokeMs = 290'000;  // the daemons have time limits of their own, below this
constexpr Duration kBrokerTimeout = std::chrono::seconds(5);
constexpr std::uint32_t kHistoryShown = 100;
constexpr std::uint32_t kChannelsMax = 1'000;
constexpr std::string_view kChannelTopics = "channels.";

template <typename Write>
HttpResponse answer(Write&& write) {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  write(out);
  out.end_object();
  return json_response(std::move(body));
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
    case ErrorCode::kTooLarge:
      return 422;
    case ErrorCode::kConflict:
      return 400;
    default:
      return http_status(code);
  }
}

// A worker's own words for why not (emitters/daemons/desk.h).
Error error_of(const v1::ServiceError& error) {
  struct Row {
    std::string_view word;
    ErrorCode code;
  };
  constexpr std::array kRows{Row{"unprocessable", ErrorCode::kInvalid}, Row{"bad_request", ErrorCode::kConflict},
                             Row{"forbidden", ErrorCode::kForbidden}, Row{"timeout", ErrorCode::kTimeout}};
  for (const Row& row : kRows) {
    if (row.word == error.code()) return {row.code, error.text()};
  }
  return {ErrorCode::kUnavailable, error.text()};
}

v1::ServiceCaller caller_of(const Access& access) {
  v1::ServiceCaller caller;
  caller.set_entity_id(access.entity_id);
  caller.set_entity_type(access.entity_type);
  caller.set_anonymous(access.anonymous);
  for (std::string& scope : access.scopes.texts()) caller.add_scopes(std::move(scope));
  return caller;
}

Error wrong(const BodyField& field, std::string_view why) {
  return {ErrorCode::kInvalid, std::string(field.name) + ": " + std::string(why)};
}

Result<void> check_field(const BodyField& field, const rapidjson::Value* value) {
  if (value == nullptr) {
    if (field.required) return wrong(field, "it is missing");
    return {};
  }
  switch (field.kind) {
    case BodyField::Kind::kFlag:
      if (!value->IsBool()) return wrong(field, "not true or false");
      return {};
    case BodyField::Kind::kObject:
      if (!value->IsObject() && !value->IsNull()) return wrong(field, "not an object");
      return {};
    case BodyField::Kind::kText:
      break;
  }
  if (!value->IsString()) return wrong(field, "not a string");
  if (json_text(*value).find_first_not_of(" \t\r\n") == std::string_view::npos) return wrong(field, "it is empty");
  if (json_text(*value).size() <= field.bytes_max) return {};
  return Error{ErrorCode::kTooLarge,
               std::string(field.name) + ": over " + std::to_string(field.bytes_max) + " bytes long"};
}

}  // namespace

HttpResponse arcane_error(const Error& error) {
  HttpResponse response = answer([&](JsonWriter& out) { out.member("detail", error.text); });
  response.status = status_of(error.code);
  if (response.status == 401) response.headers.emplace_back("www-authenticate", "Bearer");
  if (response.status == 503) response.headers.emplace_back("retry-after", "2");
  return response;
}

Result<std::string> read_body(std::string_view text, const std::vector<BodyField>& fields) {
  const auto body = parse_json(text);
  if (!body) return Error{ErrorCode::kInvalid, "body: " + body.error().text};
  if (!body->IsObject()) return Error{ErrorCode::kInvalid, "body: not a JSON object"};
  std::string taken;
  JsonWriter out(taken);
  out.begin_object();
  for (const BodyField& field : fields) {
    const rapidjson::Value* value = json_member(*body, field.name);
    if (auto checked = check_field(field, value); !checked) return checked.error();
    if (value != nullptr) out.member(field.name, *value);
  }
  out.end_object();
  return taken;
}

Result<std::uint32_t> read_count(const HttpRequest& request) {
  constexpr std::int64_t kCountDefault = 10;
  const auto text = request.query_value("count");
  if (!text) return static_cast<std::uint32_t>(kCountDefault);
  std::int64_t count = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, count);
  const bool number = stop == end && !text->empty() && error != std::errc::invalid_argument;
  if (!number) return Error{ErrorCode::kInvalid, "count: \"" + printable(*text, 40) + "\" is not a whole number"};
  // One beyond all integers is large, whatever it is exactly.
  if (error == std::errc::result_out_of_range) count = text->front() == '-' ? 1 : kHistoryShown;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 1, kHistoryShown));
}

// ---- what the daemons do

struct ArcaneRoutes::Operation {
  std::string_view method;
  std::string_view path;
  Need need;
  std::string service_method;
  std::vector<BodyField> fields;  // of the body; of a GET none
  std::uint32_t timeout_ms = kQuickMs;
};

namespace {

const BodyField kDaemonName{"daemon_name"};
const BodyField kTask{"task", BodyField::Kind::kText, true, 64u << 10};
const BodyField kParameters{"parameters", BodyField::Kind::kObject, false};
const BodyField kSpell{"spell", BodyField::Kind::kText, true, 4096};
const BodyField kVeil{"veil", BodyField::Kind::kFlag};

constexpr Need kRun = Need::scope("daemons", "run");
constexpr Need kRead = Need::some("subscribe");

}  // namespace

const ArcaneRoutes::Operation ArcaneRoutes::kOperations[] = {
    {"POST", "/summon", kRun, "summon", {kDaemonName}},
    {"POST", "/invoke", kRun, "invoke", {kDaemonName, kTask, kParameters}, kInvokeMs},
    {"POST", "/banish", kRun, "banish", {kDaemonName}},
    {"POST", "/spell/parse", kRun, "parse", {kSpell}},
    {"POST", "/parse", kRun, "parse", {kSpell}},
    {"GET", "/daemons", kRead, "daemons", {}},
    {"GET", "/daemons/active", kRead, "active", {}},
    {"GET", "/statistics", kRead, "statistics", {}},
    {"GET", "/daemon/{name}/state", kRead, "state", {}},
    {"GET", "/veil", kRun, "veil", {}},
    {"POST", "/veil", kRun, "set_veil", {kVeil}},
};

void ArcaneRoutes::add_to(Router& router) {
  std::vector<Route> routes;
  for (const Operation& operation : kOperations) {
    routes.push_back({operation.method, operation.path, listeners::kArcane, operation.need,
                      [this, &operation](const Exchange& exchange) { run(exchange, operation); }});
  }
  constexpr unsigned kBoth = listeners::kArcane | listeners::kHttp;
  routes.push_back({"GET", "/events/recent", kBoth, Need::some("history"), [this](const Exchange& e) { recent(e); }});
  routes.push_back({"GET", "/events/stats", kBoth, kRead, [this](const Exchange& e) { stats(e); }});
  routes.push_back({"GET", "/channels", kBoth, kRead, [this](const Exchange& e) { channels(e); }});
  router.add(std::move(routes), &arcane_error, true);
}

void ArcaneRoutes::run(const Exchange& exchange, const Operation& operation) {
  v1::ServiceRequest request;
  request.set_service("daemons");
  request.set_method(operation.service_method);
  // So that it is asked again, and not done twice, where the broker starts anew meanwhile.
  request.set_request_id(to_string(core_.ids.next()));
  request.set_timeout_ms(operation.timeout_ms);
  *request.mutable_caller() = caller_of(exchange.access());
  if (operation.service_method == "state") {
    JsonWriter out(*request.mutable_body());
    out.begin_object();
    out.member("daemon_name", exchange.param(0));
    out.end_object();
  } else if (operation.method == "POST") {
    auto body = read_body(exchange.request().body, operation.fields);
    if (!body) return exchange.fail(body.error());
    request.set_body(std::move(*body));
  }
  core_.services.call(std::move(request), [exchange](Result<v1::ServiceAnswer> done) {
    if (!done) {
      const bool gone = done.error().code == ErrorCode::kUnavailable;
      return exchange.fail({done.error().code, (gone ? "cell0-daemons is not running: " : "") + done.error().text});
    }
    if (done->replies().empty()) return exchange.fail({ErrorCode::kInternal, "the broker answered nothing"});
    const v1::ServiceReply& reply = done->replies(0);
    if (reply.has_error()) return exchange.fail(error_of(reply.error()));
    if (const auto body = parse_json(reply.body()); !body || !body->IsObject()) {
      return exchange.fail({ErrorCode::kInternal, "the worker " + reply.worker() + " answered what is no JSON object"});
    }
    exchange.respond(json_response(reply.body()));
  });
}

// ---- the event bus

void ArcaneRoutes::recent(const Exchange& exchange) {
  const auto count = read_count(exchange.request());
  if (!count) return exchange.fail(count.error());
  v1::HistoryRequest question;
  question.mutable_filter()->set_audience(v1::AUDIENCE_ARCANE);
  if (auto narrowed = exchange.access().narrow(*question.mutable_filter(), "history"); !narrowed) {
    return exchange.fail(narrowed.error());
  }
  question.set_limit(*count);
  question.set_newest(true);
  read_history(core_.history, question, core_.limits.history_bytes_max,
               [exchange](const Result<v1::HistoryPage>& page) {
                 if (!page) return exchange.fail(page.error());
                 const std::vector<EventPtr> events = events_of(*page);
                 exchange.respond(answer([&](JsonWriter& out) {
                   out.member("status", "success");
                   out.member("message", "✨ The chronicles reveal the last " + std::to_string(events.size()) +
                                             " mystical occurrences... ✨");
                   out.member("count", events.size());
                   out.key("events");
                   out.begin_array();
                   for (const EventPtr& event : events) write_arcane_event(out, *event);
                   out.end_array();
                 }));
               });
}

void ArcaneRoutes::stats(const Exchange& exchange) {
  const OpeningWindow* window = core_.openings.find(v1::AUDIENCE_ARCANE);
  CELL0_CHECK(window != nullptr);
  const auto events = core_.hub.newest(window->filter(), kHistoryShown, core_.limits.opening_scan_max);
  const std::size_t held = std::max(events.size(), window->events().size());
  core_.presence.recipients(std::string(kSpellsTopic), [exchange, held](std::uint64_t subscribers) {
    exchange.respond(answer([&](JsonWriter& out) {
      out.member("status", "success");
      out.member("message", "✨ The ethereal network thrums with energy... ✨");
      out.member("subscribers", subscribers);
      out.member("history_size", held);
      out.member("active", true);
    }));
  });
}

void ArcaneRoutes::channels(const Exchange& exchange) {
  v1::Request question;
  question.mutable_subscriber_counts()->set_prefix(std::string(kChannelTopics));
  question.mutable_subscriber_counts()->set_limit(kChannelsMax);
  control_.request(std::move(question), kBrokerTimeout, [exchange](Result<v1::Response> response) {
    if (!response) return exchange.fail(response.error());
    exchange.respond(answer([&](JsonWriter& out) {
      out.member("status", "success");
      out.member("message", "✨ The mystical channels hum with power... ✨");
      std::size_t count = 0;
      out.key("channels");
      out.begin_object();
      for (const v1::SubscriberCount& topic : response->subscriber_counts().topics()) {
        if (!exchange.access().may("subscribe", topic.topic())) continue;
        out.member(topic_part_name(std::string_view(topic.topic()).substr(kChannelTopics.size())), topic.subscribers());
        ++count;
      }
      out.end_object();
      out.member("total_channels", count);
    }));
  });
}

}  // namespace cell0::gateway
