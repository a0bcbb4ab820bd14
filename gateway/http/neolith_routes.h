// Neolith's REST (dialects.md section 5): sessions, for clients that prefer HTTP to messages. On its own listener also
// at short paths, and its own /health and /status; /api/daemon/sessions there and on 8080. What a daemon does for
// itself (registration, heartbeat, queued events) is daemon_routes.h's.
#pragma once

#include "common/json.h"
#include "gateway/core.h"
#include "gateway/http/router.h"
#include "gateway/orchestrator_replies.h"

namespace cell0::gateway {

// {"error":{"code","message"}}: as error_response(), in the dialect's words, and 429 where everybody is busy.
HttpResponse neolith_error(const Error& error);
// {"error","code"}: of heartbeat and events.
HttpResponse neolith_flat_error(const Error& error);

// The request's body. kInvalid, kTooLarge: it is no JSON object.
Result<rapidjson::Document> read_json_object(const HttpRequest& request);

class NeolithRoutes {
 public:
  // Outlives the routes.
  explicit NeolithRoutes(Core& core) : core_(core) {}

  // Before those of section 6, some of whose paths it has on its own listener. Outlives the router.
  void add_to(Router& router);

 private:
  void health(const Exchange& exchange) const;
  void status(const Exchange& exchange) const;
  void spawn(const Exchange& exchange) const;
  void list(const Exchange& exchange) const;
  void find(const Exchange& exchange, const std::string& session_id) const;
  void stop(const Exchange& exchange, const std::string& session_id) const;
  void execute(const Exchange& exchange, const std::string& session_id) const;
  void patch(const Exchange& exchange) const;
  void by_query(const Exchange& exchange) const;
  void stop_by_any(const Exchange& exchange) const;
  void websocket(const Exchange& exchange) const;

  Core& core_;
};

}  // namespace cell0::gateway
