// What orchestrators reply, read and checked; and their figures put together. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/result.h"

namespace cell0::gateway {

// An orchestrator's error in its words ("unknown_session", "busy", "forbidden", "invalid", "invalid_state", ...) as one
// of ours; others are kInternal.
Error orchestrator_error(const v1::ServiceError& error);

struct SessionText {
  std::string id;
  std::string status;
  std::string json;  // the object
};

// Of {"session":{...}}: an object with an id and a status. kInternal: the reply is something else.
Result<SessionText> read_session_reply(std::string_view body);
// Of {"sessions":[{...},...]}.
Result<std::vector<SessionText>> read_sessions_reply(std::string_view body);
// Of {"sessionId","taskId"}: the task's.
Result<std::string> read_task_reply(std::string_view body);

// The session of a session_spawned or session_status_update as it is when nobody owns it: one that was under way has
// failed. kInternal: it is no such event.
Result<SessionText> session_without_owner(const v1::Delivered& event);

// Figures of all orchestrators as one daemon status (dialects.md section 5).
struct DaemonFigures {
  std::vector<std::string> replies;  // bodies; those that are none are passed over
  std::size_t missing = 0;           // orchestrators that did not answer
  bool broker_up = true;
};
std::string merge_daemon_status(const DaemonFigures& figures, WallTime now, Duration gateway_uptime);

}  // namespace cell0::gateway
