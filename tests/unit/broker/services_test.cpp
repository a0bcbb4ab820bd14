// Services: who serves what, and which request is with whom. Times are arguments; what goes out is written down.
#include "tests/unit/broker/services_bench.h"

namespace cell0::broker {
namespace {

using namespace services_bench;

TEST_CASE("a request goes to a worker, and its reply to whoever asked, once") {
  Bench bench;
  const auto joined = bench.join(hello("a"));
  CHECK(joined.status() == Status::WorkerAnswer_Status_ACTIVE);
  CHECK(joined.epoch() >= kStart.value);
  CHECK(joined.lease_ms() == 7000);
  v1::ServiceRequest request = ask();
  request.mutable_caller()->set_entity_id("user:1");
  bench.request(request);
  REQUIRE(bench.out.calls.size() == 1);
  CHECK(bench.out.calls[0].first == "a");
  const v1::ServiceCall call = bench.last_call();
  CHECK(call.method() == "execute");
  CHECK(call.body() == "{}");
  CHECK(call.timeout_ms() == 5000);
  CHECK(call.caller().entity_id() == "user:1");
  const auto first = bench.reply(call, "hello");
  CHECK_FALSE(first.late());
  CHECK_FALSE(first.fenced());
  REQUIRE(bench.out.answers.size() == 1);
  CHECK(bench.out.answers[0].first.peer == "gateway");
  CHECK(bench.out.answers[0].first.id == 1);
  REQUIRE(bench.out.answers[0].second.replies_size() == 1);
  CHECK(bench.out.answers[0].second.replies(0).worker() == "a");
  CHECK(bench.out.answers[0].second.replies(0).body() == "hello");

  SUBCASE("a second reply reaches nobody, and is counted") {
    CHECK(bench.reply(call, "again").late());
    CHECK(bench.out.answers.size() == 1);
    CHECK(bench.services.figures().late == 1);
  }
  bench.pass(seconds(10), {{hello("a"), joined.epoch()}});
  CHECK(bench.out.failed.empty());
  CHECK(bench.services.figures().calls == 0);
}

TEST_CASE("an error of the worker's own is a reply") {
  Bench bench;
  bench.join(hello("a"));
  bench.request(ask());
  v1::ServiceReplyRequest reply;
  reply.set_service("sessions");
  reply.set_call(bench.last_call().call());
  reply.set_epoch(bench.last_call().epoch());
  reply.mutable_error()->set_code("busy");
  bench.services.take_reply(reply, bench.now);
  REQUIRE(bench.out.answers.size() == 1);
  CHECK(bench.out.answers[0].second.replies(0).error().code() == "busy");
  CHECK(bench.out.failed.empty());
}

TEST_CASE("a worker that never replies: a timeout when the time is over, not before") {
  Bench bench;
  const auto joined = bench.join(hello("a"));
  bench.request(ask("", "", 300));
  CHECK(bench.services.next_deadline() == bench.now + milliseconds(300));
  bench.services.on_timer(bench.now + milliseconds(299));
  CHECK(bench.out.failed.empty());
  bench.now += milliseconds(300);
  bench.services.on_timer(bench.now);
  REQUIRE(bench.out.failed.size() == 1);
  CHECK(bench.out.failed[0].code == v1::Failure::TIMEOUT);
  CHECK(bench.out.failed[0].text.find("sessions.execute") == 0);
  CHECK(bench.services.next_deadline() == MonoTime::max());
  SUBCASE("its late reply reaches nobody; its keys count") {
    v1::ServiceReplyRequest late;
    late.set_service("sessions");
    late.set_call(bench.last_call().call());
    late.set_epoch(joined.epoch());
    late.add_keys()->set_key("s1");
    CHECK(bench.services.take_reply(late, bench.now).late());
    CHECK(bench.out.answers.empty());
    bench.request(ask("s1"));
    CHECK(bench.out.calls.size() == 2);
  }
}

TEST_CASE("a key's requests go to its owner") {
  Bench bench;
  bench.join(with_keys(hello("a", 100), {"s1"}));
  bench.join(with_keys(hello("b", 100), {"s2", "s3"}));
  bench.request(ask("s2"));
  CHECK(bench.out.calls.back().first == "b");
  bench.request(ask("s1"));
  CHECK(bench.out.calls.back().first == "a");
  bench.request(ask("s9"));
  REQUIRE(bench.out.failed.size() == 1);
  CHECK(bench.out.failed[0].code == v1::Failure::NO_KEY);

  SUBCASE("a key that is owned no more has no owner") {
    v1::WorkerRequest gone = hello("b", 100);
    gone.add_keys_gone("s2");
    bench.renew(gone, bench.out.calls[0].second.epoch());
    bench.request(ask("s2"));
    CHECK(bench.out.failed.back().code == v1::Failure::NO_KEY);
    CHECK(bench.services.figures().keys == 2);
  }
  SUBCASE("a key that another owns is not taken from it") {
    const auto answer = bench.join(with_keys(hello("c"), {"s1", "s4"}));
    REQUIRE(answer.lost_size() == 1);
    CHECK(answer.lost(0) == "s1");
    bench.request(ask("s1"));
    CHECK(bench.out.calls.back().first == "a");
    bench.request(ask("s4"));
    CHECK(bench.out.calls.back().first == "c");
  }
  SUBCASE("keys of a reply hold before whoever asked has the answer") {
    bench.request(ask());
    v1::ServiceReplyRequest reply;
    reply.set_service("sessions");
    reply.set_call(bench.last_call().call());
    reply.set_epoch(bench.last_call().epoch());
    reply.add_keys()->set_key("new");
    bench.services.take_reply(reply, bench.now);
    REQUIRE(bench.out.answers.size() == 1);
    bench.request(ask("new"));
    CHECK(bench.out.calls.size() == 4);
    CHECK(bench.out.failed.size() == 1);
  }
}

TEST_CASE("without a key: the worker with the most room; when there is none, BUSY; without workers, NO_WORKER") {
  Bench bench;
  bench.request(ask());
  CHECK(bench.out.failed.back().code == v1::Failure::NO_WORKER);
  bench.join(with_keys(hello("a", 3), {"s1"}));  // room for two
  bench.join(hello("b", 2));
  std::map<std::string, int> given;
  for (int i = 0; i < 4; ++i) {
    bench.request(ask());
    ++given[bench.out.calls.back().first];
  }
  CHECK(given["a"] == 2);
  CHECK(given["b"] == 2);
  CHECK(bench.out.failed.size() == 1);
  bench.request(ask());
  CHECK(bench.out.failed.back().code == v1::Failure::BUSY);
  bench.request(ask("s1"));  // an owner hears of its own all the same
  CHECK(bench.out.calls.back().first == "a");
  const auto of_b =
      std::find_if(bench.out.calls.begin(), bench.out.calls.end(), [](const auto& call) { return call.first == "b"; });
  bench.reply(of_b->second);
  bench.request(ask());
  CHECK(bench.out.calls.back().first == "b");
  CHECK(bench.out.failed.size() == 2);
}

TEST_CASE("a retry goes to the worker that got the request before") {
  Bench bench;
  const auto a = bench.join(hello("a", 2));
  bench.request(ask("", "r1"));
  bench.join(hello("b", 100));
  bench.request(ask("", "r1"));
  bench.request(ask("", "r1"));
  REQUIRE(bench.out.calls.size() == 3);
  for (const auto& [peer, call] : bench.out.calls) CHECK(peer == "a");
  CHECK(bench.out.calls[2].second.call() != bench.out.calls[0].second.call());
  bench.request(ask("", "r2"));
  CHECK(bench.out.calls.back().first == "b");

  SUBCASE("for ten minutes") {
    bench.pass(std::chrono::minutes(10), {{hello("a", 2), a.epoch()}, {hello("b", 100), a.epoch() + 1}});
    bench.request(ask("", "r1"));
    CHECK(bench.out.calls.back().first == "b");
  }
  SUBCASE("or to another one when it has died") {
    bench.pass(seconds(9), {{hello("b", 100), a.epoch() + 1}});
    bench.request(ask("", "r1"));
    CHECK(bench.out.calls.back().first == "b");
  }
}

TEST_CASE("gather asks all, and answers with what came in time and how many are missing") {
  Bench bench;
  bench.request(ask_all());
  CHECK(bench.out.failed.back().code == v1::Failure::NO_WORKER);
  const auto a = bench.join(hello("a"));
  bench.join(hello("b"));
  bench.join(hello("c"));
  bench.request(ask_all(2000));
  REQUIRE(bench.out.calls.size() == 3);
  const auto calls = bench.out.calls;
  bench.reply(calls[0].second, "one");
  CHECK(bench.out.answers.empty());

  SUBCASE("all have replied") {
    bench.reply(calls[1].second, "two");
    bench.reply(calls[2].second, "three");
    REQUIRE(bench.out.answers.size() == 1);
    CHECK(bench.out.answers[0].second.replies_size() == 3);
    CHECK(bench.out.answers[0].second.missing() == 0);
  }
  SUBCASE("one is silent, one dies") {
    v1::WorkerRequest bye = hello("b");
    bye.set_epoch(a.epoch() + 1);
    bye.set_leaving(true);
    bench.join(bye);
    CHECK(bench.out.answers.empty());
    bench.now += milliseconds(2000);
    bench.services.on_timer(bench.now);
    REQUIRE(bench.out.answers.size() == 1);
    CHECK(bench.out.answers[0].second.replies_size() == 1);
    CHECK(bench.out.answers[0].second.missing() == 2);
  }
  CHECK(bench.services.figures().calls == 0);
}

TEST_CASE("a gathered answer is bounded; who is over it is missing") {
  ServiceBounds bounds;
  bounds.gathered_bytes_max = 1000;
  Bench bench(false, bounds);
  bench.join(hello("a"));
  bench.join(hello("b"));
  bench.request(ask_all());
  const auto calls = bench.out.calls;
  bench.reply(calls[0].second, std::string(800, 'x'));
  bench.reply(calls[1].second, std::string(800, 'x'));
  REQUIRE(bench.out.answers.size() == 1);
  CHECK(bench.out.answers[0].second.replies_size() == 1);
  CHECK(bench.out.answers[0].second.missing() == 1);
}

TEST_CASE("a worker without a word for a lease is dead: its calls fail at once, its wills are published") {
  Bench bench;
  const auto a = bench.join(with_keys(hello("a"), {"s1", "s2"}));
  const auto b = bench.join(hello("b"));
  bench.request(ask("s1", "", 60'000));
  CHECK(bench.services.holds("sessions", a.epoch()));
  bench.pass(seconds(8), {{hello("b"), b.epoch()}});
  REQUIRE(bench.out.failed.size() == 1);
  CHECK(bench.out.failed[0].code == v1::Failure::WORKER_DIED);
  CHECK(bench.out.wills == std::vector<std::string>{"will of s1", "will of s2"});
  CHECK_FALSE(bench.services.holds("sessions", a.epoch()));
  CHECK(bench.services.holds("sessions", b.epoch()));
  bench.request(ask("s1"));
  CHECK(bench.out.failed.back().code == v1::Failure::NO_KEY);

  SUBCASE("its late reply is fenced and reaches nobody") {
    CHECK(bench.reply(bench.out.calls[0].second).fenced());
    CHECK(bench.out.answers.empty());
    CHECK(bench.services.figures().fenced == 1);
  }
  SUBCASE("when it speaks again it is fenced, and begins anew without its keys") {
    const auto told = bench.renew(with_keys(hello("a"), {"s3"}), a.epoch());
    CHECK(told.status() == v1::WorkerAnswer::FENCED);
    REQUIRE(told.lost_size() == 1);
    const auto again = bench.join(with_keys(hello("a"), {"s1", "s2"}));
    CHECK(again.status() == v1::WorkerAnswer::ACTIVE);
    CHECK(again.epoch() > b.epoch());
    CHECK(again.lost_size() == 2);
    bench.request(ask("s1"));
    CHECK(bench.out.failed.back().code == v1::Failure::NO_KEY);
  }
  SUBCASE("it is fenced, too, if it registers without having been told") {
    const auto told = bench.join(with_keys(hello("a"), {"s1"}));
    CHECK(told.status() == v1::WorkerAnswer::FENCED);
    REQUIRE(told.lost_size() == 1);
    CHECK(told.lost(0) == "s1");
    const auto again = bench.join(hello("a"));
    CHECK(again.status() == v1::WorkerAnswer::ACTIVE);
    // What it owns since is its own, also when its connection is made anew.
    bench.renew(with_keys(hello("a"), {"s7"}), again.epoch());
    CHECK(bench.join(with_keys(hello("a"), {"s7"})).lost_size() == 0);
  }
  CHECK(bench.out.wills.size() == 2);
}

TEST_CASE("a worker that leaves is treated as dead at once") {
  Bench bench;
  const auto a = bench.join(with_keys(hello("a"), {"s1", "s2"}));
  bench.request(ask("s1"));
  v1::WorkerRequest bye = hello("a");
  bye.set_epoch(a.epoch());
  bye.set_leaving(true);
  bye.add_keys_gone("s2");
  bench.join(bye);
  REQUIRE(bench.out.failed.size() == 1);
  CHECK(bench.out.failed[0].code == v1::Failure::WORKER_DIED);
  CHECK(bench.out.wills == std::vector<std::string>{"will of s1"});
  CHECK(bench.services.figures().workers == 0);
  CHECK(bench.services.figures().services == 0);
  SUBCASE("under an epoch that is over it takes nobody along") {
    const auto again = bench.join(hello("a"));
    bench.join(bye);
    CHECK(bench.services.holds("sessions", again.epoch()));
  }
}

TEST_CASE("a worker that starts anew ends the one before it, whatever its lease says") {
  Bench bench;
  const auto before = bench.join(with_keys(hello("a"), {"s1"}));
  bench.request(ask("s1"));
  const auto after = bench.join(hello("a", 10, 'j'));
  CHECK(after.status() == v1::WorkerAnswer::ACTIVE);
  REQUIRE(bench.out.failed.size() == 1);
  CHECK(bench.out.failed[0].code == v1::Failure::WORKER_DIED);
  CHECK(bench.out.wills.size() == 1);
  CHECK_FALSE(bench.services.holds("sessions", before.epoch()));
  CHECK(bench.services.holds("sessions", after.epoch()));
  CHECK(bench.renew(hello("a"), before.epoch()).status() == v1::WorkerAnswer::FENCED);
}

TEST_CASE("a worker that registers again without a break keeps its calls, its keys and its old epochs") {
  Bench bench;
  const auto before = bench.join(with_keys(hello("a"), {"s1", "s2"}));
  bench.request(ask("s1"));
  const auto call = bench.last_call();
  v1::WorkerRequest again = with_keys(hello("a"), {"s1", "s3"});
  auto answer = bench.services.take_worker(again, "another connection", bench.now);
  REQUIRE(answer.ok());
  CHECK(bench.out.calls.size() == 1);  // the answer goes first
  bench.services.answered();
  CHECK(answer->epoch() > before.epoch());
  CHECK(answer->lost_size() == 0);
  REQUIRE(bench.out.calls.size() == 2);  // what it had read of the old connection is not known
  CHECK(bench.out.calls[1].first == "another connection");
  CHECK(bench.out.calls[1].second.call() == call.call());
  CHECK(bench.services.holds("sessions", before.epoch()));
  CHECK(bench.services.holds("sessions", answer->epoch()));
  CHECK_FALSE(bench.reply(call).fenced());
  CHECK(bench.out.answers.size() == 1);
  CHECK(bench.out.wills.empty());
  bench.request(ask("s2"));  // it did not say that it still has it
  CHECK(bench.out.failed.back().code == v1::Failure::NO_KEY);
}

TEST_CASE("a call that did not reach its worker's connection is sent again when it renews") {
  Bench bench;
  const auto a = bench.join(hello("a"));
  bench.out.unreachable = {"a"};
  bench.request(ask());
  CHECK(bench.out.calls.empty());
  bench.out.unreachable = {};
  bench.renew(hello("a"), a.epoch());
  REQUIRE(bench.out.calls.size() == 1);
  bench.renew(hello("a"), a.epoch());
  CHECK(bench.out.calls.size() == 1);
  bench.reply(bench.last_call());
  CHECK(bench.out.answers.size() == 1);
}

TEST_CASE("of an exclusive service one worker is active; the longest waiting follows, with the state") {
  Bench bench;
  const auto a = bench.join(only_one("a"));
  CHECK(a.status() == v1::WorkerAnswer::ACTIVE);
  const auto b = bench.join(only_one("b"));
  CHECK(b.status() == v1::WorkerAnswer::STANDBY);
  const auto c = bench.join(only_one("c"));
  CHECK(c.status() == v1::WorkerAnswer::STANDBY);
  CHECK(bench.services.holds("sessions", a.epoch()));
  CHECK_FALSE(bench.services.holds("sessions", b.epoch()));
  bench.services.put_state("sessions", "the state");
  bench.request(ask());
  CHECK(bench.out.calls.back().first == "a");
  bench.request(ask_all());
  CHECK(bench.out.calls.size() == 2);

  SUBCASE("its lease ends") {
    bench.pass(seconds(8), {{only_one("b"), b.epoch()}, {only_one("c"), c.epoch()}});
    REQUIRE(bench.out.notices.size() == 1);
    CHECK(bench.out.notices[0].first == "b");
    const v1::WorkerAnswer& notice = bench.out.notices[0].second;
    CHECK(notice.status() == v1::WorkerAnswer::ACTIVE);
    CHECK(notice.epoch() > c.epoch());
    CHECK(notice.state() == "the state");
    CHECK(notice.has_state());
    CHECK_FALSE(bench.services.holds("sessions", a.epoch()));
    CHECK(bench.services.holds("sessions", notice.epoch()));
    bench.request(ask());
    CHECK(bench.out.calls.back().first == "b");
    CHECK(bench.out.calls.back().second.epoch() == notice.epoch());
    // The notice may be lost: its next renewal, under the old epoch, is answered the same.
    const auto renewed = bench.renew(only_one("b"), b.epoch());
    CHECK(renewed.status() == v1::WorkerAnswer::ACTIVE);
    CHECK(renewed.epoch() == notice.epoch());
    CHECK(renewed.state() == "the state");
    CHECK_FALSE(bench.renew(only_one("b"), notice.epoch()).has_state());
    // The first one comes back, and waits.
    CHECK(bench.renew(only_one("a"), a.epoch()).status() == v1::WorkerAnswer::FENCED);
    CHECK(bench.join(only_one("a")).status() == v1::WorkerAnswer::STANDBY);
  }
  SUBCASE("it starts anew: then it is the last to wait") {
    const auto again = bench.join(only_one("a", 'j'));
    CHECK(again.status() == v1::WorkerAnswer::STANDBY);
    REQUIRE(bench.out.notices.size() == 1);
    CHECK(bench.out.notices[0].first == "b");
  }
}

TEST_CASE("a service is exclusive for all or for nobody") {
  Bench bench;
  bench.join(only_one("a"));
  const auto refused = bench.services.take_worker(hello("b"), "b", bench.now);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::kInvalid);
}

}  // namespace
}  // namespace cell0::broker
