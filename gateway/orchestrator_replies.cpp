#include "gateway/orchestrator_replies.h"

#include <algorithm>
#include <array>
#include <map>

#include "cell0/v1/event.pb.h"
#include "common/event_json.h"
#include "common/json.h"
#include "gateway/dialects/json_text.h"

namespace cell0::gateway {
namespace {

struct ErrorRow {
  std::string_view word;
  ErrorCode code;
};
constexpr std::array kErrors = {
    ErrorRow{"unknown_session", ErrorCode::kNotFound}, ErrorRow{"busy", ErrorCode::kFull},
    ErrorRow{"forbidden", ErrorCode::kForbidden},      ErrorRow{"invalid", ErrorCode::kInvalid},
    ErrorRow{"invalid_state", ErrorCode::kConflict},   ErrorRow{"unavailable", ErrorCode::kUnavailable},
    ErrorRow{"timeout", ErrorCode::kTimeout},
};

Error nonsense(std::string_view wanted) {
  return {ErrorCode::kInternal, "the orchestrator's reply is not " + std::string(wanted)};
}

constexpr JsonLimits kReplyLimits{40};  // results and memory are JSON of others, up to 32 deep

Result<SessionText> read_session(std::string_view json, const rapidjson::Value& session) {
  if (!session.IsObject()) return nonsense("a session");
  const auto id = json_string(session, "id");
  const auto status = json_string(session, "status");
  if (!id || id->empty() || !status) return nonsense("a session with an id and a status");
  return SessionText{std::string(*id), std::string(*status), std::string(json)};
}

bool is_under_way(std::string_view status) {
  return status == "initializing" || status == "running" || status == "paused";
}

}  // namespace

Error orchestrator_error(const v1::ServiceError& error) {
  const auto row = std::ranges::find(kErrors, std::string_view(error.code()), &ErrorRow::word);
  const std::string text = error.text().empty() ? "the orchestrator says: " + error.code() : error.text();
  return {row == kErrors.end() ? ErrorCode::kInternal : row->code, text};
}

Result<SessionText> read_session_reply(std::string_view body) {
  const auto parsed = parse_any_json(body, kReplyLimits);
  if (!parsed || !parsed->IsObject()) return nonsense("{\"session\"}");
  const rapidjson::Value* session = json_member(*parsed, "session");
  if (session == nullptr) return nonsense("{\"session\"}");
  const auto members = json_members(body);
  return read_session(find_member(members, "session")->value, *session);
}

Result<std::vector<SessionText>> read_sessions_reply(std::string_view body) {
  const auto parsed = parse_any_json(body, kReplyLimits);
  if (!parsed || !parsed->IsObject()) return nonsense("{\"sessions\"}");
  const rapidjson::Value* sessions = json_member(*parsed, "sessions");
  if (sessions == nullptr || !sessions->IsArray()) return nonsense("{\"sessions\"}");
  const auto members = json_members(body);
  const auto items = json_items(find_member(members, "sessions")->value);
  std::vector<SessionText> read;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto session = read_session(items[i], (*sessions)[static_cast<rapidjson::SizeType>(i)]);
    if (!session) return session.error();
    read.push_back(std::move(*session));
  }
  return read;
}

Result<std::string> read_task_reply(std::string_view body) {
  const auto parsed = parse_any_json(body, kReplyLimits);
  if (!parsed || !parsed->IsObject()) return nonsense("{\"sessionId\",\"taskId\"}");
  const auto task_id = json_string(*parsed, "taskId");
  if (!task_id || task_id->empty()) return nonsense("{\"sessionId\",\"taskId\"}");
  return std::string(*task_id);
}

Result<SessionText> session_without_owner(const v1::Delivered& event) {
  v1::Envelope envelope;
  if (!envelope.ParseFromString(event.envelope())) return nonsense("an event");
  v1::Session* session = nullptr;
  if (envelope.has_session_spawned()) session = envelope.mutable_session_spawned()->mutable_session();
  if (envelope.has_session_status_update()) session = envelope.mutable_session_status_update()->mutable_session();
  if (session == nullptr) return nonsense("an event with a session");
  if (is_under_way(session->status())) session->set_status("failed");
  std::string data;
  JsonWriter out(data);
  write_event_data(out, envelope);
  return read_session_reply(data);
}

// ---- figures

