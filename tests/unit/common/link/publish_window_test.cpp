#include "common/link/publish_window.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace cell0;
using namespace cell0::link;
using Status = PublishResult::Status;

namespace {

constexpr Duration kLong = std::chrono::hours(1);

// A window, its clock, and what became of each event, by the letter that it carries.
struct Bench {
  explicit Bench(PublishLimits limits = {}, WhenFull when_full = WhenFull::kRejectNew)
      : window("emitter", 7, limits, when_full, random) {}

  Result<void> push(const std::string& text) {
    return window.push(text, [this, text](const PublishResult& result) { results.push_back({text, result}); });
  }
  std::optional<PublishWindow::Outgoing> next() { return window.next(now); }

  // "a b@3": the envelopes of a request and its first number; "-" if there is none.
  std::string sent() {
    last = next();
    if (!last) return "-";
    std::string text;
    for (const std::string& envelope : last->request.envelopes()) text += envelope + " ";
    text.back() = '@';
    return text + std::to_string(last->request.first_n());
  }

  void answer(const PublishWindow::Outgoing& to, std::vector<v1::PublishOutcome::Status> statuses,
              std::uint64_t expected = 0) {
    v1::PublishAnswer answer;
    answer.set_first_n(to.request.first_n());
    answer.set_expected_n(expected);
    for (const auto status : statuses) {
      auto& outcome = *answer.add_outcomes();
      outcome.set_status(status);
      if (status == v1::PublishOutcome::ACCEPTED) outcome.set_seq(next_seq++);
      if (status == v1::PublishOutcome::REJECTED) outcome.set_error("llm_result.text: missing");
    }
    window.answered(to.token, answer, now);
  }

  void accept(const PublishWindow::Outgoing& to) {
    answer(to, std::vector(static_cast<std::size_t>(to.request.envelopes_size()), v1::PublishOutcome::ACCEPTED));
  }

  std::string outcomes() {
    std::string text;
    for (const auto& [event, result] : results) {
      constexpr char kLetters[] = {'A', 'D', 'R', 'K', 'X', 'F'};
      text += event + kLetters[static_cast<int>(result.status)] + " ";
    }
    results.clear();
    return text;
  }

  SeededRandom random{1};
  MonoTime now{std::chrono::hours(1)};
  PublishWindow window;
  std::vector<std::pair<std::string, PublishResult>> results;
  std::optional<PublishWindow::Outgoing> last;
  std::uint64_t next_seq = 100;
};

constexpr auto kAccepted = v1::PublishOutcome::ACCEPTED;
constexpr auto kDuplicate = v1::PublishOutcome::DUPLICATE;
constexpr auto kRejected = v1::PublishOutcome::REJECTED;
constexpr auto kUnexpected = v1::PublishOutcome::UNEXPECTED;
constexpr auto kUnavailable = v1::PublishOutcome::UNAVAILABLE;
const Error kTimeout{ErrorCode::kTimeout, "no answer"};

}  // namespace

TEST_CASE("what is queued goes together, numbered from 1") {
  Bench bench;
  for (const char* text : {"a", "b", "c"}) REQUIRE(bench.push(text).ok());
  CHECK(bench.sent() == "a b c@1");
  CHECK(bench.last->request.emitter_id() == "emitter");
  CHECK(bench.last->request.incarnation() == 7);
  CHECK(bench.last->request.answered_through() == 0);
  CHECK(bench.sent() == "-");
  bench.accept(PublishWindow::Outgoing{});  // a token that was never given: nothing happens
  CHECK(bench.outcomes().empty());
}

TEST_CASE("accepted events leave with their seq, and the next request says so") {
  Bench bench;
  REQUIRE(bench.push("a").ok());
  REQUIRE(bench.push("b").ok());
  CHECK(bench.sent() == "a b@1");
  bench.accept(*bench.last);
  REQUIRE(bench.results.size() == 2);
  CHECK(bench.results[0].second.seq.value == 100);
  CHECK(bench.results[1].second.seq.value == 101);
  CHECK(bench.outcomes() == "aA bA ");
  CHECK(bench.window.idle());
  REQUIRE(bench.push("c").ok());
  CHECK(bench.sent() == "c@3");
  CHECK(bench.last->request.answered_through() == 2);
}

