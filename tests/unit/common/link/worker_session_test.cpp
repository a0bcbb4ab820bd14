// What a worker keeps and says: messages and times in, messages and calls out.
#include "common/link/worker_session.h"

#include <doctest/doctest.h>

namespace cell0::link {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Observed final : WorkerObserver {
  void on_call(IncomingCall call) override { calls.push_back(std::move(call)); }
  void on_active(std::optional<std::string> state) override { active.push_back(state.value_or("none")); }
  void on_standby() override { ++standby; }
  void on_fenced(std::vector<std::string> lost_keys) override { lost.push_back(std::move(lost_keys)); }

  std::vector<IncomingCall> calls;
  std::vector<std::string> active;  // with these states
  int standby = 0;
  std::vector<std::vector<std::string>> lost;
};

WorkerOptions options(bool exclusive = false) {
  WorkerOptions made;
  made.service = "sessions";
  made.name = "w";
  made.capacity = 10;
  made.exclusive = exclusive;
  return made;
}

v1::Response worker_answer(v1::WorkerAnswer::Status status, std::uint64_t epoch,
                           const std::vector<std::string>& lost = {}) {
  v1::Response response;
  v1::WorkerAnswer& answer = *response.mutable_worker();
  answer.set_service("sessions");
  answer.set_status(status);
  answer.set_epoch(epoch);
  for (const std::string& key : lost) answer.add_lost(key);
  return response;
}

v1::Response taken_reply(bool fenced = false) {
  v1::Response response;
  response.mutable_service_reply()->set_fenced(fenced);
  return response;
}

v1::Response call(std::uint64_t id, const std::string& request_id = "") {
  v1::Response notice;
  v1::ServiceCall& made = *notice.mutable_service_call();
  made.set_service("sessions");
  made.set_call(id);
  made.set_epoch(1);
  made.set_method("execute");
  made.set_request_id(request_id);
  made.set_body("{}");
  made.set_timeout_ms(1500);
  return notice;
}

v1::Envelope will(const std::string& text) {
  v1::Envelope event;
  event.set_source("test");
  event.mutable_chat_message()->set_message(text);
  event.mutable_chat_message()->set_sender("test");
  return event;
}

struct Bench {
  explicit Bench(const WorkerOptions& how = options()) : session(how, std::string(16, 'i'), clock, random, observed) {
    session.on_fence([this](const std::optional<v1::Fence>& given, bool was_lost) {
      fence = given ? given->epoch() : 0;
      if (was_lost) ++fences_lost;
    });
  }
  // The one request that it sends now.
  WorkerSession::Outgoing sent() {
    auto out = session.next_request();
    REQUIRE(out.has_value());
    return std::move(*out);
  }
  bool silent() { return !session.next_request().has_value(); }
  void up(std::uint64_t epoch = 1) {
    session.on_link(true);
    session.on_answer(sent().token, worker_answer(v1::WorkerAnswer::ACTIVE, epoch));
  }

