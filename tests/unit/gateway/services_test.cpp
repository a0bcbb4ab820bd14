// Requests to services by way of a broker that is not always there.
#include "gateway/services.h"

#include <doctest/doctest.h>

#include <vector>

namespace cell0::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Source final : ServiceSource {
  struct Asked {
    v1::ServiceRequest request;
    Duration timeout;
    OnAnswer done;
  };
  bool services_reachable() const override { return up; }
  void ask_service(const v1::ServiceRequest& request, Duration timeout, OnAnswer done) override {
    asked.push_back({request, timeout, std::move(done)});
  }
  void call_later(std::function<void()> call) override { later.push_back(std::move(call)); }
  void deadline_moved() override { ++moved; }

  bool up = true;
  std::vector<Asked> asked;
  std::vector<std::function<void()>> later;
  int moved = 0;
};

v1::ServiceRequest request(const std::string& request_id = "", std::uint32_t timeout_ms = 5000) {
  v1::ServiceRequest made;
  made.set_service("sessions");
  made.set_method("spawn");
  made.set_request_id(request_id);
  made.set_timeout_ms(timeout_ms);
  return made;
}

v1::ServiceAnswer replied(const std::string& body) {
  v1::ServiceAnswer answer;
  answer.add_replies()->set_body(body);
  return answer;
}

struct Bench {
  void call(v1::ServiceRequest asked) {
    services.call(std::move(asked), [this](Result<v1::ServiceAnswer> answer) {
      if (answer)
        bodies.push_back(answer->replies_size() > 0 ? answer->replies(0).body() : "");
      else
        errors.push_back(answer.error().code);
    });
  }
  void lose_broker() {
    source.up = false;
    for (auto& asked : std::exchange(source.asked, {})) {
      asked.done(Error{ErrorCode::kTimeout, "the broker went away before it answered"});
    }
  }
  void broker_back() {
    source.up = true;
    services.on_connected();
  }

  ManualClock clock;
  Source source;
  Services services{source, clock};
  std::vector<std::string> bodies;
  std::vector<ErrorCode> errors;
};

TEST_CASE("a request is asked at once, with its own time and a little for the way") {
  Bench bench;
  bench.call(request());
  REQUIRE(bench.source.asked.size() == 1);
  CHECK(bench.source.asked[0].request.method() == "spawn");
  CHECK(bench.source.asked[0].request.timeout_ms() == 5000);
  CHECK(bench.source.asked[0].timeout == milliseconds(6000));
  bench.source.asked[0].done(replied("done"));
  CHECK(bench.bodies == std::vector<std::string>{"done"});
  CHECK(bench.services.open_calls() == 0);
  bench.call(request("", 0));
  CHECK(bench.source.asked[1].request.timeout_ms() == 30'000);
  bench.call(request("", 4'000'000));
  CHECK(bench.source.asked[2].request.timeout_ms() == 300'000);
}

TEST_CASE("the broker's error is the caller's") {
  Bench bench;
  bench.call(request());
  bench.source.asked[0].done(Error{ErrorCode::kNotFound, "nobody owns it"});
  bench.call(request());
  bench.source.asked[1].done(v1::ServiceAnswer());  // not one reply
  CHECK(bench.errors == std::vector<ErrorCode>{ErrorCode::kNotFound, ErrorCode::kInternal});
}

TEST_CASE("while the broker is away requests wait for it, with what is left of their time") {
  Bench bench;
  bench.source.up = false;
  bench.call(request("", 5000));
  CHECK(bench.source.asked.empty());
  CHECK(bench.source.moved == 1);
  CHECK(bench.services.next_deadline() == bench.clock.mono() + seconds(5));
  bench.clock.advance(seconds(2));
  bench.services.on_timer();
  CHECK(bench.errors.empty());
  bench.broker_back();
  REQUIRE(bench.source.asked.size() == 1);
  CHECK(bench.source.asked[0].request.timeout_ms() == 3000);
  CHECK(bench.services.next_deadline() == MonoTime::max());
}

TEST_CASE("a broker that does not come back in time: a timeout") {
  Bench bench;
  bench.source.up = false;
  bench.call(request("", 5000));
  bench.call(request("", 9000));
  bench.clock.advance(seconds(5));
  bench.services.on_timer();
  CHECK(bench.errors == std::vector<ErrorCode>{ErrorCode::kTimeout});
  CHECK(bench.services.open_calls() == 1);
}

TEST_CASE("what was under way is asked again if it has a request id; else its end is not known") {
  Bench bench;
  bench.call(request("r1"));
  bench.call(request());
  bench.lose_broker();
  CHECK(bench.errors == std::vector<ErrorCode>{ErrorCode::kTimeout});
  bench.clock.advance(seconds(1));
  bench.broker_back();
  REQUIRE(bench.source.asked.size() == 1);
  CHECK(bench.source.asked[0].request.request_id() == "r1");
  CHECK(bench.source.asked[0].request.timeout_ms() == 4000);
  bench.source.asked[0].done(replied("once"));
  CHECK(bench.bodies == std::vector<std::string>{"once"});
}

TEST_CASE("a timeout of the worker's is not asked again") {
  Bench bench;
  bench.call(request("r1"));
  bench.clock.advance(seconds(5));
  bench.source.asked[0].done(Error{ErrorCode::kTimeout, "no reply in time"});
  CHECK(bench.errors == std::vector<ErrorCode>{ErrorCode::kTimeout});
}

TEST_CASE("more open calls than there may be are refused, later") {
  Bench bench;
  for (std::size_t i = 0; i < Services::kCallsMax; ++i) bench.call(request());
  bench.call(request());
  CHECK(bench.errors.empty());
  REQUIRE(bench.source.later.size() == 1);
  bench.source.later[0]();
  CHECK(bench.errors == std::vector<ErrorCode>{ErrorCode::kFull});
}

TEST_CASE("an answer that comes after its Services is passed over") {
  Source source;
  ManualClock clock;
  bool answered = false;
  {
    Services services(source, clock);
    services.call(request(), [&](const Result<v1::ServiceAnswer>&) { answered = true; });
  }
  source.asked[0].done(replied("late"));
  CHECK_FALSE(answered);
}

}  // namespace
}  // namespace cell0::gateway