TEST_CASE("a request holds at most so many events and bytes, and one that is larger goes alone") {
  Bench bench({.batch_events_max = 3, .batch_bytes_max = 4});
  for (const char* text : {"a", "b", "c", "d", "ee", "ff", "ggggg", "h"}) REQUIRE(bench.push(text).ok());
  CHECK(bench.sent() == "a b c@1");
  CHECK(bench.sent() == "d ee@4");
  CHECK(bench.sent() == "ff@6");
  CHECK(bench.sent() == "ggggg@7");
  CHECK(bench.sent() == "-");  // four are under way
}

TEST_CASE("the number of unanswered requests is bounded") {
  Bench bench({.batch_events_max = 1, .requests_max = 2});
  for (const char* text : {"a", "b", "c"}) REQUIRE(bench.push(text).ok());
  CHECK(bench.sent() == "a@1");
  const auto first = *bench.last;
  CHECK(bench.sent() == "b@2");
  CHECK(bench.sent() == "-");
  bench.accept(first);
  CHECK(bench.sent() == "c@3");
  CHECK(bench.last->request.answered_through() == 1);
}

TEST_CASE("answers may come in another order: answered_through is what has no hole") {
  Bench bench({.batch_events_max = 1});
  for (const char* text : {"a", "b", "c"}) REQUIRE(bench.push(text).ok());
  CHECK(bench.sent() == "a@1");
  const auto a = *bench.last;
  CHECK(bench.sent() == "b@2");
  const auto b = *bench.last;
  bench.accept(b);
  CHECK(bench.outcomes() == "bA ");
  CHECK(bench.sent() == "c@3");
  CHECK(bench.last->request.answered_through() == 0);
  bench.accept(a);
  REQUIRE(bench.push("d").ok());
  CHECK(bench.sent() == "d@4");
  CHECK(bench.last->request.answered_through() == 2);
}

TEST_CASE("after a timeout everything unanswered goes again, in order, after a backoff") {
  Bench bench({.batch_events_max = 2});
  for (const char* text : {"a", "b", "c", "d"}) REQUIRE(bench.push(text).ok());
  CHECK(bench.sent() == "a b@1");
  const auto first = *bench.last;
  CHECK(bench.sent() == "c d@3");
  const auto second = *bench.last;
  bench.window.failed(first.token, kTimeout, bench.now);
  CHECK(bench.sent() == "-");
  REQUIRE(bench.window.wake_at().has_value());
  bench.now = *bench.window.wake_at();
  CHECK(bench.sent() == "a b@1");
  CHECK(bench.sent() == "c d@3");
  CHECK(bench.window.stats().resent == 4);
  bench.window.failed(second.token, kTimeout, bench.now);  // of the first sending: it is known already
  CHECK_FALSE(bench.window.wake_at().has_value());
}

TEST_CASE("a late answer settles what it can, and what is sent again is a duplicate") {
  Bench bench;
  REQUIRE(bench.push("a").ok());
  REQUIRE(bench.push("b").ok());
  CHECK(bench.sent() == "a b@1");
  const auto first = *bench.last;
  bench.window.failed(first.token, kTimeout, bench.now);
  bench.answer(first, {kAccepted});  // of the two
  CHECK(bench.outcomes() == "aA ");
  bench.now += kLong;
  CHECK(bench.sent() == "b@2");
  CHECK(bench.last->request.answered_through() == 1);
  bench.answer(*bench.last, {kDuplicate});
  CHECK(bench.outcomes() == "bD ");
  CHECK(bench.window.idle());
}

TEST_CASE("a late answer that only asks for more changes nothing") {
  Bench bench;
  REQUIRE(bench.push("a").ok());
  CHECK(bench.sent() == "a@1");
  const auto first = *bench.last;
  bench.window.failed(first.token, kTimeout, bench.now);
  bench.now += kLong;
  CHECK(bench.sent() == "a@1");
  bench.answer(first, {kUnavailable}, 1);
  CHECK_FALSE(bench.window.wake_at().has_value());
  bench.accept(*bench.last);
  CHECK(bench.outcomes() == "aA ");
}

TEST_CASE("a rejected event is told its error, uses its number, and holds nobody up") {
  Bench bench;
  for (const char* text : {"a", "b", "c"}) REQUIRE(bench.push(text).ok());
  CHECK(bench.sent() == "a b c@1");
  bench.answer(*bench.last, {kAccepted, kRejected, kAccepted}, 4);
  REQUIRE(bench.results.size() == 3);
  CHECK(bench.results[1].second.error == "llm_result.text: missing");
  CHECK(bench.outcomes() == "aA bR cA ");
  CHECK(bench.window.idle());
  CHECK(bench.window.stats().rejected == 1);
  REQUIRE(bench.push("d").ok());
  CHECK(bench.sent() == "d@4");
}

