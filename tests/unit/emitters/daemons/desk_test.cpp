// The methods of the service `daemons`: who is answered what, which spells are published, what is kept, and who serves.
#include "emitters/daemons/desk.h"

#include <doctest/doctest.h>

#include <asio/io_context.hpp>

using namespace cell0;
using namespace cell0::emit;

namespace {

struct Port final : DeskPort {
  void reply(std::uint64_t call, std::string body) override { answers.push_back({call, "ok", std::move(body)}); }
  void fail(std::uint64_t call, std::string code, std::string text) override {
    answers.push_back({call, std::move(code), std::move(text)});
  }
  void put_state(std::string text, StateKeeper::Done done) override {
    state = std::move(text);
    puts.push_back(std::move(done));
  }
  void publish(v1::Envelope event) override { spells.push_back(event.spell()); }

  struct Answer {
    std::uint64_t call;
    std::string code;
    std::string text;
  };
  std::vector<Answer> answers;
  std::vector<v1::Spell> spells;
  std::vector<StateKeeper::Done> puts;
  std::string state;
};

struct Fixture {
  explicit Fixture(DaemonsConfig config = {}, const char* author = "one") {
    RunnerConfig demo;
    demo.interval = std::chrono::milliseconds(0);
    runners.emplace(std::move(RunnerSet::create(io, {demo})).value());
    desk.emplace(io, clock, port, *runners, config, author);
    desk->on_active(std::nullopt);
  }

  // Everything that is put is kept at once.
  void settle() {
    do {
      io.restart();
      io.run();
      for (auto& put : std::exchange(port.puts, {})) put({});
    } while (!port.puts.empty() || desk->invocations() > 0);
  }

  const Port::Answer& call(const std::string& method, const std::string& body, const char* scope = "*") {
    send(method, body, scope);
    settle();
    REQUIRE(!port.answers.empty());
    return port.answers.back();
  }
  void send(const std::string& method, const std::string& body, const char* scope = "*") {
    link::IncomingCall incoming;
    incoming.id = ++calls;
    incoming.method = method;
    incoming.body = body;
    incoming.caller.add_scopes(scope);
    incoming.deadline = clock.mono() + std::chrono::seconds(60);
    desk->on_call(incoming);
  }

  // "summon voice", failures with a !
  std::string spells() {
    std::string text;
    for (const v1::Spell& spell : std::exchange(port.spells, {})) {
      text += (text.empty() ? "" : " ") + spell.spell_name() + (spell.success() ? "" : "!");
    }
    return text;
  }

