#include "emitters/sdk/emitter.h"

#include <doctest/doctest.h>

#include <asio/executor_work_guard.hpp>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "common/event_check.h"
#include "emitters/sdk/cell0d.h"
#include "tests/unit/common/link/fake_broker.h"

using namespace cell0;
using namespace cell0::emit;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// A broker that accepts everything, on a thread of its own, with a control and an ingest socket.
class Broker {
 public:
  Broker() {
    thread_ = std::thread([this] {
      control_ = std::make_unique<link::test::FakeBroker>(
          io_, context_, "tcp://127.0.0.1:0", "boot",
          [this](const v1::Request& request, v1::Response& response) { return on_request(request, response); });
      ingest_ = std::move(*link::Socket::create(io_, context_, link::SocketType::kXsub, {}));
      REQUIRE(ingest_->bind("tcp://127.0.0.1:0").ok());
      ingest_->start([this](link::FrameViews frames) { take(std::string(frames.back())); });
      {
        const std::lock_guard lock(mutex_);
        control_endpoint_ = control_->endpoint();
        ingest_endpoint_ = ingest_->bound_endpoint();
        changed_.notify_all();
      }
      io_.run();
      control_.reset();
      ingest_.reset();
    });
    wait([this] { return !ingest_endpoint_.empty(); });
  }
  ~Broker() {
    io_.stop();
    thread_.join();
  }

  const std::string& control() const { return control_endpoint_; }
  const std::string& ingest() const { return ingest_endpoint_; }

  // The chat messages taken, once there are so many.
  std::vector<v1::Envelope> wait_events(std::size_t count) {
    wait([&] { return events_.size() >= count; });
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  bool on_request(const v1::Request& request, v1::Response& response) {
    if (!request.has_publish()) return false;
    auto& answer = *response.mutable_publish();
    answer.set_first_n(request.publish().first_n());
    for (const std::string& envelope : request.publish().envelopes()) {
      answer.add_outcomes()->set_status(v1::PublishOutcome::ACCEPTED);
      take(envelope);
    }
    return true;
  }

  void take(const std::string& bytes) {
    v1::Envelope envelope;
    REQUIRE(envelope.ParseFromString(bytes));
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(envelope));
    changed_.notify_all();
  }

  void wait(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, seconds(20), condition));
  }

  link::Context context_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<link::test::FakeBroker> control_;
  std::unique_ptr<link::Socket> ingest_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string control_endpoint_;
  std::string ingest_endpoint_;
  std::vector<v1::Envelope> events_;
  std::thread thread_;
};

std::unique_ptr<Emitter> make(EmitterOptions options) {
  options.name = "test";
  auto emitter = Emitter::create(std::move(options));
  REQUIRE(emitter.ok());
  return std::move(*emitter);
}

}  // namespace

TEST_CASE("events of many threads are accepted, each thread's in order") {
  Broker broker;
  const auto emitter = make({.control = broker.control()});
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string text = std::to_string(i);
        const std::string sender = std::to_string(t);
        CHECK(emit_chat_message(*emitter, {.message = text, .sender = sender}, [&](const PublishResult& result) {
                accepted += result.ok() ? 1 : 0;
              }).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  REQUIRE(emitter->flush(seconds(20)));
  CHECK(accepted == 800);
  CHECK(emitter->stats().held_events == 0);
  CHECK(emitter->stats().connected);
  CHECK(emitter->stats().publish.accepted == 800);
  std::vector<int> next(4, 0);
  for (const v1::Envelope& event : broker.wait_events(800)) {
    const auto sender = static_cast<std::size_t>(std::stoi(event.chat_message().sender()));
    CHECK(event.chat_message().message() == std::to_string(next[sender]++));
  }
}

TEST_CASE("without a broker the queue fills, emit() says so at once, and the end drops what is held") {
  std::atomic<int> dropped{0};
  link::PublishLimits limits;
  limits.held_events_max = 3;
  auto emitter = make({.control = "tcp://127.0.0.1:1", .limits = limits});
  for (int i = 0; i < 3; ++i) {
    CHECK(emit_chat_message(*emitter, {.message = "m", .sender = "s"}, [&](const PublishResult& result) {
            dropped += result.status == PublishResult::Status::kDropped ? 1 : 0;
          }).ok());
  }
  const auto refused = emit_chat_message(*emitter, {.message = "m", .sender = "s"});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::kFull);
  CHECK(emitter->stats().refused == 1);
  CHECK_FALSE(emitter->flush(milliseconds(20)));
  emitter.reset();
  CHECK(dropped == 3);
}