TEST_CASE("an event with an idempotency key carries it, at its place, each time that it is sent") {
  Bench bench;
  REQUIRE(bench.push("a"));
  REQUIRE(bench.window.push("b", {}, PublishKey{"admin", "k", 7}));
  REQUIRE(bench.sent() == "a b@1");
  REQUIRE(bench.last->request.keys_size() == 1);
  CHECK(bench.last->request.keys(0).index() == 1);
  CHECK(bench.last->request.keys(0).entity() == "admin");
  CHECK(bench.last->request.keys(0).key() == "k");
  CHECK(bench.last->request.keys(0).digest() == 7);
  bench.answer(*bench.last, {v1::PublishOutcome::ACCEPTED, v1::PublishOutcome::UNAVAILABLE}, 2);
  bench.now += kLong;
  REQUIRE(bench.sent() == "b@2");
  CHECK(bench.last->request.keys(0).index() == 0);
}

TEST_CASE("a key that was used for something else settles the event: it will never be taken") {
  Bench bench;
  REQUIRE(bench.push("a"));
  REQUIRE(bench.push("b"));
  REQUIRE(bench.sent() == "a b@1");
  bench.answer(*bench.last, {v1::PublishOutcome::KEY_REUSED, v1::PublishOutcome::ACCEPTED});
  CHECK(bench.outcomes() == "aK bA ");
  CHECK(bench.window.idle());
  CHECK(bench.window.stats().rejected == 1);
}

TEST_CASE("unavailable from the middle on: that and the rest go again after a backoff, in order") {
  Bench bench({.batch_events_max = 3});
  for (const char* text : {"a", "b", "c", "d"}) REQUIRE(bench.push(text).ok());
  CHECK(bench.sent() == "a b c@1");
  const auto first = *bench.last;
  CHECK(bench.sent() == "d@4");
  const auto second = *bench.last;
  bench.answer(first, {kAccepted, kUnavailable, kUnexpected}, 2);
  CHECK(bench.outcomes() == "aA ");
  bench.answer(second, {kUnexpected}, 2);  // follows from the first
  CHECK(bench.sent() == "-");
  bench.now += kLong;
  CHECK(bench.sent() == "b c d@2");
  CHECK(bench.last->request.answered_through() == 1);
}

TEST_CASE("the backoff grows while the broker refuses, and is short again after a success") {
  Bench bench({.backoff_min = std::chrono::milliseconds(100), .backoff_max = std::chrono::milliseconds(800)});
  REQUIRE(bench.push("a").ok());
  Duration longest{0};
  for (int i = 0; i < 8; ++i) {
    REQUIRE(bench.sent() == "a@1");
    bench.answer(*bench.last, {kUnavailable}, 1);
    const Duration wait = *bench.window.wake_at() - bench.now;
    CHECK(wait <= std::chrono::milliseconds(800));
    if (i > 3) CHECK(wait >= std::chrono::milliseconds(400));
    longest = std::max(longest, wait);
    bench.now = *bench.window.wake_at();
  }
  REQUIRE(bench.sent() == "a@1");
  bench.accept(*bench.last);
  REQUIRE(bench.push("b").ok());
  REQUIRE(bench.sent() == "b@2");
  bench.answer(*bench.last, {kUnavailable}, 2);
  CHECK(*bench.window.wake_at() - bench.now <= std::chrono::milliseconds(100));
}

TEST_CASE("a broker that forgot everything is told how far we are, and goes on from there") {
  Bench bench;
  REQUIRE(bench.push("a").ok());
  CHECK(bench.sent() == "a@1");
  bench.accept(*bench.last);
  REQUIRE(bench.push("b").ok());
  CHECK(bench.sent() == "b@2");
  bench.answer(*bench.last, {kUnexpected}, 1);  // it had not read answered_through yet
  bench.now += kLong;
  CHECK(bench.sent() == "b@2");
  CHECK(bench.last->request.answered_through() == 1);
  bench.accept(*bench.last);
  CHECK(bench.outcomes() == "aA bA ");
}