  asio::io_context io;
  ManualClock clock;
  Port port;
  std::optional<RunnerSet> runners;
  std::optional<Desk> desk;
  std::uint64_t calls = 0;
};

constexpr char kClaude[] = R"({"daemon_name":"claude"})";
constexpr char kTask[] = R"({"daemon_name":"claude","task":"count","parameters":{"n":3}})";

bool holds(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("summon, invoke, banish: each with its spell, its voice and its answer") {
  Fixture f;
  CHECK(holds(f.call("summon", kClaude).text, R"("status":"summoned","daemon":{"name":"claude")"));
  CHECK(f.spells() == "summon voice");
  const auto& invoked = f.call("invoke", kTask);
  CHECK(invoked.code == "ok");
  CHECK(holds(invoked.text, R"("status":"invoked")"));
  CHECK(holds(invoked.text, R"("invocation_number":1)"));
  const std::string metadata = f.port.spells.at(0).metadata().text();
  CHECK(holds(metadata, R"("task":"count")"));
  CHECK(holds(metadata, R"("parameters":{"n":3},"invocation_number":1)"));
  CHECK(holds(metadata, R"("sync":{"mode":"fantasy")"));
  CHECK(f.spells() == "invoke voice");
  CHECK(holds(f.call("banish", kClaude).text, R"("status":"banished")"));
  CHECK(f.spells() == "banish voice");
}

TEST_CASE("what is asked wrongly is named; what cannot be now is another word") {
  Fixture f;
  const struct {
    const char* method;
    const char* body;
    const char* code;
    const char* text;
    const char* spells;
  } rows[] = {
      {"dance", "{}", "unprocessable", "dance", ""},
      {"summon", "{", "unprocessable", "body", ""},
      {"summon", "[]", "unprocessable", "body", ""},
      {"summon", "", "unprocessable", "daemon_name", ""},
      {"summon", R"({"daemon_name":1})", "unprocessable", "daemon_name", ""},
      {"summon", R"({"daemon_name":"asmodeus"})", "unprocessable", "asmodeus", "summon!"},
      {"state", R"({"daemon_name":"asmodeus"})", "unprocessable", "asmodeus", "reveal!"},
      {"invoke", kClaude, "unprocessable", "task", ""},
      {"invoke", R"({"daemon_name":"claude","task":""})", "unprocessable", "task", ""},
      {"invoke", R"({"daemon_name":"claude","task":"x","parameters":1})", "unprocessable", "parameters", ""},
      {"invoke", kTask, "bad_request", "not summoned", "invoke!"},
      {"banish", kClaude, "bad_request", "not summoned", "banish!"},
      {"parse", "{}", "unprocessable", "spell", ""},
      {"set_veil", R"({"veil":1})", "unprocessable", "veil", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.method);
    CAPTURE(row.body);
    const auto answer = f.call(row.method, row.body);
    CHECK(answer.code == row.code);
    CHECK(holds(answer.text, row.text));
    CHECK(f.spells() == row.spells);
  }
  f.call("summon", kClaude);
  CHECK(f.call("summon", kClaude).code == "bad_request");
}

TEST_CASE("an invocation takes the scope of its runner") {
  Fixture f;
  f.call("summon", kClaude);
  CHECK(f.call("invoke", kTask, "daemons:run").code == "forbidden");
  CHECK(f.call("invoke", kTask, "sessions:run:other").code == "forbidden");
  CHECK(f.call("invoke", kTask, "sessions:run:demo").code == "ok");
}

TEST_CASE("more invocations than are taken are refused, and a banished daemon's end") {
  DaemonsConfig config;
  config.invokes_max = 2;
  Fixture f(config);
  f.call("summon", kClaude);
  f.send("invoke", kTask);
  f.send("invoke", kTask);
  f.send("invoke", kTask);
  CHECK(f.port.answers.back().code == "busy");
  CHECK(f.desk->invocations() == 2);
  f.send("banish", kClaude);
  f.settle();
  std::string codes;
  for (const auto& answer : f.port.answers) codes += answer.code + " ";
  CHECK(codes == "ok busy ok bad_request bad_request ");
  CHECK(holds(f.port.answers.back().text, "was banished"));
  const DaemonRecord& record = f.desk->registry().record(**f.desk->registry().find("claude"));
  CHECK(record.failed_invocations == 2);
}

TEST_CASE("who changes something is answered when it is kept") {
  Fixture f;
  f.send("summon", kClaude);
  CHECK(f.port.answers.empty());
  CHECK(Registry::stamp_of(f.port.state).revision == 1);
  f.send("daemons", "");
  CHECK(f.port.answers.size() == 1);  // to look changes nothing
  f.settle();
  CHECK(f.port.answers.size() == 2);
}

TEST_CASE("another registry begins with what was kept") {
  Fixture first;
  first.call("summon", kClaude);
  first.call("invoke", kTask);
  first.call("set_veil", R"({"veil":false})");
  Fixture second({}, "two");
  second.desk->on_active(first.port.state);
  CHECK(holds(second.call("state", kClaude).text, R"("total_invocations":1)"));
  CHECK_FALSE(second.desk->registry().veil());
  CHECK(holds(second.port.spells.back().metadata().text(), R"("veil":false,"sync":{"mode":"developer")"));
  CHECK(second.call("summon", kClaude).code == "bad_request");
}

TEST_CASE("a broker that was gone for a while changes nothing; another registry's work in between does") {
  Fixture f;
  f.call("summon", kClaude);
  const std::string ours = f.port.state;
  f.send("banish", kClaude);  // not kept yet when the broker goes
  for (auto& put : std::exchange(f.port.puts, {})) put(Error{ErrorCode::kUnavailable, "the broker is gone"});
  CHECK(f.port.answers.size() == 1);
  f.desk->on_active(ours);
  f.settle();
  CHECK(f.port.answers.back().code == "ok");
  CHECK_FALSE(f.desk->registry().record(**f.desk->registry().find("claude")).summoned);

  Registry other(daemon_profiles({}), 10, true);
  CHECK(other.load(f.port.state));
  CHECK(other.summon(**other.find("gemini"), f.clock.wall()));
  f.send("summon", kClaude);
  f.desk->on_active(other.save("two", 200'000));
  CHECK(f.port.answers.back().code == "unavailable");
  CHECK(f.desk->registry().record(**f.desk->registry().find("gemini")).summoned);
  CHECK_FALSE(f.desk->registry().record(**f.desk->registry().find("claude")).summoned);
}

TEST_CASE("at the end whoever waits is told") {
  Fixture f;
  f.call("summon", kClaude);
  f.send("invoke", kTask);
  f.desk->close();
  CHECK(f.port.answers.back().code == "unavailable");
  CHECK(f.desk->invocations() == 0);
}

TEST_CASE("a daemon's runner has to be there") {
  DaemonsConfig config;
  CHECK(check_daemons(config, {}));
  config.daemons = {{"oracle", "", "", "", "ollama", ""}};
  CHECK(check_daemons(config, {}).error().text ==
        "daemons: the runner \"ollama\" of oracle is no [[orchestrator.runner]], and not demo");
  RunnerConfig runner;
  runner.name = "ollama";
  CHECK(check_daemons(config, {runner}));
  config.daemons.clear();
  for (int i = 0; i < 254; ++i) config.daemons.push_back({"d" + std::to_string(i), "", "", "", "", ""});
  CHECK(check_daemons(config, {}).error().text == "daemons.daemon: 257 daemons, at most 256 are kept");
}
