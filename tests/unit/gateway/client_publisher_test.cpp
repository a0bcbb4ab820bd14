// When a client learns that its event is published: not before this gateway's stream has it.
#include "gateway/client_publisher.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace cell0;
using namespace cell0::gateway;
using Status = link::PublishResult::Status;

namespace {

struct Desk final : PublishSource {
  Result<void> send_event(const v1::Envelope&, link::OnPublished done, std::optional<link::PublishKey>) override {
    if (full) return Error{ErrorCode::kFull, "too much at once"};
    asked.push_back(std::move(done));
    return {};
  }
  void tell_published_soon() override { ++tells; }

  // Publishes, and writes down the seq that the client is told.
  Result<void> publish() {
    return publisher.publish({}, [this](const link::PublishResult& result) {
      told.push_back(result.ok() ? std::to_string(result.seq.value) : result.error);
    });
  }

  ManualClock clock;
  bool full = false;
  int tells = 0;
  std::vector<link::OnPublished> asked;
  std::vector<std::string> told;
  ClientPublisher publisher{*this, clock};
};

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("an answer before its event waits for the event, and for the end of its batch") {
  Desk desk;
  desk.publisher.on_stream(Seq{4});
  REQUIRE(desk.publish());
  desk.asked[0]({Status::kAccepted, Seq{6}, ""});
  CHECK(desk.told.empty());
  desk.publisher.on_stream(Seq{5});
  CHECK(desk.tells == 0);
  desk.publisher.on_stream(Seq{6});
  desk.publisher.on_stream(Seq{7});
  CHECK(desk.tells == 1);
  CHECK(desk.told.empty());
  desk.publisher.tell();
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

TEST_CASE("a duplicate waits as its first one does, and one whose seq is forgotten for nothing") {
  Desk desk;
  for (int i = 0; i < 3; ++i) REQUIRE(desk.publish());
  desk.asked[0]({Status::kAccepted, Seq{2}, ""});
  desk.asked[1]({Status::kDuplicate, Seq{2}, ""});
  desk.asked[2]({Status::kDuplicate, Seq{0}, ""});
  CHECK(desk.told == Told{"0"});
  desk.publisher.on_stream(Seq{2});
  desk.publisher.tell();
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

TEST_CASE("a stream that does not come holds nobody for good") {
  Desk desk;
  REQUIRE(desk.publish());
  REQUIRE(desk.publish());
  desk.asked[0]({Status::kAccepted, Seq{1}, ""});
  desk.clock.advance(ClientPublisher::kHeldMax / 2);
  desk.asked[1]({Status::kAccepted, Seq{2}, ""});
  desk.publisher.on_tick();
  CHECK(desk.told.empty());
  desk.clock.advance(ClientPublisher::kHeldMax / 2);
  desk.publisher.on_tick();
  CHECK(desk.told == Told{"1"});
  desk.publisher.on_stream(Seq{2});
  desk.publisher.tell();
  CHECK(desk.told == Told{"1", "2"});
}

TEST_CASE("whoever is told may publish again") {
  Desk desk;
  REQUIRE(desk.publisher.publish({}, [&](const link::PublishResult&) { CHECK(desk.publish()); }));
  desk.asked[0]({Status::kAccepted, Seq{1}, ""});
  desk.publisher.on_stream(Seq{1});
  desk.publisher.tell();
  REQUIRE(desk.asked.size() == 2);
  desk.asked[1]({Status::kAccepted, Seq{2}, ""});
  CHECK(desk.publisher.held() == 1);
}
