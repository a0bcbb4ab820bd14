// The exec runner on real commands.
#include "emitters/runners/exec_runner.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/utf8.h"
#include "tests/unit/emitters/runners/run_log.h"

namespace cell0::emit {
namespace {

struct Fixture {
  asio::io_context io;
  RunLog log;
  RunnerConfig config;
  std::unique_ptr<Runner> runner;
  std::unique_ptr<Run> run;

  Fixture() {
    signal(SIGPIPE, SIG_IGN);
    config.name = "command";
    config.kind = RunnerKind::kExec;
    config.kill_after = std::chrono::milliseconds(200);
  }

  void start(std::vector<std::string> command, RunRequest request = {}) {
    config.command = std::move(command);
    auto made = make_runner(io, config);
    REQUIRE(made.ok());
    runner = std::move(*made);
    auto started = runner->start(std::move(request), log);
    REQUIRE(started.ok());
    run = std::move(*started);
  }
  void start_shell(const std::string& script) { start({"sh", "-c", script}); }

  const RunResult& end() {
    REQUIRE(run_until(io, [this] { return log.end.has_value(); }));
    return *log.end;
  }
  std::string first_word() {
    REQUIRE(run_until(io, [this] { return log.text().find('\n') != std::string::npos; }));
    return log.text().substr(0, log.text().find('\n'));
  }
};

// Its process is gone, or dead and waits for its new parent.
bool is_gone(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string id, name, state;
  return !(stat >> id >> name >> state) || state == "Z";
}

TEST_CASE_FIXTURE(Fixture, "the prompt comes on standard input, however large") {
  const std::string prompt = std::string(300'000, 'x') + "€";
  start({"cat"}, {.prompt = prompt});
  CHECK(end().ok);
  CHECK(log.text() == prompt);
  CHECK(end().text_cut);
  CHECK(end().details_json == R"({"exit_code":0})");
}

TEST_CASE_FIXTURE(Fixture, "the prompt is an argument, whatever is in it") {
  start({"printf", "%s|%s", "{prompt}", "{context}"},
        {.prompt = "$(id) {context} \"x\"", .context_json = R"({"a":1})"});
  CHECK(end().ok);
  CHECK(log.text() == "$(id) {context} \"x\"|{\"a\":1}");
}

TEST_CASE_FIXTURE(Fixture, "a prompt that is no argument is refused") {
  config.command = {"echo", "{prompt}"};
  const auto made = make_runner(io, config);
  REQUIRE(made.ok());
  const auto large = (*made)->start({.prompt = std::string(200'000, 'x')}, log);
  REQUIRE_FALSE(large.ok());
  CHECK(large.error().code == ErrorCode::kInvalid);
  CHECK_FALSE((*made)->start({.prompt = std::string("a\0b", 3)}, log).ok());
}

TEST_CASE_FIXTURE(Fixture, "a command that is not there is a mistake of the configuration") {
  config.command = {"no-such-program-here"};
  const auto made = make_runner(io, config);
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().text == "runner command: no-such-program-here: no such program in PATH");
}

TEST_CASE_FIXTURE(Fixture, "it gets its session and task and a small environment") {
  ::setenv("CELL0_TEST_SECRET", "s", 1);
  start({"sh", "-c", "echo \"$CELL0_SESSION_ID $CELL0_TASK_ID [$CELL0_TEST_SECRET] ${PATH:+path}\""},
        {.session_id = "s1", .task_id = "t1"});
  CHECK(end().ok);
  CHECK(log.text() == "s1 t1 [] path\n");
}

TEST_CASE_FIXTURE(Fixture, "another exit code is a failure that says it, with the end of standard error") {
  start_shell("echo out; echo first >&2; printf 'caf\\303\\251 \\377\\n' >&2; exit 3");
  CHECK_FALSE(end().ok);
  CHECK(end().error_code == "exit_status");
  CHECK(end().error == "exit_status: sh ended with 3: first\ncafé \uFFFD");
  CHECK(end().details_json == R"({"exit_code":3})");
  CHECK(log.text() == "out\n");
}

TEST_CASE_FIXTURE(Fixture, "a command killed from outside says by what") {
  start_shell("kill -9 $$");
  CHECK(end().error == "killed_by_signal: sh was killed by signal 9");
}

TEST_CASE_FIXTURE(Fixture, "invalid UTF-8 is repaired") {
  start({"printf", "a\\377b\\303"});
  CHECK(end().ok);
  CHECK(log.text() ==
        "a\uFFFD"
        "b\uFFFD");
}

TEST_CASE_FIXTURE(Fixture, "a flood is ended at its bound") {
  config.output_bytes_max = 100'000;
  start({"yes"});
  CHECK(end().error == "output_limit: more than 100000 bytes of output");
  CHECK(log.bytes <= 100'000);
}

TEST_CASE_FIXTURE(Fixture, "a flood of errors is ended too") {
  config.output_bytes_max = 100'000;
  start_shell("yes >&2");
  CHECK(end().error == "output_limit: more than 100000 bytes of error output");
}

TEST_CASE_FIXTURE(Fixture, "a paused flood waits in its pipe") {
  start({"yes"});
  REQUIRE(run_until(io, [this] { return log.bytes > 0; }));
  run->pause(true);
  const std::size_t at_pause = log.bytes;
  io.restart();
  io.run_for(std::chrono::milliseconds(20));
  CHECK(log.bytes == at_pause);
  run->pause(false);
  CHECK(run_until(io, [&] { return log.bytes > at_pause + 200'000; }));
  run->cancel();
  CHECK(end().error == "cancelled: the task was stopped");
}

TEST_CASE_FIXTURE(Fixture, "what hangs is ended at its time") {
  config.timeout = std::chrono::milliseconds(20);
  start({"sleep", "1000"});
  CHECK(end().error == "timeout: not done after 20 ms");
}

TEST_CASE_FIXTURE(Fixture, "a stop reaches what was forked, and what does not listen") {
  start_shell("trap '' TERM; sleep 1000 & echo $!; wait; sleep 1000");
  const pid_t grandchild = std::stoi(first_word());
  run->cancel();
  CHECK(end().error_code == "cancelled");
  CHECK(run_until(io, [&] { return is_gone(grandchild); }));
}

TEST_CASE_FIXTURE(Fixture, "a task ends with its command: what it left behind is killed") {
  start_shell("sleep 1000 & echo $!");
  const pid_t left = std::stoi(first_word());
  CHECK(end().ok);
  CHECK(run_until(io, [&] { return is_gone(left); }));
}

TEST_CASE_FIXTURE(Fixture, "a run that is destroyed leaves nothing behind") {
  start_shell("sleep 1000 & echo $!; sleep 1000");
  const pid_t child = std::stoi(first_word());
  run.reset();
  CHECK(run_until(io, [&] { return is_gone(child); }));
  CHECK_FALSE(log.end);
}

TEST_CASE_FIXTURE(Fixture, "its memory is bounded") {
  config.memory_bytes_max = 64u << 20;
  start_shell("ulimit -v");
  CHECK(end().ok);
  CHECK(log.text() == "65536\n");
}

TEST_CASE_FIXTURE(Fixture, "it runs in its directory") {
  config.directory = "/usr";
  start({"pwd"});
  CHECK(end().ok);
  CHECK(log.text() == "/usr\n");
}

}  // namespace
}  // namespace cell0::emit
