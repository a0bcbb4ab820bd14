// A worker of common/link with a whole broker, over real sockets, in this process.
#include <doctest/doctest.h>

#include <asio/io_context.hpp>

#include "broker/broker.h"
#include "common/link/worker.h"
#include "tests/unit/broker/events.h"

namespace cell0::broker {
namespace {

using link::IncomingCall;

struct Serving final : link::WorkerObserver {
  void on_call(IncomingCall call) override {
    ++calls;
    if (call.method == "hold") {
      held = call.id;
      return;
    }
    if (call.method == "own") REQUIRE(worker->own(call.body, chat_event("died: " + call.body)).ok());
    worker->reply(call.id, call.body + "!");
  }
  void on_active(std::optional<std::string> given) override {
    ++active;
    state = given.value_or("");
  }
  void on_fenced(std::vector<std::string> lost_keys) override { lost = std::move(lost_keys); }

  std::unique_ptr<link::Worker> worker;
  int calls = 0;
  int active = 0;
  std::uint64_t held = 0;
  std::string state;
  std::vector<std::string> lost;
};

class Fixture {
 public:
  Fixture() {
    Limits limits;
    limits.heartbeat_interval = std::chrono::milliseconds(20);
    limits.worker_lease = std::chrono::milliseconds(1500);
    settings = {"tcp://127.0.0.1:0", "tcp://127.0.0.1:0", "tcp://127.0.0.1:0", dir.path(), limits, {}, "machine"};
    start();
    settings.control = broker->control_endpoint();
    asker = client("asker");
    theirs = client("worker");
    link::WorkerOptions options;
    options.service = "s";
    options.name = "w";
    options.capacity = 100;
    options.renew_interval = std::chrono::milliseconds(300);
    serving.worker = std::make_unique<link::Worker>(io, *theirs, clock, random, options, serving);
    run_until([this] { return serving.active == 1 && asker->connected(); });
  }
  ~Fixture() { serving.worker.reset(); }

  void start() {
    auto made = Broker::create(io, context, settings, clock, random, log);
    REQUIRE(made);
    broker = std::move(*made);
    broker->start();
  }
  std::unique_ptr<link::ControlClient> client(const std::string& name) {
    link::ControlOptions options;
    options.endpoint = broker->control_endpoint();
    options.name = name;
    options.role = "test";
    options.probe_interval = std::chrono::milliseconds(100);
    options.silence_max = std::chrono::milliseconds(400);
    auto made = link::ControlClient::create(io, context, clock, options);
    REQUIRE(made);
    (*made)->start();
    return std::move(*made);
  }
  void run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      io.restart();
      io.run_one_for(std::chrono::milliseconds(5));
    }
  }
  std::size_t ask(const std::string& method, const std::string& body, const std::string& key = "",
                  const std::string& id = "") {
    v1::Request request;
    v1::ServiceRequest& service = *request.mutable_service();
    service.set_service("s");
    service.set_method(method);
    service.set_body(body);
    service.set_key(key);
    service.set_request_id(id);
    service.set_timeout_ms(10'000);
    const std::size_t number = answers.size();
    answers.emplace_back();
    asker->request(std::move(request), std::chrono::seconds(15),
                   [this, number](const Result<v1::Response>& answer) { answers[number] = answer; });
    return number;
  }
  std::string reply(std::size_t number) {
    run_until([&] { return answers[number].has_value(); });
    const Result<v1::Response>& answer = *answers[number];
    return answer ? answer->service().replies(0).body() : answer.error().text;
  }

  asio::io_context io;
  link::Context context;
  SystemClock clock;
  SystemRandom random;
  Log log{{"test"}, [](std::string_view) {}};
  TempDir dir;
  Settings settings;
  std::unique_ptr<Broker> broker;
  std::unique_ptr<link::ControlClient> asker, theirs;
  Serving serving;
  std::vector<std::optional<Result<v1::Response>>> answers;
};

TEST_CASE("a worker serves, and goes on with its keys, its state and its events when the broker starts anew") {
  Fixture f;
  link::PublisherOptions publishing;
  publishing.emitter_id = "worker";
  link::Publisher publisher(f.io, *f.theirs, f.clock, f.random, publishing);
  f.serving.worker->guard(publisher);
  CHECK(f.reply(f.ask("echo", "hello")) == "hello!");
  CHECK(f.reply(f.ask("own", "k1")) == "k1!");
  CHECK(f.reply(f.ask("echo", "by key", "k1", "r1")) == "by key!");
  bool kept = false;
  f.serving.worker->put_state("the state", [&](const Result<void>& result) { kept = result.ok(); });
  f.run_until([&] { return kept; });

  f.broker.reset();
  std::vector<link::PublishResult> published;
  REQUIRE(
      publisher.publish(chat_event(), [&](const link::PublishResult& result) { published.push_back(result); }).ok());
  f.run_until([&] { return !f.theirs->connected() && !f.asker->connected(); });
  CHECK(published.empty());
  f.start();
  f.run_until([&] { return f.serving.active == 2 && f.asker->connected(); });
  CHECK(f.serving.lost.empty());
  CHECK(f.serving.state == "the state");
  f.run_until([&] { return !published.empty(); });
  CHECK(published[0].status == link::PublishResult::Status::kAccepted);
  const int calls = f.serving.calls;
  CHECK(f.reply(f.ask("echo", "again", "k1", "r1")) == "by key!");  // not run twice
  CHECK(f.serving.calls == calls);
  f.serving.worker.reset();
}

TEST_CASE("a worker that says nothing for a lease dies, with its will; one that leaves at once") {
  Fixture f;
  CHECK(f.reply(f.ask("own", "k1")) == "k1!");
  const std::size_t held = f.ask("hold", "");
  f.run_until([&] { return f.serving.held != 0; });
  SUBCASE("silent") { f.serving.worker.reset(); }
  SUBCASE("leaving") {
    bool left = false;
    f.serving.worker->stop([&] { left = true; });
    f.run_until([&] { return left; });
  }
  CHECK(f.reply(held).find("died") != std::string::npos);
  f.run_until([&] { return f.broker->counters().published_events == 1; });
  CHECK(f.reply(f.ask("echo", "", "k1")).find("nobody owns the key") != std::string::npos);
  CHECK(f.answers.back()->error().code == ErrorCode::kNotFound);
  f.reply(f.ask("echo", ""));
  CHECK(f.answers.back()->error().code == ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace cell0::broker
