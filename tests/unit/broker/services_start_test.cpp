// Services over starts of the broker, their bounds, and what is wrong.
#include "tests/unit/broker/services_bench.h"

namespace cell0::broker {
namespace {

using namespace services_bench;

TEST_CASE("after a start requests wait for workers to come back, for less than a lease") {
  Bench bench(true);
  bench.request(ask("s1"));
  bench.request(ask());
  bench.request(ask_all());
  bench.request(ask("s2", "", 1000));
  CHECK(bench.out.failed.empty());
  CHECK(bench.services.figures().waiting == 4);
  bench.now += milliseconds(500);
  bench.join(with_keys(hello("a"), {"s1"}));
  REQUIRE(bench.out.calls.size() == 3);
  CHECK(bench.out.calls[0].second.key() == "s1");
  CHECK(bench.out.calls[0].second.timeout_ms() == 4500);
  bench.now += milliseconds(500);
  bench.services.on_timer(bench.now);
  REQUIRE(bench.out.failed.size() == 1);
  CHECK(bench.out.failed[0].code == v1::Failure::NO_KEY);  // its own time is over
  bench.request(ask("s3", "", 60'000));
  bench.pass(seconds(6), {{hello("a"), kStart.value}});
  CHECK_FALSE(bench.services.warming());
  REQUIRE(bench.out.failed.size() == 4);  // two timed out meanwhile, and what was gathered is answered
  CHECK(bench.out.answers.size() == 1);
  CHECK(std::count_if(bench.out.failed.begin(), bench.out.failed.end(),
                      [](const auto& failed) { return failed.code == v1::Failure::NO_KEY; }) == 2);
  bench.request(ask("s3"));
  CHECK(bench.out.failed.size() == 5);
}

TEST_CASE("after a start a retry waits for the worker that has accepted it") {
  Bench bench(true);
  bench.join(hello("b", 100));
  bench.request(ask("", "r1"));
  CHECK(bench.out.calls.empty());
  v1::WorkerRequest a = hello("a");
  a.add_accepted("r1");
  bench.join(a);
  REQUIRE(bench.out.calls.size() == 1);
  CHECK(bench.out.calls[0].first == "a");
  bench.request(ask("", "r2", 60'000));  // nobody has it
  bench.request(ask());
  CHECK(bench.out.calls.size() == 2);
  bench.pass(seconds(6), {{hello("a"), kStart.value + 1}, {hello("b", 100), kStart.value}});
  REQUIRE(bench.out.calls.size() == 3);
  CHECK(bench.out.calls[2].second.request_id() == "r2");
}

TEST_CASE("after a start an exclusive service is kept for the one that was active") {
  const auto bench_of_next_run = [](Bench& bench) {
    ServiceNote note;
    note.service = "sessions";
    note.state = "kept";
    note.active = only_one("a").incarnation();
    bench.services.restore(note);
  };
  Bench bench(true);
  bench_of_next_run(bench);
  const auto b = bench.join(only_one("b"));
  CHECK(b.status() == v1::WorkerAnswer::STANDBY);
  bench.request(ask());

  SUBCASE("it comes back") {
    const auto a = bench.join(only_one("a"));
    CHECK(a.status() == v1::WorkerAnswer::ACTIVE);
    CHECK(a.state() == "kept");
    REQUIRE(bench.out.calls.size() == 1);
    CHECK(bench.out.calls[0].first == "a");
    CHECK(bench.out.notices.empty());
  }
  SUBCASE("it does not: the other one follows within a lease") {
    bench.pass(seconds(6), {{only_one("b"), b.epoch()}});
    REQUIRE(bench.out.notices.size() == 1);
    CHECK(bench.out.notices[0].second.state() == "kept");
  }
}

TEST_CASE("who is active, and that nobody is, is noted once") {
  Bench bench;
  std::vector<ServiceNote> notes;
  const auto a = bench.join(only_one("a"));
  bench.services.take_notes(notes);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].active == only_one("a").incarnation());
  CHECK_FALSE(notes[0].state);
  bench.services.not_committed(notes);
  notes.clear();
  bench.services.take_notes(notes);
  CHECK(notes.size() == 1);
  notes.clear();
  bench.services.take_notes(notes);
  CHECK(notes.empty());
  v1::WorkerRequest bye = only_one("a");
  bye.set_epoch(a.epoch());
  bye.set_leaving(true);
  bench.join(bye);
  bench.services.take_notes(notes);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].active == "");
  CHECK(bench.services.figures().services == 0);
}

TEST_CASE("epochs and calls grow over starts") {
  Bench bench;
  const auto first = bench.join(hello("a"));
  bench.request(ask());
  Written out;
  Services next({}, Seq{kStart.value + (1u << 20)}, bench.now, true, out);
  const auto second = next.take_worker(hello("a"), "a", bench.now);
  REQUIRE(second.ok());
  next.answered();
  CHECK(second->epoch() > first.epoch());
  REQUIRE(next.take_request(ask(), {"g", 1}, bench.now).ok());
  REQUIRE(out.calls.size() == 1);
  CHECK(out.calls[0].second.call() > bench.last_call().call());
}

TEST_CASE("what is of the run before is not over while workers are expected to register again") {
  Bench bench(true);
  const auto renewed = [&] {
    v1::WorkerRequest request = hello("a");
    request.set_epoch(kStart.value - 7);
    return bench.services.take_worker(request, "a", bench.now);
  };
  REQUIRE_FALSE(renewed().ok());
  CHECK(renewed().error().code == ErrorCode::kUnavailable);
  CHECK(bench.services.may_return(kStart.value - 7));
  const auto a = bench.join(with_keys(hello("a"), {"s1"}));
  CHECK(a.lost_size() == 0);
  bench.pass(seconds(7), {{hello("a"), a.epoch()}});
  CHECK_FALSE(bench.services.may_return(kStart.value - 7));
  CHECK_FALSE(bench.services.holds("sessions", kStart.value - 7));
  CHECK(bench.services.holds("sessions", a.epoch()));
}

TEST_CASE("our own stalls end no lease") {
  Bench bench;
  const auto a = bench.join(hello("a"));
  bench.now += seconds(30);
  bench.services.tick(bench.now);
  CHECK(bench.services.holds("sessions", a.epoch()));
  bench.pass(seconds(8));
  CHECK_FALSE(bench.services.holds("sessions", a.epoch()));
}

TEST_CASE("every table is bounded") {
  ServiceBounds bounds;
  bounds.services_max = 2;
  bounds.workers.entries_max = 2;
  bounds.keys_max = 3;
  bounds.calls_max = 2;
  Bench bench(false, bounds);
  const auto a = bench.join(with_keys(hello("a"), {"1", "2"}));
  const auto b = bench.join(with_keys(hello("b"), {"3", "4"}));
  REQUIRE(b.lost_size() == 1);
  CHECK(b.lost(0) == "4");
  const auto third = bench.services.take_worker(hello("c"), "c", bench.now);
  REQUIRE_FALSE(third.ok());
  CHECK(third.error().code == ErrorCode::kFull);
  bench.request(ask());
  bench.request(ask());
  bench.request(ask());
  REQUIRE(bench.out.failed.size() == 1);
  CHECK(bench.out.failed[0].code == v1::Failure::BUSY);
  // A key that is refused in a reply is told with the next answer.
  v1::ServiceReplyRequest reply;
  reply.set_service("sessions");
  reply.set_epoch(a.epoch());
  reply.add_keys()->set_key("5");
  bench.services.take_reply(reply, bench.now);
  const auto renewed = bench.renew(hello("a"), a.epoch());
  REQUIRE(renewed.lost_size() == 1);
  CHECK(renewed.lost(0) == "5");
}

TEST_CASE("what is wrong is refused, and says what") {
  Bench bench;
  const struct {
    const char* why;
    v1::WorkerRequest request;
  } workers[] = {
      {"worker.service",
       [] {
         auto r = hello("a");
         r.set_service("Bad Name");
         return r;
       }()},
      {"worker.worker",
       [] {
         auto r = hello("a");
         r.set_worker("");
         return r;
       }()},
      {"worker.incarnation",
       [] {
         auto r = hello("a");
         r.set_incarnation("short");
         return r;
       }()},
      {"worker.capacity",
       [] {
         auto r = hello("a");
         r.set_capacity(0);
         return r;
       }()},
  };
  for (const auto& row : workers) {
    const auto answer = bench.services.take_worker(row.request, "peer", bench.now);
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().text.find(row.why) == 0);
  }
  const struct {
    const char* why;
    v1::ServiceRequest request;
  } requests[] = {
      {"service.service",
       [] {
         auto r = ask();
         r.set_service("");
         return r;
       }()},
      {"service.method",
       [] {
         auto r = ask();
         r.set_method(std::string(65, 'm'));
         return r;
       }()},
      {"service.request_id",
       [] {
         auto r = ask();
         r.set_request_id(std::string(129, 'i'));
         return r;
       }()},
      {"service.key",
       [] {
         auto r = ask_all();
         r.set_key("k");
         return r;
       }()},
      {"service.timeout_ms",
       [] {
         auto r = ask();
         r.set_timeout_ms(300'001);
         return r;
       }()},
  };
  for (const auto& row : requests) {
    const auto taken = bench.services.take_request(row.request, {"g", 1}, bench.now);
    REQUIRE_FALSE(taken.ok());
    CHECK(taken.error().text.find(row.why) == 0);
  }
  CHECK(bench.services.figures().calls == 0);
  v1::ServiceStateRequest state;
  state.set_state(std::string(256 * 1024 + 1, 's'));
  CHECK(bench.services.check_state(state).error().code == ErrorCode::kTooLarge);
}

TEST_CASE("the list says who serves what") {
  Bench bench;
  bench.join(with_keys(hello("a"), {"s1"}));
  bench.services.put_state("sessions", "1234");
  bench.request(ask());
  bench.request(ask("nobody's"));
  const v1::ServicesAnswer list = bench.services.list();
  REQUIRE(list.services_size() == 1);
  const v1::ServiceInfo& info = list.services(0);
  CHECK(info.name() == "sessions");
  CHECK_FALSE(info.exclusive());
  CHECK(info.requests() == 2);
  CHECK(info.failed() == 1);
  CHECK(info.state_bytes() == 4);
  REQUIRE(info.workers_size() == 1);
  CHECK(info.workers(0).worker() == "a");
  CHECK(info.workers(0).active());
  CHECK(info.workers(0).keys() == 1);
  CHECK(info.workers(0).open_calls() == 1);
}

}  // namespace
}  // namespace cell0::broker