TEST_CASE("an event that was answered out of order is not sent again, and closes the hole by answered_through") {
  Bench bench({.batch_events_max = 1});
  for (const char* text : {"a", "b", "c"}) REQUIRE(bench.push(text).ok());
  CHECK(bench.sent() == "a@1");
  CHECK(bench.sent() == "b@2");
  bench.accept(*bench.last);
  CHECK(bench.sent() == "c@3");
  bench.answer(*bench.last, {kUnexpected}, 2);  // a restarted broker
  bench.now += kLong;
  CHECK(bench.sent() == "a@1");
  const auto a = *bench.last;
  CHECK(bench.sent() == "c@3");  // b is settled
  const auto c = *bench.last;
  bench.accept(a);
  bench.answer(c, {kUnexpected}, 2);
  bench.now += kLong;
  CHECK(bench.sent() == "c@3");
  CHECK(bench.last->request.answered_through() == 2);
}

TEST_CASE("numbers that the broker knows and we never used: a new incarnation, numbered anew") {
  Bench bench;
  REQUIRE(bench.push("a").ok());
  REQUIRE(bench.push("b").ok());
  CHECK(bench.sent() == "a b@1");
  const auto first = *bench.last;
  bench.answer(first, {kUnexpected, kUnexpected}, 50);
  CHECK(bench.window.incarnation() != 7);
  bench.answer(first, {kAccepted, kAccepted});  // of the old numbering: it is not about ours any more
  CHECK(bench.outcomes().empty());
  bench.now += kLong;
  CHECK(bench.sent() == "a b@1");
  CHECK(bench.last->request.incarnation() == bench.window.incarnation());
  bench.accept(*bench.last);
  CHECK(bench.outcomes() == "aA bA ");
}

TEST_CASE("a request that is refused as such is taken apart, and only the culprit is rejected") {
  for (const ErrorCode code : {ErrorCode::kInvalid, ErrorCode::kTooLarge}) {
    Bench bench;
    for (const char* text : {"a", "b", "c"}) REQUIRE(bench.push(text).ok());
    CHECK(bench.sent() == "a b c@1");
    bench.window.failed(bench.last->token, {code, "no"}, bench.now);
    CHECK(bench.sent() == "a@1");
    const auto a = *bench.last;
    CHECK(bench.sent() == "-");  // one at a time
    bench.accept(a);
    CHECK(bench.sent() == "b@2");
    bench.window.failed(bench.last->token, {code, "b is wrong"}, bench.now);
    REQUIRE(bench.results.size() == 2);
    CHECK(bench.results[1].second.error == "b is wrong");
    CHECK(bench.outcomes() == "aA bR ");
    CHECK(bench.sent() == "c@3");
    CHECK(bench.last->request.answered_through() == 2);  // b's number is used, says this
    REQUIRE(bench.push("d").ok());
    REQUIRE(bench.push("e").ok());
    bench.accept(*bench.last);
    CHECK(bench.sent() == "d e@4");  // and together again
  }
}

TEST_CASE("an answer with too few outcomes, or to another request, is none for the rest") {
  Bench bench;
  REQUIRE(bench.push("a").ok());
  REQUIRE(bench.push("b").ok());
  CHECK(bench.sent() == "a b@1");
  bench.answer(*bench.last, {kAccepted});
  CHECK(bench.outcomes() == "aA ");
  bench.now += kLong;
  CHECK(bench.sent() == "b@2");
  v1::PublishAnswer other;
  other.set_first_n(1);
  other.add_outcomes()->set_status(kAccepted);
  bench.window.answered(bench.last->token, other, bench.now);
  CHECK(bench.outcomes().empty());
  bench.now += kLong;
  CHECK(bench.sent() == "b@2");
}

TEST_CASE("outcomes beyond what was sent touch nothing") {
  Bench bench({.batch_events_max = 1, .requests_max = 1});
  REQUIRE(bench.push("a").ok());
  REQUIRE(bench.push("b").ok());
  CHECK(bench.sent() == "a@1");
  bench.answer(*bench.last, {kAccepted, kAccepted, kAccepted});
  CHECK(bench.outcomes() == "aA ");
  bench.now += kLong;
  CHECK(bench.sent() == "b@2");
}

TEST_CASE("full, new ones refused: the queue is bounded in events and bytes, the sent ones included") {
  Bench bench({.held_events_max = 3, .held_bytes_max = 8});
  REQUIRE(bench.push("aa").ok());
  REQUIRE(bench.push("bb").ok());
  CHECK(bench.sent() == "aa bb@1");
  CHECK(bench.push("ccccc").error().code == ErrorCode::kFull);
  REQUIRE(bench.push("cc").ok());
  CHECK(bench.push("d").error().code == ErrorCode::kFull);
  CHECK(bench.window.stats().refused == 2);
  CHECK(bench.window.stats().held_events == 3);
  CHECK(bench.window.stats().held_bytes == 6);
  bench.accept(*bench.last);
  CHECK(bench.push("d").ok());
  CHECK(bench.outcomes() == "aaA bbA ");
}

