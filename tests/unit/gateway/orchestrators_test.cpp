// Orchestrators behind a broker that is a function, and history that is a list.
#include "gateway/orchestrators.h"

#include <doctest/doctest.h>

#include <deque>

#include "common/clock.h"
#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

struct FakeHistory final : HistorySource {
  std::vector<v1::HistoryRequest> asked;
  std::deque<Result<v1::HistoryPage>> pages;
  void ask(const v1::HistoryRequest& request, OnPage done) override {
    asked.push_back(request);
    REQUIRE_FALSE(pages.empty());
    const Result<v1::HistoryPage> page = pages.front();
    pages.pop_front();
    done(page);
  }
};

struct Fixture {
  ManualClock clock;
  FakeHistory history;
  std::vector<v1::ServiceRequest> asked;
  std::deque<Result<v1::ServiceAnswer>> answers;
  bool broker_up = true;
  Orchestrators orchestrators{[this](v1::ServiceRequest request, auto done) {
                                asked.push_back(std::move(request));
                                REQUIRE_FALSE(answers.empty());
                                const Result<v1::ServiceAnswer> answer = answers.front();
                                answers.pop_front();
                                done(answer);
                              },
                              history, clock, clock.wall(), [this] { return broker_up; }};

  void replies(std::vector<std::string> bodies, std::uint32_t missing = 0) {
    v1::ServiceAnswer answer;
    for (std::string& body : bodies) answer.add_replies()->set_body(std::move(body));
    answer.set_missing(missing);
    answers.emplace_back(std::move(answer));
  }
  void fails(ErrorCode code) { answers.emplace_back(Error{code, "why"}); }
  void refuses(const std::string& code) {
    v1::ServiceAnswer answer;
    answer.add_replies()->mutable_error()->set_code(code);
    answers.emplace_back(std::move(answer));
  }
  void has_held(const std::vector<v1::Delivered>& events, std::uint64_t head = 100) {
    v1::HistoryPage page;
    for (const v1::Delivered& event : events) *page.add_events() = event;
    page.set_head_seq(head);
    history.pages.emplace_back(std::move(page));
  }

  static std::string text(const Result<SessionText>& session) {
    return session ? session->status + " " + session->json : "error " + session.error().text;
  }
  std::string status() {
    std::string said;
    orchestrators.status({}, "s", [&](const Result<SessionText>& session) { said = text(session); });
    return said;
  }
  std::string stop() {
    std::string said;
    orchestrators.stop({}, "s", [&](const Result<SessionText>& session) { said = text(session); });
    return said;
  }
  std::string execute() {
    std::string said;
    orchestrators.execute({}, "s", "{}", "r", [&](const Result<Orchestrators::Task>& task) {
      said = task ? task->session_id + " " + task->task_id : "error " + task.error().text;
    });
    return said;
  }
  std::string place(bool task) {
    std::string said;
    const auto done = [&](const Result<Seq>& seq) {
      said = seq ? std::to_string(seq->value) : "error " + seq.error().text;
    };
    task ? orchestrators.current_task_of("s", done) : orchestrators.beginning_of({}, "s", done);
    return said;
  }
};

v1::Delivered session_event(std::uint64_t seq, const char* status) {
  v1::Envelope envelope;
  v1::Session& session = *envelope.mutable_session_status_update()->mutable_session();
  session.set_id("s");
  session.set_status(status);
  v1::Delivered made;
  made.set_seq(seq);
  made.set_type("session_status_update");
  made.set_envelope(envelope.SerializeAsString());
  return made;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "an orchestrator's reply is handed on as it came, if it is a session") {
  replies({R"({"session":{"id":"s","status":"running","n":1.50}})"});
  CHECK(status() == R"(running {"id":"s","status":"running","n":1.50})");
  CHECK(asked.back().service() == "sessions");
  CHECK(asked.back().method() == "status");
  CHECK(asked.back().key() == "s");
  for (const char* body : {"", "{", "[]", "{}", R"({"session":1})", R"({"session":{"id":"s"}})",
                           R"({"session":{"id":"","status":"x"}})"}) {
    CAPTURE(body);
    replies({body});
    CHECK(status().starts_with("error the orchestrator's reply is not"));
  }
  replies({});
  CHECK(status() == "error the broker answered without a reply");
}

TEST_CASE_FIXTURE(Fixture,
                  "a session that nobody owns is known by its last event, and was it under way it has failed") {
  struct Row {
    const char* was;
    const char* is;
  };
  for (const Row& row : {Row{"initializing", "failed"}, Row{"running", "failed"}, Row{"paused", "failed"},
                         Row{"completed", "completed"}, Row{"terminated", "terminated"}, Row{"failed", "failed"}}) {
    CAPTURE(row.was);
    fails(ErrorCode::kNotFound);
    has_held({session_event(7, row.was)});
    CHECK(status().starts_with(row.is));
    fails(ErrorCode::kNotFound);
    has_held({session_event(7, row.was)});
    CHECK(stop().starts_with(row.is));
  }
  CHECK(history.asked.back().newest());
  CHECK(history.asked.back().filter().topics(0) == "sessions.s");
  fails(ErrorCode::kNotFound);
  has_held({});
  CHECK(status() == "error session \"s\": nobody knows it");
  fails(ErrorCode::kUnavailable);
  CHECK(status() == "error why");
}

