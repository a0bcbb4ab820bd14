#include "emitters/orchestrator/session_service.h"

#include <algorithm>
#include <utility>

#include "common/auth/scopes.h"
#include "common/json.h"
#include "common/utf8.h"
#include "emitters/orchestrator/session_requests.h"

namespace cell0::emit {
namespace {

std::string_view code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return "unknown_session";
    case ErrorCode::kFull:
    case ErrorCode::kUnavailable:
      return "busy";
    case ErrorCode::kForbidden:
      return "forbidden";
    case ErrorCode::kConflict:
      return "invalid_state";
    default:
      return "invalid";
  }
}

// Who may have this runner do something.
Result<void> check_caller(const v1::ServiceCaller& caller, const RunnerConfig& runner) {
  const std::vector<std::string> texts(caller.scopes().begin(), caller.scopes().end());
  const auto scopes = auth::ScopeSet::parse(texts);
  if (!scopes || !scopes->admits("sessions", "run:" + runner.name)) {
    return Error{ErrorCode::kForbidden, "it takes the scope sessions:run:" + runner.name};
  }
  if (runner.kind == RunnerKind::kExec && caller.anonymous() && !runner.anonymous) {
    return Error{ErrorCode::kForbidden, "the runner " + runner.name + " is for callers with a token"};
  }
  return {};
}

std::string session_body(const Session& session) { return "{\"session\":" + session_json(session.record()) + "}"; }

double as_ms(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

}  // namespace

const SessionService::Method SessionService::kMethods[] = {
    {"spawn", &SessionService::spawn},   {"execute", &SessionService::execute},
    {"status", &SessionService::status}, {"stop", &SessionService::stop},
    {"list", &SessionService::list},     {"daemon_status", &SessionService::daemon_status},
};

SessionService::SessionService(asio::io_context& io, const Clock& clock, Random& random, SessionPort& port,
                               const RunnerSet& runners, Options options)
    : io_(io),
      clock_(clock),
      port_(port),
      runners_(runners),
      options_(std::move(options)),
      ids_(clock, random),
      started_(clock.mono()) {}

SessionService::~SessionService() = default;

SessionService::Answer SessionService::on_call(const link::IncomingCall& call) {
  Result<std::string> done = Error{ErrorCode::kInvalid, printable(call.method) + " is no method of sessions"};
  const auto body = parse_json(call.body.empty() ? "{}" : call.body);
  if (!body || !body->IsObject()) {
    done = Error{ErrorCode::kInvalid, "the body is no JSON object"};
  } else {
    for (const Method& method : kMethods) {
      if (method.name == call.method) done = (this->*method.run)(call, *body);
    }
  }
  if (done) return {std::move(*done), "", ""};
  return {"", std::string(code_of(done.error().code)), done.error().text};
}

Result<std::string> SessionService::spawn(const link::IncomingCall& call, const rapidjson::Value& body) {
  auto id = new_id(body);
  if (!id) return id.error();
  auto name = session_name(*id, options_.source);
  if (!name) return name.error();
  auto spec = read_spawn(body, std::move(*name), "task_" + to_string(ids_.next()), clock_.wall());
  if (!spec) return spec.error();
  Runner& runner = runners_.for_type(spec->type);
  if (auto may = check_caller(call.caller, runner.config()); !may) return may.error();
  if (auto room = make_room(); !room) return room.error();
  auto session = std::make_unique<Session>(Session::Surroundings{io_, clock_, port_, totals_}, std::move(*spec), runner,
                                           task_limits(), options_.config.tasks_max);
  v1::Session opening = session->record();
  if (auto begun = session->begin(); !begun) return begun.error();
  sessions_.emplace(*id, std::move(session));
  return "{\"session\":" + session_json(std::move(opening)) + "}";
}

Result<std::string> SessionService::execute(const link::IncomingCall& call, const rapidjson::Value& body) {
  auto session = find(call.key);
  if (!session) return session.error();
  if (auto may = check_caller(call.caller, (*session)->runner().config()); !may) return may.error();
  auto request = read_execute(body, "task_" + to_string(ids_.next()), clock_.wall());
  if (!request) return request.error();
  std::string answer;
  JsonWriter json(answer);
  json.begin_object();
  json.member("sessionId", call.key);
  json.member("taskId", request->task.id());
  json.end_object();
  if (auto taken = (*session)->execute(std::move(*request)); !taken) return taken.error();
  return answer;
}

Result<std::string> SessionService::status(const link::IncomingCall& call, const rapidjson::Value&) {
  auto session = find(call.key);
  if (!session) return session.error();
  return session_body(**session);
}

Result<std::string> SessionService::stop(const link::IncomingCall& call, const rapidjson::Value&) {
  auto session = find(call.key);
  if (!session) return session.error();
  if (auto may = check_caller(call.caller, (*session)->runner().config()); !may) return may.error();
  (*session)->end(Session::Status::kTerminated, "the session was stopped");
  return session_body(**session);
}

Result<std::string> SessionService::list(const link::IncomingCall&, const rapidjson::Value&) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.key("sessions");
  json.begin_array();
  for (const auto& [id, session] : sessions_) json.raw(session_json(session->record(false)));
  json.end_array();
  json.end_object();
  return text;
}

