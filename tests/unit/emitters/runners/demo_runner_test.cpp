// The demo runner, and what all runs have in common: bounds, slots, one end.
#include "emitters/runners/demo_runner.h"

#include <doctest/doctest.h>

#include "tests/unit/emitters/runners/run_log.h"

namespace cell0::emit {
namespace {

RunnerConfig fast() {
  RunnerConfig config;
  config.interval = std::chrono::milliseconds(0);
  return config;
}

struct Fixture {
  asio::io_context io;
  RunLog log;

  std::unique_ptr<Run> start(Runner& runner, std::string prompt) {
    auto run = runner.start({.prompt = std::move(prompt)}, log);
    REQUIRE(run.ok());
    return std::move(*run);
  }
};

TEST_CASE_FIXTURE(Fixture, "the demo thinks, uses its tool, gives the prompt back and ends") {
  DemoRunner runner(io, fast());
  const auto run = start(runner, "two  words");
  CHECK(run_until(io, [&] { return log.end.has_value(); }));
  CHECK(log.lines == std::vector<std::string>{"thinking: Let me see how much there is to say.",
                                              R"(start count_words {"of":"prompt"})",
                                              R"(result count_words {"words":2})", "text: two  ", "text: words"});
  CHECK(log.end->ok);
  CHECK(log.end->text == "two  words");
  CHECK(log.end->details_json == R"({"words":2})");
  CHECK(log.end->tokens == 3);
  CHECK(log.end->tokens_counted);
}

TEST_CASE_FIXTURE(Fixture, "a cancelled run ends once, as cancelled") {
  DemoRunner runner(io, RunnerConfig{});
  const auto run = start(runner, "a long story");
  run->pause(true);
  run->cancel();
  run->cancel();
  CHECK(run_until(io, [&] { return log.end.has_value(); }));
  CHECK_FALSE(log.end->ok);
  CHECK(log.end->error == "cancelled: the task was stopped");
  CHECK(log.lines.empty());
}

TEST_CASE_FIXTURE(Fixture, "a paused run says nothing until it goes on") {
  DemoRunner runner(io, fast());
  const auto run = start(runner, "word");
  run->pause(true);
  CHECK_FALSE(io.run_for(std::chrono::milliseconds(1)) > 1);
  CHECK(log.lines.empty());
  run->pause(false);
  CHECK(run_until(io, [&] { return log.end.has_value(); }));
  CHECK(log.text() == "word");
}

TEST_CASE_FIXTURE(Fixture, "output over its bound ends a run with a stated error") {
  RunnerConfig config = fast();
  config.output_bytes_max = 60;
  DemoRunner runner(io, config);
  const auto run = start(runner, "word word word word word");
  CHECK(run_until(io, [&] { return log.end.has_value(); }));
  CHECK(log.end->error == "output_limit: more than 60 bytes of output");
}

TEST_CASE_FIXTURE(Fixture, "a run that takes too long is ended") {
  RunnerConfig config;
  config.interval = std::chrono::hours(1);
  config.timeout = std::chrono::milliseconds(1);
  DemoRunner runner(io, config);
  const auto run = start(runner, "word");
  CHECK(run_until(io, [&] { return log.end.has_value(); }));
  CHECK(log.end->error == "timeout: not done after 1 ms");
}

TEST_CASE_FIXTURE(Fixture, "more runs than its slots are refused until one is gone") {
  RunnerConfig config;
  config.runs_max = 1;
  DemoRunner runner(io, config);
  auto first = start(runner, "a");
  const auto second = runner.start({.prompt = "b"}, log);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == ErrorCode::kFull);
  CHECK(second.error().text == "runner demo: 1 tasks are under way, more it does not take");
  first.reset();
  CHECK(runner.start({.prompt = "b"}, log).ok());
}

TEST_CASE("session types find their runner, others the demo") {
  asio::io_context io;
  RunnerConfig slow;
  slow.name = "slow";
  slow.session_types = {"patience"};
  const auto set = RunnerSet::create(io, {slow});
  REQUIRE(set.ok());
  CHECK(set->for_type("patience").name() == "slow");
  CHECK(set->for_type("slow").name() == "slow");
  CHECK(set->for_type("claude-code").name() == "demo");
  CHECK(set->find("nobody") == nullptr);
  CHECK(RunnerSet::create(io, {slow, slow}).error().text == "orchestrator.runner[1].name: slow is there already");
}

}  // namespace
}  // namespace cell0::emit
