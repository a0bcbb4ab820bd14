// A session's states and events, with a runner that does what the test says.
#include "emitters/orchestrator/session.h"

#include <doctest/doctest.h>

#include "tests/unit/emitters/orchestrator/fake_surroundings.h"

namespace cell0::emit {
namespace {

using Types = std::vector<std::string>;

struct Fixture {
  asio::io_context io;
  ManualClock clock;
  FakeRunner runner;  // outlives its runs, some of which the port has
  FakePort port;
  SessionTotals totals;
  TaskRunLimits limits{.chunk_interval = std::chrono::hours(1), .chunk_bytes_max = 10};
  std::optional<Session> session;

  void begin() {
    SessionSpec spec;
    spec.name = *session_name("s1", "orchestrator.test");
    spec.orchestrator_id = "vp_1";
    spec.type = "claude-code";
    spec.task.set_id("t0");
    spec.task.set_status("pending");
    session.emplace(Session::Surroundings{io, clock, port, totals}, std::move(spec), runner, limits, 2);
    REQUIRE(session->begin().ok());
  }
  Result<void> execute(const std::string& id, const std::string& prompt) {
    TaskRequest request;
    request.task.set_id(id);
    request.task.set_description(prompt);
    return session->execute(std::move(request));
  }
  // Without what a task's begin and the session's begin publish.
  void begin_task() {
    begin();
    REQUIRE(execute("t1", "do it").ok());
    port.take_types();
  }
};

TEST_CASE_FIXTURE(Fixture, "a session is spawned, then running, and owned with a will") {
  begin();
  CHECK(port.take_types() == Types{"session_spawned", "session_status_update"});
  CHECK(port.events[0].topic() == "sessions.s1");
  CHECK(port.events[0].session_id() == "s1");
  CHECK(port.events[0].session_spawned().session().status() == "initializing");
  CHECK(port.events[1].session_status_update().session().status() == "running");
  REQUIRE(port.wills.at("s1"));
  CHECK(port.wills.at("s1")->session_status_update().session().status() == "failed");
}

TEST_CASE_FIXTURE(Fixture, "a session that cannot be owned does not begin") {
  port.full = true;
  SessionSpec spec;
  spec.name = *session_name("s1", "orchestrator.test");
  session.emplace(Session::Surroundings{io, clock, port, totals}, std::move(spec), runner, limits, 2);
  CHECK(session->begin().error().code == ErrorCode::kFull);
  CHECK(port.types.empty());
}

TEST_CASE_FIXTURE(Fixture, "a task's events come in their order") {
  begin();
  port.take_types();
  REQUIRE(execute("t1", "do it").ok());
  runner.say("Hello ");
  runner.say("wor");
  runner.observer->on_tool_start("ls", "{\"a\":1}");
  runner.observer->on_tool_result("ls", "[1]", "");
  runner.observer->on_chunk(ChunkType::kThinking, "hm");
  runner.say("ld");
  clock.advance(std::chrono::milliseconds(250));
  runner.succeed("Hello world", 7);
  CHECK(port.take_types() == Types{"task_executing", "stream_start", "stream_chunk", "tool_call_start",
                                   "tool_call_result", "stream_chunk", "stream_chunk", "stream_end", "task_completed",
                                   "session_status_update"});
  CHECK(port.lines[4] == R"(stream_chunk {"sessionId":"s1","chunk":"Hello wor","metadata":{"type":"text","index":0}})");
  CHECK(port.lines[7] == R"(stream_chunk {"sessionId":"s1","chunk":"hm","metadata":{"type":"thinking","index":1}})");
  CHECK(port.lines[10] ==
        R"(task_completed {"sessionId":"s1","taskId":"t1","result":{"output":"Hello world","runner":"demo",)"
        R"("tokensUsed":7,"durationMs":250,"details":{}}})");
  const auto& metrics = port.events.back().session_status_update().session().metrics();
  CHECK(metrics.tokens_used() == 7);
  CHECK(metrics.tasks_completed() == 1);
  CHECK(metrics.average_response_time() == 250);
  CHECK(metrics.duration() == 250);
  CHECK(totals.tasks == 1);
}

TEST_CASE_FIXTURE(Fixture, "text is gathered up to its bound, in whole code points") {
  begin_task();
  runner.say("123456789");
  CHECK(port.take_types().empty());
  runner.say("€uro");
  CHECK(port.take_types() == Types{"stream_chunk", "stream_chunk"});
  CHECK(port.events[port.events.size() - 2].stream_chunk().chunk() == "123456789");
  CHECK(port.events.back().stream_chunk().chunk() == "€uro");
}

TEST_CASE_FIXTURE(Fixture, "what was gathered goes after its time") {
  limits.chunk_interval = std::chrono::milliseconds(1);
  begin_task();
  runner.say("a");
  io.run_one_for(std::chrono::seconds(10));
  CHECK(port.take_types() == Types{"stream_chunk"});
}

TEST_CASE_FIXTURE(Fixture, "a task that fails leaves its session running") {
  begin_task();
  runner.fail("exit_status: sh ended with 3");
  CHECK(port.take_types() == Types{"stream_end", "task_failed", "session_status_update"});
  const auto& last = port.events.back().session_status_update().session();
  CHECK(last.status() == "running");
  CHECK(last.task().status() == "failed");
  CHECK(last.metrics().errors_encountered() == 1);
  CHECK(port.lines[port.lines.size() - 2] ==
        R"(task_failed {"sessionId":"s1","taskId":"t1","error":"exit_status: sh ended with 3"})");
}

TEST_CASE_FIXTURE(Fixture, "tasks run one after another, and no more wait than may") {
  begin_task();
  CHECK(execute("t2", "b").ok());
  CHECK(execute("t3", "c").ok());
  const auto fourth = execute("t4", "d");
  REQUIRE_FALSE(fourth.ok());
  CHECK(fourth.error().text == "session s1: 2 tasks wait, more it does not take");
  CHECK(runner.requests.size() == 1);
  runner.succeed("first");
  session->go_on();
  CHECK(runner.requests.size() == 2);
  CHECK(runner.requests[1].task_id == "t2");
  CHECK(runner.requests[1].history.size() == 2);
  CHECK(runner.requests[1].history[1].text == "first");
}

TEST_CASE_FIXTURE(Fixture, "a task waits for a runner that is full") {
  begin();
  runner.refusal = Error{ErrorCode::kFull, "full"};
  CHECK(execute("t1", "a").ok());
  CHECK(session->waits_since());
  CHECK(session->waiting() == 1);
  runner.refusal.reset();
  session->go_on();
  CHECK_FALSE(session->waits_since());
  CHECK(runner.requests.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a task that cannot be started fails") {
  begin();
  port.take_types();
  runner.refusal = Error{ErrorCode::kNotFound, "runner x: gone"};
  CHECK(execute("t1", "a").ok());
  CHECK(port.take_types() == Types{"task_failed", "session_status_update"});
  CHECK_FALSE(session->busy());
}

TEST_CASE_FIXTURE(Fixture, "a stop kills what runs, fails what waits, and is the end") {
  begin_task();
  CHECK(execute("t2", "b").ok());
  runner.say("half");
  session->end(Session::Status::kTerminated, "the session was stopped");
  CHECK(port.take_types() ==
        Types{"stream_chunk", "stream_end", "task_failed", "task_failed", "session_status_update"});
  CHECK(port.events.back().session_status_update().session().status() == "terminated");
  CHECK(port.events.back().session_status_update().session().has_ended_at());
  CHECK(runner.run->cancelled);
  CHECK_FALSE(port.wills.at("s1"));
  runner.say("too late");
  runner.fail("cancelled");
  CHECK(port.take_types().empty());
  CHECK(port.ended == 1);
  CHECK(execute("t3", "c").error().code == ErrorCode::kConflict);
  session->end(Session::Status::kCompleted, "");
  CHECK(session->record().status() == "terminated");
}

TEST_CASE_FIXTURE(Fixture, "a session that is lost ends without a word") {
  begin_task();
  session->drop();
  CHECK(runner.run->cancelled);
  runner.say("too late");
  CHECK(port.take_types().empty());
  CHECK(session->over());
}

TEST_CASE_FIXTURE(Fixture, "a runner is paused while the broker does not answer") {
  limits.unanswered_events_max = 4;
  begin_task();
  CHECK_FALSE(runner.run->paused);
  runner.say("1234567890");
  runner.say("1234567890");
  CHECK(runner.run->paused);
  port.answer_all();
  CHECK_FALSE(runner.run->paused);
}

TEST_CASE_FIXTURE(Fixture, "the will follows the session") {
  begin_task();
  CHECK(port.wills.at("s1")->session_status_update().session().task().status() == "in_progress");
  runner.succeed("x", 5);
  CHECK(port.wills.at("s1")->session_status_update().session().metrics().tokens_used() == 5);
  CHECK_FALSE(port.wills.at("s1")->session_status_update().session().has_memory_context());
}

TEST_CASE_FIXTURE(Fixture, "a task that is not to be streamed tells only its tools and its result") {
  begin();
  port.take_types();
  TaskRequest request;
  request.task.set_id("t1");
  request.task.set_description("a");
  request.stream = false;
  REQUIRE(session->execute(std::move(request)).ok());
  runner.say("text");
  runner.observer->on_tool_start("ls", "{}");
  runner.succeed("text");
  CHECK(port.take_types() == Types{"task_executing", "stream_start", "tool_call_start", "stream_end", "task_completed",
                                   "session_status_update"});
}

TEST_CASE_FIXTURE(Fixture, "memory shows what was asked and answered, and the context") {
  begin();
  TaskRequest request;
  request.task.set_id("t1");
  request.task.set_description("why?");
  request.context_json = R"({"file":"a"})";
  REQUIRE(session->execute(std::move(request)).ok());
  runner.succeed("because");
  CHECK(
      session_json(session->record())
          .find(
              R"("memoryContext":{"scratchpad":{"file":"a"},"episodic":[{"taskId":"t1","prompt":"why?","output":"because"}],)"
              R"("semantic":{}})") != std::string::npos);
}

TEST_CASE("what is too large for an event is told by its size") {
  const SessionName name = *session_name("s.1/x", "orchestrator.test");
  CHECK(name.topic == "sessions.s%2E1%2Fx");
  const std::string large = "\"" + std::string(200'000, 'x') + "\"";
  CHECK(tool_call_start(name, "t", large, "now").tool_call_start().tool_input().text() ==
        R"({"truncated":true,"bytes":200002})");
  CHECK_FALSE(session_name(std::string(200, 'x'), "s").ok());
  CHECK_FALSE(session_name("", "s").ok());
}

}  // namespace
}  // namespace cell0::emit
