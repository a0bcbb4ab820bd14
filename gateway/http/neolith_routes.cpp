#include "gateway/http/neolith_routes.h"

#include "gateway/broker_link.h"
#include "gateway/dialects/neolith.h"
#include "gateway/dialects/session_words.h"
#include "gateway/http/publish.h"
#include "gateway/orchestrators.h"

namespace cell0::gateway {
namespace {

int status_of(const Error& error) { return error.code == ErrorCode::kFull ? 429 : http_status(error.code); }

HttpResponse error_of(const Error& error, std::string body) {
  HttpResponse response{status_of(error), "application/json", std::move(body), {}};
  if (response.status == 401) response.headers.emplace_back("www-authenticate", "Bearer");
  if (response.status == 429 || response.status == 503) response.headers.emplace_back("retry-after", "2");
  return response;
}

v1::ServiceCaller caller_of(const Exchange& exchange) { return service_caller(exchange.access(), ""); }

// What is answered with a session, bare.
auto answer_session(const Exchange& exchange, int status = 200) {
  return [exchange, status](const Result<SessionText>& session) {
    if (!session) return exchange.fail(session.error());
    HttpResponse response{status, "application/json", session->json, {}};
    if (status == 201) {
      const auto path = session_topic(session->id);  // escaped as a topic's part: fine in a path
      if (path) response.headers.emplace_back("location", "/sessions/" + path->substr(std::string("sessions.").size()));
    }
    exchange.respond(std::move(response));
  };
}

// The client's id for its request: the header's, or the body's requestId.
Result<std::string> request_id_of(const HttpRequest& request, std::string in_body) {
  const auto key = idempotency_key(request);
  if (!key) return key.error();
  if (!*key) return in_body;
  if ((*key)->size() > SessionWordLimits::kRequestIdBytes) {
    return Error{ErrorCode::kInvalid, "Idempotency-Key: " + std::to_string((*key)->size()) + " bytes; here at most " +
                                          std::to_string(SessionWordLimits::kRequestIdBytes)};
  }
  return **key;
}

Result<void> check_may_see(const Access& access, const std::string& session_id) {
  const auto topic = session_topic(session_id);
  if (!topic) return topic.error();
  return access.check("subscribe", *topic);
}

}  // namespace

HttpResponse neolith_error(const Error& error) {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.key("error");
  out.begin_object();
  out.member("code", neolith_code(fault_of(error.code)));
  out.member("message", error.text);
  out.end_object();
  out.end_object();
  return error_of(error, std::move(body));
}

HttpResponse neolith_flat_error(const Error& error) {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.member("error", error.text);
  out.member("code", error.code == ErrorCode::kNotFound ? "not_registered" : neolith_code(fault_of(error.code)));
  out.end_object();
  return error_of(error, std::move(body));
}

Result<rapidjson::Document> read_json_object(const HttpRequest& request) {
  auto body = parse_json(request.body);
  if (!body) return Error{body.error().code, "body: " + body.error().text};
  if (!body->IsObject()) return Error{ErrorCode::kInvalid, "body: not a JSON object"};
  return body;
}

void NeolithRoutes::add_to(Router& router) {
  using namespace listeners;
  constexpr unsigned kBoth = kNeolith | kHttp;
  const auto mine = [this](void (NeolithRoutes::*handle)(const Exchange&) const) {
    return [this, handle](const Exchange& exchange) { (this->*handle)(exchange); };
  };
  // Of the session that the path names.
  const auto of_path = [this](void (NeolithRoutes::*handle)(const Exchange&, const std::string&) const) {
    return [this, handle](const Exchange& exchange) { (this->*handle)(exchange, exchange.param(0)); };
  };
  router.add(
      {
          {"GET", "/health", kNeolith, Need::nothing(), mine(&NeolithRoutes::health)},
          {"GET", "/status", kNeolith, Need::some("subscribe"), mine(&NeolithRoutes::status)},
          {"POST", "/sessions", kNeolith, Need::some("sessions"), mine(&NeolithRoutes::spawn)},
          {"GET", "/sessions", kNeolith, Need::some("subscribe"), mine(&NeolithRoutes::list)},
          {"GET", "/sessions/{id}", kNeolith, Need::some("subscribe"), of_path(&NeolithRoutes::find)},
          {"DELETE", "/sessions/{id}", kNeolith, Need::some("sessions"), of_path(&NeolithRoutes::stop)},
          {"POST", "/sessions/{id}/tasks", kNeolith, Need::some("sessions"), of_path(&NeolithRoutes::execute)},
          {"POST", "/api/daemon/sessions", kBoth, Need::some("sessions"), mine(&NeolithRoutes::spawn)},
          {"GET", "/api/daemon/sessions", kBoth, Need::some("subscribe"), mine(&NeolithRoutes::by_query)},
          {"PATCH", "/api/daemon/sessions", kBoth, Need::some("sessions"), mine(&NeolithRoutes::patch)},
          {"DELETE", "/api/daemon/sessions", kBoth, Need::some("sessions"), mine(&NeolithRoutes::stop_by_any)},
          {"GET", "/api/daemon/ws", kBoth, Need::nothing(), mine(&NeolithRoutes::websocket)},
      },
      &neolith_error);
}

// ---- health

void NeolithRoutes::health(const Exchange& exchange) const {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.member("status", core_.link->up() ? "healthy" : "degraded");
  out.member("timestamp", to_iso8601(core_.clock.wall()));
  out.end_object();
  exchange.respond(json_response(std::move(body)));
}

void NeolithRoutes::status(const Exchange& exchange) const {
  core_.orchestrators->daemon_status(
      caller_of(exchange), [exchange](const std::string& status) { exchange.respond(json_response(status)); });
}

void NeolithRoutes::websocket(const Exchange& exchange) const {
  const std::string host(exchange.request().header("host"));
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.member("url", "ws://" + host + "/api/daemon/ws");
  out.member("path", "/api/daemon/ws");
  out.member("protocol", "neolith");
  out.member("subprotocol", "cell0");
  out.member("authentication", "Authorization: Bearer, or a first message {\"type\":\"auth\",\"token\"}");
  out.end_object();
  exchange.respond(json_response(std::move(body)));
}

// ---- sessions

void NeolithRoutes::spawn(const Exchange& exchange) const {
  const auto body = read_json_object(exchange.request());
  if (!body) return exchange.fail(body.error());
  const auto words = Words::of(*body);
  if (!words) return exchange.fail(words.error());
  auto command = read_spawn(*words);
  if (!command) return exchange.fail(command.error());
  if (command->cancel_at_end) {
    return exchange.fail({ErrorCode::kInvalid, "onDisconnect: a request has no connection that could end"});
  }
  const auto request_id = request_id_of(exchange.request(), std::move(command->request_id));
  if (!request_id) return exchange.fail(request_id.error());
  std::string known_as = service_request_id(exchange.access().entity_id, "spawn", "", command->body, *request_id);
  core_.orchestrators->spawn(caller_of(exchange), std::move(command->body), std::move(known_as),
                             answer_session(exchange, 201));
}

void NeolithRoutes::list(const Exchange& exchange) const {
  core_.orchestrators->list(caller_of(exchange), [exchange](const Result<std::vector<SessionText>>& listed) {
    if (!listed) return exchange.fail(listed.error());
    exchange.respond(json_response("{\"sessions\":" + sessions_json(exchange.access(), *listed) + "}"));
  });
}

void NeolithRoutes::find(const Exchange& exchange, const std::string& session_id) const {
  if (auto checked = check_may_see(exchange.access(), session_id); !checked) return exchange.fail(checked.error());
  core_.orchestrators->status(caller_of(exchange), session_id, answer_session(exchange));
}

void NeolithRoutes::stop(const Exchange& exchange, const std::string& session_id) const {
  if (auto checked = check_session_id(session_id); !checked) return exchange.fail(checked.error());
  core_.orchestrators->stop(caller_of(exchange), session_id, answer_session(exchange));
}

void NeolithRoutes::execute(const Exchange& exchange, const std::string& session_id) const {
  if (auto checked = check_session_id(session_id); !checked) return exchange.fail(checked.error());
  const auto body = read_json_object(exchange.request());
  if (!body) return exchange.fail(body.error());
  const auto words = Words::of(*body);
  if (!words) return exchange.fail(words.error());
  auto command = read_execute(*words, session_id);
  if (!command) return exchange.fail(command.error());
  const auto request_id = request_id_of(exchange.request(), std::move(command->request_id));
  if (!request_id) return exchange.fail(request_id.error());
  std::string known_as =
      service_request_id(exchange.access().entity_id, "execute", session_id, command->body, *request_id);
  core_.orchestrators->execute(caller_of(exchange), session_id, std::move(command->body), std::move(known_as),
                               [exchange](const Result<Orchestrators::Task>& task) {
                                 if (!task) return exchange.fail(task.error());
                                 std::string answer;
                                 JsonWriter out(answer);
                                 out.begin_object();
                                 out.member("sessionId", task->session_id);
                                 out.member("taskId", task->task_id);
                                 out.end_object();
                                 exchange.respond({202, "application/json", std::move(answer), {}});
                               });
}

// ---- /api/daemon/sessions, which names its session in the query or in the body

namespace {

std::optional<std::string> session_in_query(const HttpRequest& request) {
  const auto id = request.query_value("sessionId");
  return id ? id : request.query_value("id");
}

Result<std::string> session_in_body(const HttpRequest& request) {
  const auto body = read_json_object(request);
  if (!body) return body.error();
  const auto words = Words::of(*body);
  return words ? read_session_id(*words) : words.error();
}

}  // namespace

void NeolithRoutes::by_query(const Exchange& exchange) const {
  const auto session_id = session_in_query(exchange.request());
  session_id ? find(exchange, *session_id) : list(exchange);
}

void NeolithRoutes::stop_by_any(const Exchange& exchange) const {
  if (const auto session_id = session_in_query(exchange.request())) return stop(exchange, *session_id);
  const auto session_id = session_in_body(exchange.request());
  if (!session_id) return exchange.fail(session_id.error());
  stop(exchange, *session_id);
}

// Of a session only two things can be changed: it gets a task, or it ends.
void NeolithRoutes::patch(const Exchange& exchange) const {
  const auto session_id = session_in_body(exchange.request());
  if (!session_id) return exchange.fail(session_id.error());
  const auto body = parse_json(exchange.request().body);
  const auto words = Words::of(*body);
  if (words->find("task") != nullptr) return execute(exchange, *session_id);
  const rapidjson::Value* status = words->find("status");
  if (status != nullptr && status->IsString() && json_text(*status) == "terminated") return stop(exchange, *session_id);
  exchange.fail({ErrorCode::kInvalid, "body: neither a \"task\" nor the \"status\" terminated"});
}

}  // namespace cell0::gateway
