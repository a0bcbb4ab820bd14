#include "common/link/control_client.h"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include "tests/unit/common/link/fake_broker.h"

using namespace cell0;
using namespace cell0::link;
using std::chrono::milliseconds;
using test::FakeBroker;
using test::run_until;

namespace {

const SystemClock kClock;

struct Bench {
  std::unique_ptr<ControlClient> client(const std::string& endpoint, std::size_t requests_max = 256,
                                        Duration silence_max = milliseconds(300)) {
    ControlOptions options;
    options.endpoint = endpoint;
    options.name = "test";
    options.role = "emitter";
    options.requests_max = requests_max;
    options.probe_interval = milliseconds(30);
    options.silence_max = silence_max;
    auto made = std::move(*ControlClient::create(io, context, kClock, options));
    made->on_state([this](bool connected) { states.push_back(connected); });
    made->start();
    return made;
  }

  Context context;
  asio::io_context io;
  std::vector<bool> states;
};

v1::Request stats_request() {
  v1::Request request;
  request.mutable_stats();
  return request;
}

bool answer_stats(const v1::Request& request, v1::Response& response) {
  if (request.has_topics()) {
    response.mutable_failure()->set_code(v1::Failure::UNAVAILABLE);
    response.mutable_failure()->set_text("the store is full");
    return true;
  }
  response.mutable_stats()->set_head_seq(42);
  return request.has_stats();
}

bool silent(const v1::Request&, v1::Response&) { return false; }

}  // namespace

TEST_CASE("a client is connected when the broker has answered its hello, and gets its answers") {
  Bench bench;
  FakeBroker broker(bench.io, bench.context, "tcp://127.0.0.1:0", "boot-1", &answer_stats);
  const auto client = bench.client(broker.endpoint());
  CHECK_FALSE(client->connected());
  REQUIRE(run_until(bench.io, [&] { return client->connected(); }));
  CHECK(client->hello().boot_id() == "boot-1");
  CHECK(bench.states == std::vector{true});

  std::optional<std::uint64_t> head;
  client->request(stats_request(), milliseconds(5000),
                  [&](const Result<v1::Response>& answer) { head = answer->stats().head_seq(); });
  CHECK_FALSE(head.has_value());  // never inside request()
  REQUIRE(run_until(bench.io, [&] { return head.has_value(); }));
  CHECK(*head == 42);
  CHECK(client->open_requests() == 0);
}

TEST_CASE("hello is said at the interval, however long a silence may be") {
  Bench bench;
  FakeBroker broker(bench.io, bench.context, "tcp://127.0.0.1:0", "boot-1", &silent);
  const auto client = bench.client(broker.endpoint(), 256, std::chrono::hours(1));
  CHECK(run_until(bench.io, [&] { return broker.hellos() >= 3; }));
}

TEST_CASE("hello is said again when its answer is lost among others, so that a restart is seen") {
  Bench bench;
  auto broker = std::make_unique<FakeBroker>(bench.io, bench.context, "tcp://127.0.0.1:0", "boot-1", &answer_stats);
  const std::string endpoint = broker->endpoint();
  const auto client = bench.client(endpoint, 256, std::chrono::hours(1));
  REQUIRE(run_until(bench.io, [&] { return client->connected(); }));
  broker->lose_hellos();
  const int before = broker->hellos();
  REQUIRE(run_until(bench.io, [&] { return broker->hellos() > before; }));
  broker.reset();
  broker = std::make_unique<FakeBroker>(bench.io, bench.context, endpoint, "boot-2", &answer_stats);
  CHECK(run_until(bench.io, [&] {
    // One that was on its way to the broker before is lost.
    if (client->open_requests() == 0) client->request(stats_request(), milliseconds(100), [](const auto&) {});
    return bench.states == std::vector{true, false, true};
  }));
}

TEST_CASE("a failure of the broker's comes as an error with its text") {
  Bench bench;
  FakeBroker broker(bench.io, bench.context, "tcp://127.0.0.1:0", "boot-1", &answer_stats);
  const auto client = bench.client(broker.endpoint());
  REQUIRE(run_until(bench.io, [&] { return client->connected(); }));
  v1::Request request;
  request.mutable_topics();
  std::optional<Error> error;
  client->request(request, milliseconds(5000), [&](const Result<v1::Response>& answer) { error = answer.error(); });
  REQUIRE(run_until(bench.io, [&] { return error.has_value(); }));
  CHECK(error->code == ErrorCode::kUnavailable);
  CHECK(error->text == "the store is full");
}