TEST_CASE("full, oldest unsent dropped: never one that may have arrived") {
  Bench bench({.held_events_max = 3, .batch_events_max = 1, .requests_max = 1}, WhenFull::kDropOldestUnsent);
  for (const char* text : {"a", "b", "c"}) REQUIRE(bench.push(text).ok());
  CHECK(bench.sent() == "a@1");
  REQUIRE(bench.push("d").ok());
  CHECK(bench.outcomes() == "bX ");
  REQUIRE(bench.push("e").ok());
  CHECK(bench.outcomes() == "cX ");
  CHECK(bench.window.stats().dropped == 2);
  bench.accept(*bench.last);
  CHECK(bench.sent() == "d@2");  // no hole in the numbers
}

TEST_CASE("full, the least urgent unsent dropped: the oldest of equals, and never for one that is less urgent") {
  Bench bench({.held_events_max = 4, .batch_events_max = 1, .requests_max = 1}, WhenFull::kDropLeastUrgentUnsent);
  const auto push = [&](const std::string& text, std::uint32_t priority) {
    return bench.window.push(
        text,
        [&bench, text](const PublishResult& result) {
          bench.results.push_back({text, result});
        },
        {}, priority);
  };
  for (const char* text : {"a", "b", "c", "d"}) REQUIRE(push(text, text[0] == 'b' ? 3 : 7).ok());
  CHECK(bench.sent() == "a@1");
  REQUIRE(push("e", 5).ok());
  CHECK(bench.outcomes() == "cX ");
  REQUIRE(push("f", 7).ok());
  CHECK(bench.outcomes() == "dX ");
  CHECK(push("g", 8).error().code == ErrorCode::kFull);
  REQUIRE(push("h", 1).ok());
  CHECK(bench.outcomes() == "fX ");
  CHECK(bench.window.stats().dropped == 3);
  CHECK(bench.window.stats().refused == 1);
  for (const char* next : {"b@2", "e@3", "h@4"}) {
    bench.accept(*bench.last);
    CHECK(bench.sent() == next);
  }
}

TEST_CASE("full of events that were all sent: kFull whatever the policy") {
  Bench bench({.held_events_max = 2}, WhenFull::kDropOldestUnsent);
  REQUIRE(bench.push("a").ok());
  REQUIRE(bench.push("b").ok());
  CHECK(bench.sent() == "a b@1");
  CHECK(bench.push("c").error().code == ErrorCode::kFull);
}

TEST_CASE("an event over the limit is refused at once, also when the broker lowers it") {
  Bench bench({.event_bytes_max = 4});
  CHECK(bench.push("aaaaa").error().code == ErrorCode::kTooLarge);
  v1::HelloAnswer hello;
  hello.set_event_bytes_max(2);
  hello.set_publish_events_max(1);
  bench.window.connected(hello);
  CHECK(bench.push("aaa").error().code == ErrorCode::kTooLarge);
  REQUIRE(bench.push("a").ok());
  REQUIRE(bench.push("b").ok());
  CHECK(bench.sent() == "a@1");
  CHECK(bench.sent() == "b@2");
}

TEST_CASE("a connection that is back ends the backoff") {
  Bench bench;
  REQUIRE(bench.push("a").ok());
  CHECK(bench.sent() == "a@1");
  bench.window.failed(bench.last->token, kTimeout, bench.now);
  CHECK(bench.sent() == "-");
  bench.window.connected({});
  CHECK(bench.sent() == "a@1");
}

TEST_CASE("drop_all tells everyone once, and later answers are for nobody") {
  Bench bench({.batch_events_max = 1, .requests_max = 1});
  REQUIRE(bench.push("a").ok());
  REQUIRE(bench.push("b").ok());
  CHECK(bench.sent() == "a@1");
  bench.window.drop_all("the end");
  CHECK(bench.outcomes() == "aX bX ");
  CHECK(bench.window.idle());
  bench.accept(*bench.last);
  CHECK(bench.outcomes().empty());
  REQUIRE(bench.push("c").ok());
  CHECK(bench.sent() == "c@3");
}

