// The service's methods: what they take, who may, what they answer.
#include "emitters/orchestrator/session_service.h"

#include <doctest/doctest.h>

#include "tests/unit/emitters/orchestrator/fake_surroundings.h"

namespace cell0::emit {
namespace {

struct Fixture {
  asio::io_context io;
  ManualClock clock;
  SeededRandom random{1};
  FakePort port;
  std::optional<RunnerSet> runners;
  std::optional<SessionService> service;
  v1::ServiceCaller caller;

  Fixture() { caller.add_scopes("sessions:run:demo"); }

  void open(OrchestratorConfig config = {}) {
    for (RunnerConfig& row : config.runners) row.interval = std::chrono::hours(1);
    auto made = RunnerSet::create(io, config.runners);
    REQUIRE(made.ok());
    runners.emplace(std::move(*made));
    service.emplace(io, clock, random, port, *runners, SessionService::Options{"orchestrator.test", std::move(config)});
  }
  SessionService::Answer call(const std::string& method, const std::string& key, const std::string& body) {
    if (!service) open();
    link::IncomingCall incoming;
    incoming.method = method;
    incoming.key = key;
    incoming.body = body;
    incoming.caller = caller;
    return service->on_call(incoming);
  }
  SessionService::Answer spawn(const std::string& id) { return call("spawn", "", "{\"id\":\"" + id + "\"}"); }
};

struct Row {
  const char* why;
  std::string method, key, body, code, text;
};

TEST_CASE_FIXTURE(Fixture, "what is wrong is refused with its code and the member's name") {
  CHECK(spawn("s").error_code.empty());
  const std::vector<Row> rows = {
      {"no method", "dance", "", "{}", "invalid", "dance is no method of sessions"},
      {"not JSON", "spawn", "", "{", "invalid", "the body is no JSON object"},
      {"no object", "spawn", "", "[]", "invalid", "the body is no JSON object"},
      {"id is no text", "spawn", "", R"({"id":7})", "invalid", "id: not a string"},
      {"id with control characters", "spawn", "", "{\"id\":\"a\\u0001\"}", "invalid", ""},
      {"id is there", "spawn", "", R"({"id":"s"})", "invalid_state", "session s: is there already"},
      {"type is no text", "spawn", "", R"({"sessionType":7})", "invalid", "sessionType: not a string"},
      {"task is no object", "spawn", "", R"({"task":7})", "invalid", "task: not an object"},
      {"task's type", "spawn", "", R"({"task":{"type":"x"}})", "invalid",
       "task.type: x is not one of code, research, analysis, custom, general"},
      {"task's priority", "spawn", "", R"({"task":{"priority":"x"}})", "invalid",
       "task.priority: x is not one of low, medium, high, critical"},
      {"on disconnect", "spawn", "", R"({"onDisconnect":"x"})", "invalid",
       "onDisconnect: x is not one of continue, cancel"},
      {"unknown session", "execute", "nobody", R"({"task":"a"})", "unknown_session", "session nobody: unknown"},
      {"unknown session", "status", "nobody", "{}", "unknown_session", "session nobody: unknown"},
      {"unknown session", "stop", "", "{}", "unknown_session", "session : unknown"},
      {"no task", "execute", "s", "{}", "invalid", "task: missing; a text or an object with a description"},
      {"an empty task", "execute", "s", R"({"task":{}})", "invalid", "task.description: empty"},
      {"a context that is none", "execute", "s", R"({"task":"a","context":[]})", "invalid", "context: not an object"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto answer = call(row.method, row.key, row.body);
    CHECK(answer.error_code == row.code);
    if (!row.text.empty()) CHECK(answer.error_text == row.text);
  }
}

TEST_CASE_FIXTURE(Fixture, "a spawn answers with the session as it begins") {
  const auto answer = call("spawn", "",
                           R"({"id":"s","orchestratorId":"vp","task":{"type":"code","description":"d",)"
                           R"("priority":"high","status":"pending"},"sessionType":"claude-code"})");
  CHECK(answer.body.starts_with(R"({"session":{"id":"s","orchestratorId":"vp","task":{"id":"task_)"));
  CHECK(answer.body.find(R"("type":"claude-code","status":"initializing")") != std::string::npos);
  CHECK(call("status", "s", "").body.find(R"("status":"running")") != std::string::npos);
  const auto other = call("spawn", "", R"({"memoryProfile":"deep","onDisconnect":"cancel"})").body;
  CHECK(other.find(R"("semantic":{"memoryProfile":"deep","onDisconnect":"cancel"})") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a session without an id gets one") {
  const auto answer = call("spawn", "", "");
  CHECK(answer.body.starts_with(R"({"session":{"id":"session_)"));
}

TEST_CASE_FIXTURE(Fixture, "a task is taken with the id that it has or gets") {
  spawn("s");
  CHECK(call("execute", "s", R"({"task":{"id":"t9","description":"x"}})").body == R"({"sessionId":"s","taskId":"t9"})");
  CHECK(call("execute", "s", R"({"task":"x"})").body.starts_with(R"({"sessionId":"s","taskId":"task_)"));
}

TEST_CASE_FIXTURE(Fixture, "it takes the scope of the runner that the type means") {
  OrchestratorConfig config;
  RunnerConfig shell;
  shell.name = "shell";
  shell.kind = RunnerKind::kExec;
  shell.command = {"cat"};
  shell.session_types = {"claude-code"};
  config.runners = {shell};
  open(config);
  CHECK(spawn("demo").error_code.empty());
  const auto answer = call("spawn", "", R"({"id":"s","sessionType":"claude-code"})");
  CHECK(answer.error_code == "forbidden");
  CHECK(answer.error_text == "it takes the scope sessions:run:shell");
  caller.add_scopes("sessions:run:*");
  caller.set_anonymous(true);
  CHECK(call("spawn", "", R"({"id":"s","sessionType":"claude-code"})").error_text ==
        "the runner shell is for callers with a token");
  caller.set_anonymous(false);
  CHECK(call("spawn", "", R"({"id":"s","sessionType":"claude-code"})").error_code.empty());
  caller.clear_scopes();
  CHECK(call("stop", "s", "").error_code == "forbidden");
  CHECK(call("execute", "s", R"({"task":"x"})").error_code == "forbidden");
  CHECK(call("status", "s", "").error_code.empty());
}

TEST_CASE_FIXTURE(Fixture, "no more sessions than may be open; those that are over make room") {
  OrchestratorConfig config;
  config.sessions_max = 2;
  open(config);
  spawn("a");
  spawn("b");
  CHECK(spawn("c").error_code == "busy");
  CHECK(spawn("c").error_text == "2 sessions are open, more are not taken");
  CHECK(call("stop", "a", "").body.find(R"("status":"terminated")") != std::string::npos);
  CHECK(spawn("c").error_code.empty());
  CHECK(call("status", "a", "").error_code == "unknown_session");
  CHECK_FALSE(port.wills.contains("a"));
}

TEST_CASE_FIXTURE(Fixture, "idle sessions are completed, and forgotten after a while") {
  OrchestratorConfig config;
  config.idle = std::chrono::seconds(100);
  config.ended_kept = std::chrono::seconds(10);
  open(config);
  spawn("idle");
  spawn("busy");
  call("execute", "busy", R"({"task":"x"})");
  clock.advance(std::chrono::seconds(100));
  service->sweep();
  CHECK(port.events.back().session_status_update().session().status() == "completed");
  CHECK(service->live_sessions() == 1);
  CHECK(call("status", "idle", "").error_code.empty());
  clock.advance(std::chrono::seconds(10));
  service->sweep();
  CHECK(call("status", "idle", "").error_code == "unknown_session");
  CHECK(port.wills.contains("busy"));
}

TEST_CASE_FIXTURE(Fixture, "lists and figures") {
  spawn("a");
  spawn("b");
  call("execute", "a", R"({"task":"x"})");
  call("execute", "a", R"({"task":"y"})");
  call("stop", "b", "");
  clock.advance(std::chrono::seconds(2));
  CHECK(call("list", "", "").body.starts_with(R"({"sessions":[{"id":"a",)"));
  CHECK(
      call("daemon_status", "", "")
          .body.starts_with(
              R"({"status":"running","uptime":2000,"activeSessions":1,"queuedTasks":1,"metrics":{"totalSessionsSpawned":2,)"
              R"("totalTasksProcessed":0,"totalTokensUsed":0,"averageSessionDuration":0)"));
}

TEST_CASE_FIXTURE(Fixture, "sessions that were lost are gone; at the end all are terminated and given back") {
  spawn("a");
  spawn("b");
  service->on_lost({"a", "unknown"});
  CHECK(call("status", "a", "").error_code == "unknown_session");
  service->terminate_all();
  CHECK(port.events.back().session_status_update().session().status() == "terminated");
  service->give_back();
  CHECK_FALSE(port.wills.contains("b"));
}

}  // namespace
}  // namespace cell0::emit
