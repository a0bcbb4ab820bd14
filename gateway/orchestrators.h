// The orchestrators behind the broker, as the gateway's clients see them: the service `sessions` (docs/services.md),
// and history for the sessions that nobody owns any more. Neolith's messages and REST both ask here.
//
// An orchestrator's replies are checked: what is handed on is JSON of the stated kind. A session is one JSON object
// (dialects.md section 5). One thread; `done` is called exactly once, later, unless the gateway ends before.
//
// Errors, everywhere: kUnavailable: no orchestrator, or the one that had the request is gone, or the broker is away;
// kTimeout: no answer in time; kFull: all are busy; kNotFound: no such session; kConflict: not in its state;
// kForbidden, kInvalid: as the orchestrator says; kInternal: it answered nonsense.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/result.h"
#include "common/seq.h"
#include "gateway/auth/access.h"
#include "gateway/history_source.h"
#include "gateway/orchestrator_replies.h"

namespace cell0::gateway {

// On whose behalf, for the service. `client_id`: of the connection; "" of a request.
v1::ServiceCaller service_caller(const Access& access, std::string client_id);

// A JSON array of those that it may see.
std::string sessions_json(const Access& access, const std::vector<SessionText>& sessions);

class Orchestrators {
 public:
  // A request to a service, as Services::call().
  using Ask = std::function<void(v1::ServiceRequest, std::function<void(Result<v1::ServiceAnswer>)>)>;

  using OnSession = std::function<void(Result<SessionText>)>;
  struct Task {
    std::string session_id;
    std::string task_id;
  };
  using OnTask = std::function<void(Result<Task>)>;
  using OnSessions = std::function<void(Result<std::vector<SessionText>>)>;
  using OnStatus = std::function<void(std::string status)>;
  using OnPlace = std::function<void(Result<Seq>)>;

  // History and clock outlive it. `broker_up`: whether questions are answered now.
  Orchestrators(Ask ask, HistorySource& history, const Clock& clock, WallTime started, std::function<bool()> broker_up)
      : ask_(std::move(ask)), history_(history), clock_(clock), started_(started), broker_up_(std::move(broker_up)) {}

  // Bodies and request ids: gateway/dialects/session_words.h.
  void spawn(v1::ServiceCaller caller, std::string body, std::string request_id, OnSession done);
  void execute(v1::ServiceCaller caller, const std::string& session_id, std::string body, std::string request_id,
               OnTask done);

  // Of a session that is over, or whose owner died, as its last event says it: one that was under way is `failed`.
  void status(v1::ServiceCaller caller, const std::string& session_id, OnSession done);
  // Of one that is over already: as it is.
  void stop(v1::ServiceCaller caller, const std::string& session_id, OnSession done);

  // Those that are owned now, of all orchestrators that answer in time.
  void list(v1::ServiceCaller caller, OnSessions done);
  // Merged over all orchestrators; of none, or without a broker, "degraded". Never fails.
  void daemon_status(v1::ServiceCaller caller, OnStatus done);

  // ---- where in the stream

  // Right before the session's first event that history still has; 0 if what was first is gone. kNotFound: nobody
  // knows the session.
  void beginning_of(v1::ServiceCaller caller, const std::string& session_id, OnPlace done);
  // Right before the first event of the task that the session is at; without one, after the newest event.
  void current_task_of(const std::string& session_id, OnPlace done);

 private:
  using OnReply = std::function<void(Result<v1::ServiceReply>)>;
  void ask(v1::ServiceRequest request, OnReply done);
  void last_known(const std::string& session_id, OnSession done);
  void newest_of(const std::string& session_id, std::vector<std::string> types, HistorySource::OnPage done);

  Ask ask_;
  HistorySource& history_;
  const Clock& clock_;
  WallTime started_;
  std::function<bool()> broker_up_;
};

}  // namespace cell0::gateway
