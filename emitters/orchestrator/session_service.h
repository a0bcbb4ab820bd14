// SessionService: the methods of the service `sessions`, and all sessions of this orchestrator (docs/orchestrator.md).
//
// Every call is answered at once; what comes of it is told by events. Sessions that are over stay for a while, so that
// they can still be asked for; sessions without tasks are completed after a time. One thread, the loop's.
#pragma once

#include <asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/config/orchestrator_config.h"
#include "common/json.h"
#include "common/link/worker_session.h"
#include "common/random.h"
#include "common/uuid.h"
#include "emitters/orchestrator/session.h"

namespace cell0::emit {

class SessionService {
 public:
  struct Options {
    std::string source;  // of the events: "orchestrator.<name>"
    OrchestratorConfig config;
    std::size_t held_events_max = 4096;  // of all tasks together, without an answer of the broker
    std::size_t held_bytes_max = 4u << 20;
  };

  struct Answer {
    std::string body;        // JSON
    std::string error_code;  // instead: invalid, unknown_session, busy, forbidden, invalid_state
    std::string error_text;
  };

  // All references outlive it.
  SessionService(asio::io_context& io, const Clock& clock, Random& random, SessionPort& port, const RunnerSet& runners,
                 Options options);
  ~SessionService();
  SessionService(const SessionService&) = delete;
  SessionService& operator=(const SessionService&) = delete;

  Answer on_call(const link::IncomingCall& call);

  // Somebody else has them, or nobody.
  void on_lost(const std::vector<std::string>& session_ids);

  // A runner may have room: whoever waits longest is first.
  void go_on();

  // To be called every second or so: ends what is idle, forgets what has ended.
  void sweep();

  // The process stops: all sessions end as terminated. What is to be forgotten by the broker follows with give_back().
  void terminate_all();
  void give_back();

  std::size_t live_sessions() const;
  std::size_t waiting_tasks() const;
  const SessionTotals& totals() const { return totals_; }

 private:
  struct Method {
    std::string_view name;
    Result<std::string> (SessionService::*run)(const link::IncomingCall& call, const rapidjson::Value& body);
  };
  static const Method kMethods[];

  Result<std::string> spawn(const link::IncomingCall& call, const rapidjson::Value& body);
  Result<std::string> execute(const link::IncomingCall& call, const rapidjson::Value& body);
  Result<std::string> status(const link::IncomingCall& call, const rapidjson::Value& body);
  Result<std::string> stop(const link::IncomingCall& call, const rapidjson::Value& body);
  Result<std::string> list(const link::IncomingCall& call, const rapidjson::Value& body);
  Result<std::string> daemon_status(const link::IncomingCall& call, const rapidjson::Value& body);

  Result<Session*> find(const std::string& id) const;
  Result<std::string> new_id(const rapidjson::Value& body);
  Result<void> make_room();
  void forget(const std::string& id);
  TaskRunLimits task_limits() const;
  std::string metrics_json() const;
  std::string subsystems_json() const;

  asio::io_context& io_;
  const Clock& clock_;
  SessionPort& port_;
  const RunnerSet& runners_;
  Options options_;
  UuidGenerator ids_;
  MonoTime started_;
  SessionTotals totals_;
  std::map<std::string, std::unique_ptr<Session>> sessions_;
};

}  // namespace cell0::emit