  ManualClock clock;
  SeededRandom random{1};
  Observed observed;
  WorkerSession session;
  std::uint64_t fence = 0;
  int fences_lost = 0;
};

TEST_CASE("a worker registers when the broker is there, serves, and renews every two seconds") {
  Bench bench;
  CHECK(bench.silent());
  CHECK(bench.session.next_deadline() == MonoTime::max());
  bench.session.on_link(true);
  const auto out = bench.sent();
  const v1::WorkerRequest& request = out.request.worker();
  CHECK(request.service() == "sessions");
  CHECK(request.worker() == "w");
  CHECK(request.incarnation() == std::string(16, 'i'));
  CHECK(request.epoch() == 0);
  CHECK(request.capacity() == 10);
  CHECK(bench.silent());
  CHECK_FALSE(bench.session.fence());
  v1::Response answer = worker_answer(v1::WorkerAnswer::ACTIVE, 7);
  answer.mutable_worker()->set_state("kept");
  answer.mutable_worker()->set_has_state(true);
  bench.session.on_answer(out.token, answer);
  CHECK(bench.observed.active == std::vector<std::string>{"kept"});
  CHECK(bench.fence == 7);
  CHECK(bench.session.fence()->service() == "sessions");
  CHECK(bench.silent());
  CHECK(bench.session.next_deadline() == bench.clock.mono() + seconds(2));
  bench.clock.advance(seconds(2));
  const auto renewal = bench.sent();
  CHECK(renewal.request.worker().epoch() == 7);
  CHECK(bench.silent());
  bench.session.on_answer(renewal.token, worker_answer(v1::WorkerAnswer::ACTIVE, 7));
  CHECK(bench.observed.active.size() == 1);
}

TEST_CASE("a registration that fails is tried again, later each time") {
  Bench bench;
  bench.session.on_link(true);
  Duration before{};
  for (int i = 0; i < 5; ++i) {
    bench.session.on_answer(bench.sent().token, Error{ErrorCode::kFull, "too many"});
    CHECK(bench.silent());
    const Duration wait = bench.session.next_deadline() - bench.clock.mono();
    CHECK(wait > before / 2);
    CHECK(wait <= seconds(2));
    before = wait;
    bench.clock.advance(wait);
  }
}

TEST_CASE("a call is answered once, with what the worker says") {
  Bench bench;
  bench.up();
  bench.session.on_notice(call(5));
  REQUIRE(bench.observed.calls.size() == 1);
  CHECK(bench.observed.calls[0].method == "execute");
  CHECK(bench.observed.calls[0].deadline == bench.clock.mono() + milliseconds(1500));
  bench.session.on_notice(call(5));  // sent again, for the broker did not know that it had arrived
  CHECK(bench.observed.calls.size() == 1);
  CHECK(bench.session.open_calls() == 1);
  bench.session.reply(5, "done");
  bench.session.reply(5, "twice");
  const auto out = bench.sent();
  CHECK(out.request.service_reply().call() == 5);
  CHECK(out.request.service_reply().epoch() == 1);
  CHECK(out.request.service_reply().body() == "done");
  CHECK(bench.silent());
  bench.session.on_notice(call(5));  // crossed
  CHECK(bench.observed.calls.size() == 1);
  bench.session.on_answer(out.token, taken_reply());
  CHECK(bench.silent());
  bench.session.on_notice(call(6));
  bench.session.fail(6, "busy", "no");
  CHECK(bench.sent().request.service_reply().error().code() == "busy");
}

TEST_CASE("a retry is not run twice: neither while the first runs nor when it is done") {
  Bench bench;
  bench.up();
  bench.session.on_notice(call(5, "r1"));
  bench.session.on_notice(call(6, "r1"));
  CHECK(bench.observed.calls.size() == 1);
  bench.session.reply(5, "done");
  std::vector<std::uint64_t> answered{bench.sent().request.service_reply().call(),
                                      bench.sent().request.service_reply().call()};
  std::sort(answered.begin(), answered.end());
  CHECK(answered == std::vector<std::uint64_t>{5, 6});
  bench.session.on_notice(call(7, "r1"));
  const auto again = bench.sent();
  CHECK(again.request.service_reply().call() == 7);
  CHECK(again.request.service_reply().body() == "done");
  CHECK(bench.observed.calls.size() == 1);

  SUBCASE("for ten minutes") {
    bench.clock.advance(std::chrono::minutes(10));
    bench.session.on_notice(call(8, "r1"));
    CHECK(bench.observed.calls.size() == 2);
  }
  SUBCASE("the broker that starts anew is told which it has") {
    bench.session.on_notice(call(8, "r2"));
    bench.session.on_link(false);
    bench.session.on_link(true);
    const auto out = bench.sent();
    const auto& accepted = out.request.worker().accepted();
    CHECK(std::vector<std::string>(accepted.begin(), accepted.end()) == std::vector<std::string>{"r1", "r2"});
  }
}

TEST_CASE("replies are kept in bounds: the oldest is forgotten") {
  WorkerOptions bounded = options();
  bounded.replies_max = 2;
  bounded.replies_bytes_max = 100;
  Bench bench(bounded);
  bench.up();
  const auto run = [&](std::uint64_t id, const std::string& request_id, const std::string& body) {
    const std::size_t before = bench.observed.calls.size();
    bench.session.on_notice(call(id, request_id));
    const bool ran = bench.observed.calls.size() > before;
    if (ran) bench.session.reply(id, body);
    bench.session.on_answer(bench.sent().token, taken_reply());
    return ran;
  };
  CHECK(run(1, "a", "x"));
  CHECK(run(2, "b", "x"));
  CHECK(run(3, "c", "x"));
  CHECK_FALSE(run(4, "b", "x"));
  CHECK(run(5, "a", "x"));
  CHECK(run(6, "d", std::string(99, 'x')));
  CHECK(run(7, "c", "x"));
}

TEST_CASE("keys and their wills go with the reply, or by themselves; what did not arrive is said again") {
  Bench bench;
  bench.up();
  bench.session.on_notice(call(5));
  REQUIRE(bench.session.own("s1", will("s1 died")).ok());
  bench.session.reply(5, "done");
  const auto out = bench.sent();
  REQUIRE(out.request.service_reply().keys_size() == 1);
  CHECK(out.request.service_reply().keys(0).key() == "s1");
  v1::Envelope event;
  REQUIRE(event.ParseFromString(out.request.service_reply().keys(0).will()));
  CHECK(event.chat_message().message() == "s1 died");
  CHECK(event.id().size() == 16);
  CHECK(bench.silent());

  REQUIRE(bench.session.own("s2", {}).ok());
  auto renewal = bench.sent();
  REQUIRE(renewal.request.worker().keys_size() == 1);
  CHECK(renewal.request.worker().keys(0).key() == "s2");
  bench.session.on_answer(renewal.token, worker_answer(v1::WorkerAnswer::ACTIVE, 1));
  bench.session.disown("s2");
  renewal = bench.sent();
  CHECK(renewal.request.worker().keys_gone(0) == "s2");
  bench.session.on_answer(renewal.token, Error{ErrorCode::kTimeout, "lost"});
  bench.clock.advance(seconds(1));
  renewal = bench.sent();  // anew, with all that it has
  CHECK(renewal.request.worker().epoch() == 0);
  REQUIRE(renewal.request.worker().keys_size() == 1);
  CHECK(renewal.request.worker().keys(0).key() == "s1");
}

TEST_CASE("a key or a will that is wrong is refused; so is more than there may be") {
  WorkerOptions bounded = options();
  bounded.keys_bytes_max = 10;
  Bench bench(bounded);
  CHECK(bench.session.own("", {}).error().code == ErrorCode::kInvalid);
  CHECK(bench.session.own(std::string(129, 'k'), {}).error().code == ErrorCode::kInvalid);
  CHECK(bench.session.own("k", v1::Envelope()).error().code == ErrorCode::kInvalid);
  v1::Envelope reserved = will("x");
  reserved.set_topic("control.revoked");
  CHECK(bench.session.own("k", reserved).error().code == ErrorCode::kInvalid);
  REQUIRE(bench.session.own("12345", {}).ok());
  REQUIRE(bench.session.own("12345", {}).ok());
  CHECK(bench.session.own("678901", {}).error().code == ErrorCode::kFull);
  CHECK(bench.session.keys() == 1);
  bench.session.disown("12345");
  CHECK(bench.session.own("678901", {}).ok());
}

TEST_CASE("after the broker was gone it registers with its keys, and its open replies go again") {
  Bench bench;
  bench.up(1);
  REQUIRE(bench.session.own("s1", will("x")).ok());
  bench.session.on_answer(bench.sent().token, worker_answer(v1::WorkerAnswer::ACTIVE, 1));
  bench.session.on_notice(call(5));
  bench.session.reply(5, "done");
  const auto reply = bench.sent();
  bench.session.on_link(false);
  CHECK(bench.fence == 0);
  bench.session.on_answer(reply.token, Error{ErrorCode::kTimeout, "gone"});
  CHECK(bench.silent());
  bench.session.on_link(true);
  const auto out = bench.sent();
  CHECK(out.request.worker().epoch() == 0);
  CHECK(out.request.worker().keys_size() == 1);
  bench.session.on_answer(out.token, worker_answer(v1::WorkerAnswer::ACTIVE, 9));
  CHECK(bench.fence == 9);
  CHECK(bench.fences_lost == 0);
  CHECK(bench.observed.lost.empty());
  const auto again = bench.sent();
  CHECK(again.request.service_reply().call() == 5);
  CHECK(again.request.service_reply().epoch() == 9);
  CHECK(bench.silent());
}

TEST_CASE("fenced: all keys are lost, what is not published goes, and it begins anew") {
  Bench bench;
  bench.up(1);
  REQUIRE(bench.session.own("s1", {}).ok());
  bench.session.on_notice(call(5));
  bench.session.reply(5, "too late");
  const auto reply = bench.sent();
  bool refused = false;
  std::function<void(Result<void>)> done = [&](const Result<void>& result) {
    refused = !result && result.error().code == ErrorCode::kConflict;
  };
  bench.clock.advance(seconds(2));
  const auto renewal = bench.sent();
  REQUIRE(bench.session.put_state("state", done).ok());
  bench.session.on_answer(renewal.token, worker_answer(v1::WorkerAnswer::FENCED, 1));
  CHECK(refused);
  CHECK(bench.observed.lost == std::vector<std::vector<std::string>>{{"s1"}});
  CHECK(bench.fences_lost == 1);
  CHECK(bench.fence == 0);
  CHECK(bench.session.keys() == 0);
  bench.session.on_answer(reply.token, taken_reply(true));
  bench.clock.advance(seconds(2));
  const auto out = bench.sent();
  CHECK(out.request.worker().epoch() == 0);
  CHECK(out.request.worker().keys_size() == 0);
  bench.session.on_answer(out.token, worker_answer(v1::WorkerAnswer::ACTIVE, 2));
  CHECK(bench.fence == 2);
  CHECK(bench.fences_lost == 1);
  CHECK(bench.silent());
}

TEST_CASE("keys that another has by now are lost, the others stay") {
  Bench bench;
  bench.up(1);
  REQUIRE(bench.session.own("s1", {}).ok());
  REQUIRE(bench.session.own("s2", {}).ok());
  bench.session.on_link(false);
  bench.session.on_link(true);
  bench.session.on_answer(bench.sent().token, worker_answer(v1::WorkerAnswer::ACTIVE, 5, {"s1"}));
  CHECK(bench.observed.lost == std::vector<std::vector<std::string>>{{"s1"}});
  CHECK(bench.fences_lost == 1);
  CHECK(bench.session.keys() == 1);
  // One that the broker did not take, told with a renewal.
  bench.clock.advance(seconds(2));
  bench.session.on_answer(bench.sent().token, worker_answer(v1::WorkerAnswer::ACTIVE, 5, {"s2"}));
  CHECK(bench.observed.lost.size() == 2);
  CHECK(bench.session.keys() == 0);
  CHECK(bench.fences_lost == 1);
}

TEST_CASE("a standby waits, and serves when it is told") {
  Bench bench(options(true));
  bench.session.on_link(true);
  const auto out = bench.sent();
  CHECK(out.request.worker().exclusive());
  bench.session.on_answer(out.token, worker_answer(v1::WorkerAnswer::STANDBY, 3));
  CHECK(bench.observed.standby == 1);
  CHECK(bench.fence == 0);
  bench.session.on_notice(call(5));
  CHECK(bench.observed.calls.empty());
  bench.clock.advance(seconds(2));
  const auto renewal = bench.sent();
  CHECK(renewal.request.worker().epoch() == 3);
  v1::Response notice = worker_answer(v1::WorkerAnswer::ACTIVE, 4);
  notice.mutable_worker()->set_state("of the other");
  notice.mutable_worker()->set_has_state(true);
  bench.session.on_notice(notice);
  CHECK(bench.observed.active == std::vector<std::string>{"of the other"});
  CHECK(bench.fence == 4);
  bench.session.on_answer(renewal.token, worker_answer(v1::WorkerAnswer::ACTIVE, 4));
  CHECK(bench.observed.active.size() == 1);
  // And again a standby, after it was away.
  bench.session.on_link(false);
  bench.session.on_link(true);
  bench.session.on_answer(bench.sent().token, worker_answer(v1::WorkerAnswer::STANDBY, 8));
  CHECK(bench.observed.standby == 2);
  CHECK(bench.fences_lost == 1);
}

TEST_CASE("a state is put while it is active, and its end told") {
  Bench bench;
  std::vector<std::string> ends;
  std::function<void(Result<void>)> done = [&](const Result<void>& result) {
    ends.push_back(result ? "kept" : result.error().text);
  };
  CHECK(bench.session.put_state("s", done).error().code == ErrorCode::kUnavailable);
  bench.up(2);
  CHECK(bench.session.put_state(std::string(256 * 1024 + 1, 's'), done).error().code == ErrorCode::kTooLarge);
  REQUIRE(bench.session.put_state("one", done).ok());
  done = [&](const Result<void>& result) { ends.push_back(result ? "kept" : "refused"); };
  REQUIRE(bench.session.put_state("two", done).ok());
  const auto out = bench.sent();
  CHECK(out.request.service_state().state() == "one");
  CHECK(out.request.service_state().epoch() == 2);
  CHECK(bench.silent());  // one after the other
  v1::Response kept;
  kept.mutable_service_state();
  bench.session.on_answer(out.token, kept);
  v1::Response fenced;
  fenced.mutable_service_state()->set_fenced(true);
  bench.session.on_answer(bench.sent().token, fenced);
  CHECK(ends == std::vector<std::string>{"kept", "refused"});
}

TEST_CASE("a reply that the broker does not take becomes an error, so that nobody waits") {
  Bench bench;
  bench.up();
  bench.session.on_notice(call(5));
  bench.session.reply(5, "much");
  bench.session.on_answer(bench.sent().token, Error{ErrorCode::kTooLarge, "too large"});
  const auto again = bench.sent();
  CHECK(again.request.service_reply().error().code() == "internal");
  bench.session.on_answer(again.token, Error{ErrorCode::kInvalid, "no"});
  CHECK(bench.silent());
}

TEST_CASE("it leaves when it is told to, after its last reply") {
  Bench bench;
  bench.up(3);
  bench.session.on_notice(call(5));
  bench.session.reply(5, "last");
  bool left = false;
  bench.session.leave([&] { left = true; });
  CHECK(bench.fence == 0);
  CHECK(bench.sent().request.service_reply().body() == "last");
  const auto out = bench.sent();
  CHECK(out.request.worker().leaving());
  CHECK(out.request.worker().epoch() == 3);
  CHECK(bench.silent());
  CHECK_FALSE(left);
  bench.session.on_answer(out.token, Error{ErrorCode::kTimeout, "no answer"});
  CHECK(left);
  CHECK(bench.silent());
  Bench alone;
  alone.session.leave([&] { left = false; });
  CHECK_FALSE(left);
  Bench cut_off;
  cut_off.up();
  cut_off.session.leave([&] { left = true; });
  cut_off.session.on_link(false);
  CHECK(left);
}

}  // namespace
}  // namespace cell0::link