namespace {

constexpr std::array kSums = {"totalSessionsSpawned", "totalTasksProcessed", "totalTokensUsed", "activeSessions"};
// An orchestrator has these; without one nobody runs them.
constexpr std::array kSubsystems = {"sessionManager", "memoryManager", "llmClient"};

struct Subsystem {
  std::string status;
  std::string last_check;
};

int badness(std::string_view status) { return status == "running" ? 0 : status == "degraded" ? 1 : 2; }

struct Merged {
  std::size_t replies = 0;
  double uptime_ms = 0;  // of the oldest
  std::int64_t active = 0;
  std::int64_t queued = 0;
  std::array<std::int64_t, kSums.size()> sums{};
  double duration = 0;  // by the sessions spawned
  double success = 0;   // by the tasks processed
  std::map<std::string, Subsystem, std::less<>> subsystems;

  void add(const rapidjson::Value& reply);
  void add_metrics(const rapidjson::Value& metrics);
  void add_subsystems(const rapidjson::Value& parts);
  void write_metrics(JsonWriter& out) const;
};

void Merged::add(const rapidjson::Value& reply) {
  ++replies;
  uptime_ms = std::max(uptime_ms, json_number(reply, "uptime").value_or(0));
  active += json_int(reply, "activeSessions").value_or(0);
  queued += json_int(reply, "queuedTasks").value_or(0);
  const rapidjson::Value* metrics = json_member(reply, "metrics");
  if (metrics != nullptr && metrics->IsObject()) add_metrics(*metrics);
  const rapidjson::Value* parts = json_member(reply, "subsystems");
  if (parts != nullptr && parts->IsObject()) add_subsystems(*parts);
}

void Merged::add_metrics(const rapidjson::Value& metrics) {
  std::array<std::int64_t, kSums.size()> here{};
  for (std::size_t i = 0; i < kSums.size(); ++i) {
    here[i] = std::max<std::int64_t>(0, json_int(metrics, kSums[i]).value_or(0));
    sums[i] += here[i];
  }
  duration += json_number(metrics, "averageSessionDuration").value_or(0) * static_cast<double>(here[0]);
  success += json_number(metrics, "successRate").value_or(0) * static_cast<double>(here[1]);
}

void Merged::add_subsystems(const rapidjson::Value& parts) {
  for (const auto& member : parts.GetObject()) {
    if (!member.value.IsObject()) continue;
    const std::string status(json_string(member.value, "status").value_or("stopped"));
    const std::string checked(json_string(member.value, "lastCheck").value_or(""));
    auto [at, is_new] = subsystems.try_emplace(std::string(json_text(member.name)), Subsystem{status, checked});
    if (is_new) continue;
    if (badness(status) > badness(at->second.status)) at->second.status = status;  // as bad as the worst of them
    at->second.last_check = std::max(at->second.last_check, checked);
  }
}

void Merged::write_metrics(JsonWriter& out) const {
  const auto average = [](double sum, std::int64_t count, double otherwise) {
    return count > 0 ? sum / static_cast<double>(count) : otherwise;
  };
  out.key("metrics");
  out.begin_object();
  for (std::size_t i = 0; i < kSums.size(); ++i) out.member(kSums[i], sums[i]);
  out.member("averageSessionDuration", average(duration, sums[0], 0));
  out.member("successRate", average(success, sums[1], 1));
  out.end_object();
}

}  // namespace

std::string merge_daemon_status(const DaemonFigures& figures, WallTime now, Duration gateway_uptime) {
  Merged merged;
  for (const std::string& body : figures.replies) {
    const auto reply = parse_json(body);
    if (reply && reply->IsObject()) merged.add(*reply);
  }
  const std::string time = to_iso8601(now);
  if (merged.replies == 0) {
    for (const char* name : kSubsystems) merged.subsystems[name] = {"stopped", time};
    merged.uptime_ms =
        static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(gateway_uptime).count());
  }
  merged.subsystems["broker"] = {figures.broker_up ? "running" : "stopped", time};
  const bool whole = merged.replies > 0 && figures.missing == 0 && figures.broker_up;
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  out.member("status", whole ? "running" : "degraded");
  out.member("uptime", static_cast<std::int64_t>(merged.uptime_ms));
  out.member("activeSessions", merged.active);
  out.member("queuedTasks", merged.queued);
  merged.write_metrics(out);
  out.key("subsystems");
  out.begin_object();
  for (const auto& [name, part] : merged.subsystems) {
    out.key(name);
    out.begin_object();
    out.member("status", part.status);
    out.member("lastCheck", part.last_check.empty() ? time : part.last_check);
    out.end_object();
  }
  out.end_object();
  out.member("orchestrators", merged.replies);
  out.end_object();
  return text;
}

}  // namespace cell0::gateway