TEST_CASE_FIXTURE(Fixture, "a task for a session that is over is refused as such, for one that never was as unknown") {
  replies({R"({"sessionId":"s","taskId":"t"})"});
  CHECK(execute() == "s t");
  CHECK(asked.back().request_id() == "r");
  fails(ErrorCode::kNotFound);
  has_held({session_event(7, "completed")});
  CHECK(execute() == "error session \"s\" is over");
  refuses("unknown_session");
  has_held({});
  CHECK(execute() == "error session \"s\": nobody knows it");
  replies({"{}"});
  CHECK(execute().starts_with("error the orchestrator's reply is not"));
}

TEST_CASE("an orchestrator's errors are ours") {
  const auto code = [](const char* word) {
    v1::ServiceError error;
    error.set_code(word);
    return orchestrator_error(error).code;
  };
  CHECK(code("invalid") == ErrorCode::kInvalid);
  CHECK(code("busy") == ErrorCode::kFull);
  CHECK(code("forbidden") == ErrorCode::kForbidden);
  CHECK(code("invalid_state") == ErrorCode::kConflict);
  CHECK(code("unknown_session") == ErrorCode::kNotFound);
  CHECK(code("of its own") == ErrorCode::kInternal);
}

TEST_CASE_FIXTURE(Fixture, "who follows begins right before the session's first event") {
  has_held({delivered(7, {.type = "session_spawned"})});
  CHECK(place(false) == "6");
  has_held({delivered(8, {.type = "stream_chunk"})});
  CHECK(place(false) == "0");  // what was before is gone: the resume says so
  has_held({});
  replies({R"({"session":{"id":"s","status":"running"}})"});
  CHECK(place(false) == "100");
  has_held({});
  fails(ErrorCode::kNotFound);
  CHECK(place(false) == "error session \"s\": nobody knows it");
}

TEST_CASE_FIXTURE(Fixture, "who gives a session a task gets the one that it is at from its beginning") {
  has_held({delivered(7, {.type = "task_executing"})});
  CHECK(place(true) == "6");
  has_held({delivered(7, {.type = "task_completed"})});
  CHECK(place(true) == "100");
  has_held({});
  CHECK(place(true) == "100");
}

TEST_CASE_FIXTURE(Fixture, "a list has the sessions of all that answered, and shows what one may see") {
  replies({R"({"sessions":[{"id":"a","status":"running"},{"id":"b","status":"failed"}]})", "nonsense",
           R"({"sessions":[{"id":"c","status":"running"}]})"});
  std::vector<SessionText> listed;
  orchestrators.list({}, [&](const Result<std::vector<SessionText>>& sessions) { listed = sessions.value(); });
  CHECK(asked.back().gather());
  REQUIRE(listed.size() == 3);
  Access access;
  access.scopes = auth::ScopeSet::parse(std::vector<std::string>{"subscribe:sessions.c"}).value();
  CHECK(sessions_json(access, listed) == R"([{"id":"c","status":"running"}])");
}

TEST_CASE_FIXTURE(Fixture, "figures of all orchestrators are added; without one the daemon is degraded") {
  std::string said;
  const auto ask = [&] { orchestrators.daemon_status({}, [&](const std::string& status) { said = status; }); };
  replies(
      {R"({"activeSessions":1,"queuedTasks":2,"uptime":500,"metrics":{"totalSessionsSpawned":1,"totalTasksProcessed":3,
               "totalTokensUsed":10,"activeSessions":1,"averageSessionDuration":100,"successRate":1},
               "subsystems":{"sessionManager":{"status":"running","lastCheck":"2026-01-01T00:00:00.000000Z"}}})",
       R"({"activeSessions":2,"queuedTasks":0,"uptime":900,"metrics":{"totalSessionsSpawned":3,"totalTasksProcessed":1,
               "totalTokensUsed":5,"activeSessions":2,"averageSessionDuration":200,"successRate":0},
               "subsystems":{"sessionManager":{"status":"degraded","lastCheck":"2026-01-02T00:00:00.000000Z"}}})"});
  ask();
  CHECK(
      said ==
      R"({"status":"running","uptime":900,"activeSessions":3,"queuedTasks":2,"metrics":{"totalSessionsSpawned":4,)"
      R"("totalTasksProcessed":4,"totalTokensUsed":15,"activeSessions":3,"averageSessionDuration":175,"successRate":0.75},)"
      R"("subsystems":{"broker":{"status":"running","lastCheck":"2026-02-02T02:40:00.000000Z"},)"
      R"("sessionManager":{"status":"degraded","lastCheck":"2026-01-02T00:00:00.000000Z"}},"orchestrators":2})");
  fails(ErrorCode::kUnavailable);
  clock.advance(std::chrono::seconds(2));
  broker_up = false;
  ask();
  CHECK(said.starts_with(R"({"status":"degraded","uptime":2000,"activeSessions":0,)"));
  CHECK(said.find(R"("sessionManager":{"status":"stopped")") != std::string::npos);
  CHECK(said.find(R"("broker":{"status":"stopped")") != std::string::npos);
  replies({"{}", "nonsense"}, 1);
  ask();
  CHECK(said.starts_with(R"({"status":"degraded")"));
}