Result<std::string> SessionService::daemon_status(const link::IncomingCall&, const rapidjson::Value&) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.member("status", "running");
  json.member("uptime", static_cast<std::int64_t>(as_ms(clock_.mono() - started_)));
  json.member("activeSessions", live_sessions());
  json.member("queuedTasks", waiting_tasks());
  json.raw_member("metrics", metrics_json());
  json.raw_member("subsystems", subsystems_json());
  json.end_object();
  return text;
}

std::string SessionService::metrics_json() const {
  std::string text;
  JsonWriter json(text);
  const double ok = static_cast<double>(totals_.tasks - totals_.failed);
  json.begin_object();
  json.member("totalSessionsSpawned", totals_.spawned);
  json.member("totalTasksProcessed", totals_.tasks);
  json.member("totalTokensUsed", totals_.tokens);
  json.member("averageSessionDuration",
              totals_.ended == 0 ? 0.0 : as_ms(totals_.lived) / static_cast<double>(totals_.ended));
  json.member("activeSessions", live_sessions());
  json.member("successRate", totals_.tasks == 0 ? 1.0 : ok / static_cast<double>(totals_.tasks));
  json.end_object();
  return text;
}

std::string SessionService::subsystems_json() const {
  std::string text;
  JsonWriter json(text);
  const std::string now = to_iso8601(clock_.wall());
  json.begin_object();
  for (const char* name : {"sessionManager", "memoryManager", "llmClient"}) {
    json.key(name);
    json.begin_object();
    json.member("status", "running");
    json.member("lastCheck", now);
    json.end_object();
  }
  json.end_object();
  return text;
}

Result<Session*> SessionService::find(const std::string& id) const {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return Error{ErrorCode::kNotFound, "session " + printable(id) + ": unknown"};
  return found->second.get();
}

Result<std::string> SessionService::new_id(const rapidjson::Value& body) {
  const rapidjson::Value* given = json_member(body, "id");
  if (given == nullptr || given->IsNull()) return "session_" + to_string(ids_.next());
  if (!given->IsString()) return Error{ErrorCode::kInvalid, "id: not a string"};
  std::string id(json_text(*given));
  if (sessions_.contains(id)) return Error{ErrorCode::kConflict, "session " + printable(id) + ": is there already"};
  return id;
}

// Sessions that are over make room for new ones.
Result<void> SessionService::make_room() {
  if (sessions_.size() < options_.config.sessions_max) return {};
  const Session* oldest = nullptr;
  for (const auto& [id, session] : sessions_) {
    if (session->over() && (oldest == nullptr || session->changed() < oldest->changed())) oldest = session.get();
  }
  if (oldest == nullptr) {
    return Error{ErrorCode::kFull,
                 std::to_string(options_.config.sessions_max) + " sessions are open, more are not taken"};
  }
  forget(std::string(oldest->name().id));
  return {};
}

void SessionService::forget(const std::string& id) {
  port_.disown(id);
  sessions_.erase(id);
}

// The tasks that can run at once share what may wait for the broker, so that their events never fill the queue.
TaskRunLimits SessionService::task_limits() const {
  const std::size_t runs = std::min(options_.config.sessions_max, runners_.runs_max());
  TaskRunLimits limits;
  limits.chunk_interval = options_.config.chunk_interval;
  limits.chunk_bytes_max = options_.config.chunk_bytes_max;
  limits.unanswered_events_max = std::clamp<std::size_t>(options_.held_events_max / runs, 4, 256);
  limits.unanswered_bytes_max = std::max(options_.held_bytes_max / runs, 2 * limits.chunk_bytes_max);
  return limits;
}

void SessionService::on_lost(const std::vector<std::string>& session_ids) {
  for (const std::string& id : session_ids) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) continue;
    found->second->drop();
    sessions_.erase(found);
  }
}

void SessionService::go_on() {
  std::vector<Session*> waiting;
  for (const auto& [id, session] : sessions_) {
    if (session->waits_since()) waiting.push_back(session.get());
  }
  std::sort(waiting.begin(), waiting.end(),
            [](const Session* a, const Session* b) { return *a->waits_since() < *b->waits_since(); });
  for (Session* session : waiting) session->go_on();
}

void SessionService::sweep() {
  const MonoTime now = clock_.mono();
  std::vector<std::string> old;
  for (const auto& [id, session] : sessions_) {
    if (session->over() && now - session->changed() >= options_.config.ended_kept) old.push_back(id);
    if (!session->over() && !session->busy() && now - session->changed() >= options_.config.idle) {
      session->end(Session::Status::kCompleted, "");
    }
  }
  for (const std::string& id : old) forget(id);
  go_on();
}

void SessionService::terminate_all() {
  for (const auto& [id, session] : sessions_) session->end(Session::Status::kTerminated, "the orchestrator stops");
}

void SessionService::give_back() {
  for (const auto& [id, session] : sessions_) port_.disown(id);
  sessions_.clear();
}

std::size_t SessionService::live_sessions() const {
  return static_cast<std::size_t>(
      std::count_if(sessions_.begin(), sessions_.end(), [](const auto& row) { return !row.second->over(); }));
}

std::size_t SessionService::waiting_tasks() const {
  std::size_t tasks = 0;
  for (const auto& [id, session] : sessions_) tasks += session->waiting();
  return tasks;
}

}  // namespace cell0::emit