TEST_CASE("under a fence: nothing goes without one, all goes with the present one, and what is fenced is told") {
  Bench bench;
  bench.window.set_fence(std::nullopt);
  REQUIRE(bench.push("a").ok());
  CHECK(bench.sent() == "-");
  v1::Fence fence;
  fence.set_service("sessions");
  fence.set_epoch(4);
  bench.window.set_fence(fence);
  CHECK(bench.sent() == "a@1");
  CHECK(bench.last->request.fence().service() == "sessions");
  CHECK(bench.last->request.fence().epoch() == 4);
  bench.answer(*bench.last, {v1::PublishOutcome::FENCED}, 2);
  CHECK(bench.outcomes() == "aF ");
  REQUIRE(bench.push("b").ok());
  CHECK(bench.sent() == "b@2");
  const auto before = *bench.last;
  REQUIRE(bench.push("c").ok());
  bench.window.set_fence(std::nullopt);
  bench.window.fence_all("another has taken over");
  CHECK(bench.outcomes() == "bF cF ");
  bench.accept(before);  // for nobody
  fence.set_epoch(9);
  bench.window.set_fence(fence);
  REQUIRE(bench.push("d").ok());
  CHECK(bench.sent() == "d@4");
  CHECK(bench.last->request.fence().epoch() == 9);
  CHECK(bench.last->request.answered_through() == 3);
  CHECK(bench.window.stats().fenced == 3);
}

TEST_CASE("a handler may push again") {
  Bench bench;
  int handled = 0;
  REQUIRE(bench.window
              .push("a",
                    [&](const PublishResult&) {
                      ++handled;
                      REQUIRE(bench.push("b").ok());
                    })
              .ok());
  CHECK(bench.sent() == "a@1");
  bench.accept(*bench.last);
  CHECK(handled == 1);
  CHECK(bench.sent() == "b@2");
}

// A broker as the design has it, that loses requests and answers, restarts without memory, and refuses at times: every
// event is in its log once, in order, if it was accepted.
TEST_CASE("over a link that loses, delays and restarts, the log holds each event once and in order") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    SeededRandom chance(seed);
    Bench bench({.batch_events_max = 4, .requests_max = 3});
    std::vector<std::string> log;
    std::uint64_t last_n = 0;
    std::uint64_t incarnation_known = 0;
    int pushed = 0;
    std::deque<PublishWindow::Outgoing> wire;
    const auto broker = [&](const v1::PublishRequest& request) {
      v1::PublishAnswer answer;
      answer.set_first_n(request.first_n());
      if (incarnation_known != request.incarnation()) last_n = 0;
      incarnation_known = request.incarnation();
      last_n = std::max(last_n, request.answered_through());
      std::uint64_t n = request.first_n();
      const bool refuses = chance.unit() < 0.1;
      for (const std::string& envelope : request.envelopes()) {
        auto& outcome = *answer.add_outcomes();
        if (n <= last_n) {
          outcome.set_status(kDuplicate);
        } else if (n != last_n + 1) {
          outcome.set_status(kUnexpected);
        } else if (refuses) {
          outcome.set_status(kUnavailable);
        } else {
          outcome.set_status(kAccepted);
          outcome.set_seq(++bench.next_seq);
          log.push_back(envelope);
          last_n = n;
        }
        ++n;
      }
      answer.set_expected_n(last_n + 1);
      return answer;
    };
    for (int turn = 0; turn < 5000 && (pushed < 60 || !bench.window.idle()); ++turn) {
      if (pushed < 60 && chance.unit() < 0.5) REQUIRE(bench.push(std::to_string(pushed++)).ok());
      while (auto out = bench.next()) wire.push_back(std::move(*out));
      if (wire.empty()) {
        bench.now += std::chrono::seconds(6);
        continue;
      }
      const auto out = wire.front();
      wire.pop_front();
      const double fate = chance.unit();
      if (fate < 0.15) {  // the request is lost
        bench.window.failed(out.token, kTimeout, bench.now);
      } else if (fate < 0.3) {  // the answer is lost
        broker(out.request);
        bench.window.failed(out.token, kTimeout, bench.now);
      } else {
        const auto answer = broker(out.request);
        if (chance.unit() < 0.1) bench.window.failed(out.token, kTimeout, bench.now);  // and then it comes late
        bench.window.answered(out.token, answer, bench.now);
      }
    }
    REQUIRE(bench.window.idle());
    REQUIRE(bench.results.size() == 60);
    REQUIRE(log.size() == 60);
    for (int i = 0; i < 60; ++i) CHECK(log[static_cast<std::size_t>(i)] == std::to_string(i));
  }
}
