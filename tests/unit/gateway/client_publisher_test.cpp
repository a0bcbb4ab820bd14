// When a client learns that its event is published: not before this gateway's stream is past it.
#include "gateway/client_publisher.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace cell0;
using namespace cell0::gateway;
using Status = link::PublishResult::Status;

namespace {

struct Desk {
  // Publishes, and writes down the seq that the client is told.
  Result<void> publish() {
    return publisher.publish({}, [this](const link::PublishResult& result) {
      told.push_back(result.ok() ? std::to_string(result.seq.value) : result.error);
    });
  }

  ManualClock clock;
  bool full = false;
  std::vector<link::OnPublished> asked;  // the broker's answers to come
  std::vector<std::string> told;
  ClientPublisher publisher{
      [this](const v1::Envelope&, link::OnPublished done, const std::optional<link::PublishKey>&) -> Result<void> {
        if (full) return Error{ErrorCode::kFull, "too much at once"};
        asked.push_back(std::move(done));
        return {};
      },
      clock};
};

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("an answer before its event waits for the event") {
  Desk desk;
  desk.publisher.on_stream(Seq{4});
  REQUIRE(desk.publish());
  desk.asked[0]({Status::kAccepted, Seq{6}, ""});
  desk.publisher.on_stream(Seq{5});
  CHECK(desk.told.empty());
  CHECK(desk.publisher.held() == 1);
  desk.publisher.on_stream(Seq{7});
  CHECK(desk.told == Told{"6"});
  CHECK(desk.publisher.held() == 0);
}

TEST_CASE("an answer behind its event waits for nothing") {
  Desk desk;
  desk.publisher.on_stream(Seq{6});
  REQUIRE(desk.publish());
  desk.asked[0]({Status::kAccepted, Seq{6}, ""});
  CHECK(desk.told == Told{"6"});
}

TEST_CASE("answers are given in the order of the stream") {
  Desk desk;
  for (int i = 0; i < 3; ++i) REQUIRE(desk.publish());
  desk.asked[0]({Status::kAccepted, Seq{3}, ""});
  desk.asked[1]({Status::kAccepted, Seq{2}, ""});
  desk.asked[2]({Status::kAccepted, Seq{4}, ""});
  desk.publisher.on_stream(Seq{3});
  CHECK(desk.told == Told{"2", "3"});
}

TEST_CASE("a duplicate waits as its first one does, and one whose seq is forgotten for nothing") {
  Desk desk;
  for (int i = 0; i < 3; ++i) REQUIRE(desk.publish());
  desk.asked[0]({Status::kAccepted, Seq{2}, ""});
  desk.asked[1]({Status::kDuplicate, Seq{2}, ""});
  desk.asked[2]({Status::kDuplicate, Seq{0}, ""});
  CHECK(desk.told == Told{"0"});
  desk.publisher.on_stream(Seq{2});
  CHECK(desk.told == Told{"0", "2", "2"});
}

TEST_CASE("what was not published is said at once") {
  Desk desk;
  REQUIRE(desk.publish());
  desk.asked[0]({Status::kKeyReused, Seq{9}, "Idempotency-Key: used"});
  CHECK(desk.told == Told{"Idempotency-Key: used"});
  desk.full = true;
  CHECK(desk.publish().error().code == ErrorCode::kFull);
}

TEST_CASE("a stream that does not come holds nobody for good, and nobody afterwards until it moves") {
  Desk desk;
  for (int i = 0; i < 4; ++i) REQUIRE(desk.publish());
  desk.asked[0]({Status::kAccepted, Seq{2}, ""});
  desk.clock.advance(ClientPublisher::kHeldMax / 2);
  desk.asked[1]({Status::kAccepted, Seq{3}, ""});
  desk.publisher.on_tick();
  CHECK(desk.told.empty());
  desk.clock.advance(ClientPublisher::kHeldMax / 2);
  desk.publisher.on_tick();
  CHECK(desk.told == Told{"2", "3"});
  desk.asked[2]({Status::kAccepted, Seq{4}, ""});
  CHECK(desk.told == Told{"2", "3", "4"});
  desk.publisher.on_stream(Seq{1});
  desk.asked[3]({Status::kAccepted, Seq{5}, ""});
  CHECK(desk.publisher.held() == 1);
  desk.publisher.on_stalled();
  CHECK(desk.told == Told{"2", "3", "4", "5"});
}

TEST_CASE("no more are held than a bound") {
  Desk desk;
  for (std::size_t i = 0; i <= ClientPublisher::kHeldEventsMax; ++i) {
    REQUIRE(desk.publish());
    desk.asked[i]({Status::kAccepted, Seq{i + 1}, ""});
  }
  CHECK(desk.publisher.held() == ClientPublisher::kHeldEventsMax);
  CHECK(desk.told == Told{std::to_string(ClientPublisher::kHeldEventsMax + 1)});
}

TEST_CASE("whoever is told may publish again") {
  Desk desk;
  REQUIRE(desk.publisher.publish({}, [&](const link::PublishResult&) { CHECK(desk.publish()); }));
  desk.asked[0]({Status::kAccepted, Seq{1}, ""});
  desk.publisher.on_stream(Seq{1});
  REQUIRE(desk.asked.size() == 2);
  desk.asked[1]({Status::kAccepted, Seq{2}, ""});
  CHECK(desk.publisher.held() == 1);
}