TEST_CASE("without a broker a request is refused, not queued") {
  Bench bench;
  const auto client = bench.client("tcp://127.0.0.1:1");
  std::optional<Error> error;
  client->request(stats_request(), milliseconds(5000),
                  [&](const Result<v1::Response>& answer) { error = answer.error(); });
  REQUIRE(run_until(bench.io, [&] { return error.has_value(); }));
  CHECK(error->code == ErrorCode::kUnavailable);
  CHECK(error->text.find("tcp://127.0.0.1:1") == 0);
}

TEST_CASE("a request without an answer times out, the connection lives on") {
  Bench bench;
  FakeBroker broker(bench.io, bench.context, "tcp://127.0.0.1:0", "boot-1", &silent);
  const auto client = bench.client(broker.endpoint());
  REQUIRE(run_until(bench.io, [&] { return client->connected(); }));
  std::optional<Error> error;
  client->request(stats_request(), milliseconds(60),
                  [&](const Result<v1::Response>& answer) { error = answer.error(); });
  REQUIRE(run_until(bench.io, [&] { return error.has_value(); }));
  CHECK(error->code == ErrorCode::kTimeout);
  CHECK(client->connected());
}

TEST_CASE("more requests than the bound are refused") {
  Bench bench;
  FakeBroker broker(bench.io, bench.context, "tcp://127.0.0.1:0", "boot-1", &silent);
  const auto client = bench.client(broker.endpoint(), 2);
  REQUIRE(run_until(bench.io, [&] { return client->connected(); }));
  std::vector<ErrorCode> errors;
  for (int i = 0; i < 3; ++i) {
    client->request(stats_request(), milliseconds(60'000),
                    [&](const Result<v1::Response>& answer) { errors.push_back(answer.error().code); });
  }
  REQUIRE(run_until(bench.io, [&] { return !errors.empty(); }));
  CHECK(errors == std::vector{ErrorCode::kUnavailable});
  CHECK(client->open_requests() == 2);
}

TEST_CASE("a broker that dies is noticed, what was open times out, and its successor is greeted") {
  Bench bench;
  auto broker = std::make_unique<FakeBroker>(bench.io, bench.context, "tcp://127.0.0.1:0", "boot-1", &silent);
  const std::string endpoint = broker->endpoint();
  const auto client = bench.client(endpoint);
  REQUIRE(run_until(bench.io, [&] { return client->connected(); }));
  std::optional<Error> error;
  client->request(stats_request(), milliseconds(60'000),
                  [&](const Result<v1::Response>& answer) { error = answer.error(); });
  broker.reset();
  REQUIRE(run_until(bench.io, [&] { return !client->connected(); }));
  REQUIRE(error.has_value());
  CHECK(error->code == ErrorCode::kTimeout);

  broker = std::make_unique<FakeBroker>(bench.io, bench.context, endpoint, "boot-2", &answer_stats);
  REQUIRE(run_until(bench.io, [&] { return client->connected(); }));
  CHECK(client->hello().boot_id() == "boot-2");
  CHECK(bench.states == std::vector{true, false, true});
  CHECK(broker->hellos() == 1);  // none that waited from before
}

TEST_CASE("a broker that restarted between two probes is down and up again") {
  Bench bench;
  auto broker = std::make_unique<FakeBroker>(bench.io, bench.context, "tcp://127.0.0.1:0", "boot-1", &silent);
  const std::string endpoint = broker->endpoint();
  const auto client = bench.client(endpoint);
  REQUIRE(run_until(bench.io, [&] { return client->connected(); }));
  std::optional<Error> error;
  client->request(stats_request(), milliseconds(60'000),
                  [&](const Result<v1::Response>& answer) { error = answer.error(); });
  broker.reset();
  broker = std::make_unique<FakeBroker>(bench.io, bench.context, endpoint, "boot-2", &answer_stats);
  REQUIRE(run_until(bench.io, [&] { return bench.states.size() >= 3; }));
  CHECK(bench.states == std::vector{true, false, true});
  REQUIRE(error.has_value());
  CHECK(error->code == ErrorCode::kTimeout);
}

TEST_CASE("an endpoint that is none is said at once") {
  Bench bench;
  ControlOptions options;
  options.endpoint = "nonsense";
  const auto client = ControlClient::create(bench.io, bench.context, kClock, options);
  REQUIRE_FALSE(client.ok());
  CHECK(client.error().code == ErrorCode::kInvalid);
  CHECK(client.error().text.find("nonsense") != std::string::npos);
}