TEST_CASE("emit() waits for room, but not longer than it was told") {
  link::PublishLimits limits;
  limits.held_events_max = 1;
  const auto emitter = make({.control = "tcp://127.0.0.1:1", .limits = limits, .block_max = milliseconds(30)});
  REQUIRE(emit_chat_message(*emitter, {.message = "m", .sender = "s"}).ok());
  const auto begin = std::chrono::steady_clock::now();
  CHECK(emit_chat_message(*emitter, {.message = "m", .sender = "s"}).error().code == ErrorCode::kFull);
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(30));
}

TEST_CASE("with room in time the waiting emit() goes on") {
  Broker broker;
  link::PublishLimits limits;
  limits.held_events_max = 2;
  const auto emitter = make({.control = broker.control(), .limits = limits, .block_max = seconds(20)});
  for (int i = 0; i < 50; ++i) REQUIRE(emit_chat_message(*emitter, {.message = "m", .sender = "s"}).ok());
  CHECK(emitter->flush(seconds(20)));
  CHECK(broker.wait_events(50).size() == 50);
}

TEST_CASE("the oldest are dropped for newer ones, if that is the policy") {
  std::atomic<int> dropped{0};
  link::PublishLimits limits;
  limits.held_events_max = 2;
  const auto emitter =
      make({.control = "tcp://127.0.0.1:1", .limits = limits, .when_full = link::WhenFull::kDropOldestUnsent});
  for (int i = 0; i < 5; ++i) {
    CHECK(emit_chat_message(*emitter, {.message = "m", .sender = "s"}, [&](const PublishResult&) { ++dropped; }).ok());
    emitter->flush(milliseconds(5));  // so that the emitter's thread has it
  }
  CHECK(dropped == 3);
  CHECK(emitter->stats().dropped == 3);
}

TEST_CASE("a handler may emit, and flush() in a handler says no instead of waiting for itself") {
  Broker broker;
  const auto emitter = make({.control = broker.control()});
  std::atomic<int> flushed{-1};
  REQUIRE(emit_chat_message(*emitter, {.message = "1", .sender = "s"}, [&](const PublishResult&) {
            CHECK(emit_chat_message(*emitter, {.message = "2", .sender = "s"}).ok());
            flushed = emitter->flush(seconds(5)) ? 1 : 0;
          }).ok());
  CHECK(broker.wait_events(2).size() == 2);
  CHECK(emitter->flush(seconds(20)));
  CHECK(flushed == 0);
}

TEST_CASE("fire and forget: numbered events to the ingest socket, none before somebody listens") {
  Broker broker;
  const auto emitter = make({.ingest = broker.ingest(), .delivery = Delivery::kFireAndForget});
  for (int i = 0; i < 100; ++i) REQUIRE(emit_chat_message(*emitter, {.message = "m", .sender = "s"}).ok());
  CHECK(emitter->flush(seconds(20)));
  const auto events = broker.wait_events(100);
  REQUIRE(events.size() == 100);
  for (std::size_t i = 0; i < events.size(); ++i) {
    CHECK(events[i].origin().n() == i + 1);
    CHECK(events[i].origin().incarnation() == events[0].origin().incarnation());
    CHECK(is_emitter_id(events[i].origin().emitter_id()));
  }
  CHECK(emitter->stats().sent == 100);
}

TEST_CASE("bad options are said at creation, and default ids are fit") {
  CHECK(Emitter::create({.name = "x", .control = "nonsense"}).error().code == ErrorCode::kInvalid);
  CHECK(Emitter::create({.name = "x", .emitter_id = "not fit!"}).error().code == ErrorCode::kInvalid);
  CHECK(is_emitter_id(default_emitter_id("my app/ä")));
  CHECK(is_emitter_id(default_emitter_id(std::string(300, 'x'))));
}
