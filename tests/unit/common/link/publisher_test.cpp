#include "common/link/publisher.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/common/link/fake_broker.h"

using namespace cell0;
using namespace cell0::link;
using std::chrono::milliseconds;
using test::FakeBroker;
using test::run_until;

namespace {

const SystemClock kClock;

// Accepts everything in order, and knows what it has.
struct Log {
  bool answer(const v1::Request& request, v1::Response& response) {
    if (!request.has_publish()) return false;
    ++requests;
    last_n = std::max(last_n, request.publish().answered_through());
    auto& answer = *response.mutable_publish();
    answer.set_first_n(request.publish().first_n());
    std::uint64_t n = request.publish().first_n();
    for (const std::string& envelope : request.publish().envelopes()) {
      auto& outcome = *answer.add_outcomes();
      const bool known = n++ <= last_n;
      outcome.set_status(known ? v1::PublishOutcome::DUPLICATE : v1::PublishOutcome::ACCEPTED);
      if (known) continue;
      events.push_back(envelope);
      outcome.set_seq(events.size());
      last_n = n - 1;
    }
    answer.set_expected_n(last_n + 1);
    return !mute;
  }

  std::vector<std::string> events;
  std::uint64_t last_n = 0;
  int requests = 0;
  bool mute = false;
};

struct Bench {
  Bench() {
    broker = make_broker("tcp://127.0.0.1:0", "boot-1");
    endpoint = broker->endpoint();
    ControlOptions options;
    options.endpoint = endpoint;
    options.probe_interval = milliseconds(30);
    options.silence_max = milliseconds(300);
    client = std::move(*ControlClient::create(io, context, kClock, options));
    PublisherOptions publisher_options;
    publisher_options.emitter_id = "test";
    publisher_options.answer_timeout = milliseconds(150);
    publisher_options.limits.held_events_max = 1000;
    publisher = std::make_unique<Publisher>(io, *client, kClock, random, publisher_options);
    client->start();
  }

  std::unique_ptr<FakeBroker> make_broker(const std::string& at, const std::string& boot_id) {
    return std::make_unique<FakeBroker>(
        io, context, at, boot_id,
        [this](const v1::Request& request, v1::Response& response) { return log.answer(request, response); });
  }

  void publish(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string text = std::to_string(published++);
      REQUIRE(
          publisher->publish_encoded(text, [this](const PublishResult& result) { ok += result.ok() ? 1 : 0; }).ok());
    }
  }

  bool flushed() {
    bool done = false;
    publisher->flush([&done] { done = true; });
    return run_until(io, [&done] { return done; });
  }

  void check_log() {
    REQUIRE(log.events.size() == static_cast<std::size_t>(published));
    for (int i = 0; i < published; ++i) CHECK(log.events[static_cast<std::size_t>(i)] == std::to_string(i));
  }

  SystemRandom random;
  Context context;
  asio::io_context io;
  Log log;
  std::unique_ptr<FakeBroker> broker;
  std::string endpoint;
  std::unique_ptr<ControlClient> client;
  std::unique_ptr<Publisher> publisher;
  int published = 0;
  int ok = 0;
};

}  // namespace

TEST_CASE("events of one turn go in one request, and flush waits for their answers") {
  Bench bench;
  REQUIRE(run_until(bench.io, [&] { return bench.client->connected(); }));
  bench.publish(50);
  REQUIRE(bench.flushed());
  CHECK(bench.ok == 50);
  CHECK(bench.log.requests == 1);
  bench.check_log();
}

TEST_CASE("events published before there is a connection wait for it") {
  Bench bench;
  bench.publish(10);
  CHECK_FALSE(bench.client->connected());
  REQUIRE(bench.flushed());
  CHECK(bench.ok == 10);
  bench.check_log();
}

TEST_CASE("flush of nothing answers, but not inside flush()") {
  Bench bench;
  bool done = false;
  bench.publisher->flush([&done] { done = true; });
  CHECK_FALSE(done);
  CHECK(run_until(bench.io, [&done] { return done; }));
}

TEST_CASE("lost answers: the events are sent again and taken once") {
  Bench bench;
  REQUIRE(run_until(bench.io, [&] { return bench.client->connected(); }));
  bench.log.mute = true;
  bench.publish(10);
  REQUIRE(run_until(bench.io, [&] { return bench.log.requests >= 2; }));
  bench.log.mute = false;
  REQUIRE(bench.flushed());
  CHECK(bench.ok == 10);
  CHECK(bench.publisher->stats().resent >= 10);
  bench.check_log();
}

TEST_CASE("a broker that restarts without memory gets everything once, in order") {
  Bench bench;
  REQUIRE(run_until(bench.io, [&] { return bench.client->connected(); }));
  bench.publish(10);
  REQUIRE(bench.flushed());
  bench.broker.reset();
  bench.publish(20);
  bench.log.last_n = 0;  // it forgets the origins; the log is ours, to compare
  bench.broker = bench.make_broker(bench.endpoint, "boot-2");
  REQUIRE(bench.flushed());
  CHECK(bench.ok == 30);
  bench.check_log();
}

TEST_CASE("a full queue refuses, and the publisher can be destroyed with events in it") {
  Bench bench;
  bench.publish(1000);
  CHECK(bench.publisher->publish_encoded("one more").error().code == ErrorCode::kFull);
  CHECK(bench.publisher->stats().refused == 1);
  bench.publisher.reset();
  REQUIRE(run_until(bench.io, [&] { return bench.client->connected(); }));
  CHECK(bench.ok == 0);
}
