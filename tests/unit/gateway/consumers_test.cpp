// Acknowledged consumers of a gateway: opened, gathered acknowledgements, taken over, opened again after a restart.
#include "gateway/consumers.h"

#include <doctest/doctest.h>

#include <map>
#include <optional>

using namespace cell0;
using namespace cell0::gateway;

namespace {

// A broker that answers when the test says so.
struct Bench : ConsumerSource {
  void ask_consumers(const v1::ConsumersRequest& request, OnAnswer done) override {
    asked = request;
    answer_to = std::move(done);
    ++requests;
  }
  void tell_consumers_after(Duration delay) override { wake = delay; }

  // What the timer does.
  void pass() {
    REQUIRE(wake);
    clock.advance(*wake);
    wake.reset();
    consumers.tell();
  }

  Consumers::Id open(const std::string& name, std::uint64_t begin = 100) {
    return consumers.open(
        "admin", name, Seq{begin},
        {[this, name](Result<Consumers::Opened> opened) {
           say(name + (opened ? (opened->known ? " known@" : " new@") + std::to_string(opened->position.value)
                              : " refused: " + opened.error().text));
         },
         [this, name](const Error& error) { say(name + " lost: " + error.text); }});
  }
  // "+mail@100" opens, "mail=110" acknowledges; with the epoch behind a colon if there is one.
  std::string text() const {
    std::string text;
    const auto with_epoch = [](std::uint64_t value) {
      return value == 0 ? std::string() : ":" + std::to_string(value);
    };
    for (const auto& ack : asked.ack()) {
      text += ack.consumer() + "=" + std::to_string(ack.seq()) + with_epoch(ack.epoch()) + " ";
    }
    for (const auto& open : asked.open()) {
      text += "+" + open.consumer() + "@" + std::to_string(open.begin()) + with_epoch(open.epoch()) + " ";
    }
    return text;
  }
  static void fill(v1::ConsumerState& state, std::uint64_t epoch, std::uint64_t position, bool known) {
    state.set_status(v1::ConsumerState::OPEN);
    state.set_epoch(epoch);
    state.set_position(position);
    state.set_known(known);
  }
  // As a broker that takes everything.
  void answer() {
    v1::ConsumersAnswer all;
    for (const auto& ack : asked.ack()) fill(*all.add_ack(), ack.epoch(), ack.seq(), true);
    for (const auto& open : asked.open()) {
      const bool known = positions.count(open.consumer()) > 0;
      const std::uint64_t position = known ? positions[open.consumer()] : open.begin();
      fill(*all.add_open(), open.epoch() != 0 ? open.epoch() : ++epoch, position, known);
    }
    answer(std::move(all));
  }
  void answer(Result<v1::ConsumersAnswer> given) { std::exchange(answer_to, nullptr)(std::move(given)); }
  void open_and_answer() {
    pass();
    answer();
  }
  void say(const std::string& text) { said += (said.empty() ? "" : "; ") + text; }
  std::string heard() { return std::exchange(said, ""); }

  ManualClock clock;
  std::optional<Duration> wake;
  v1::ConsumersRequest asked;
  OnAnswer answer_to;
  int requests = 0;
  std::uint64_t epoch = 0;
  std::map<std::string, std::uint64_t> positions;
  std::string said;
  Consumers consumers{*this, clock};
};

v1::ConsumersAnswer one_ack(v1::ConsumerState::Status status) {
  v1::ConsumersAnswer answer;
  answer.add_ack()->set_status(status);
  return answer;
}

v1::ConsumersAnswer one_open(v1::ConsumerState::Status status, const std::string& error = "") {
  v1::ConsumersAnswer answer;
  answer.add_open()->set_status(status);
  answer.mutable_open(0)->set_error(error);
  return answer;
}

}  // namespace

TEST_CASE("a consumer is opened at once, and told where it stands") {
  Bench b;
  b.positions["mail"] = 70;
  b.open("mail");
  b.open("news", 90);
  CHECK(*b.wake == Duration::zero());
  b.pass();
  CHECK(b.text() == "+mail@100 +news@90 ");
  CHECK(b.heard().empty());
  b.answer();
  CHECK(b.heard() == "mail known@70; news new@90");
}

TEST_CASE("acknowledgements gather, one request at a time, and only the highest is told") {
  Bench b;
  const auto id = b.open("mail");
  b.open_and_answer();
  b.consumers.acknowledge(id, Seq{110});
  b.consumers.acknowledge(id, Seq{130});
  b.consumers.acknowledge(id, Seq{120});
  CHECK(*b.wake == Consumers::kTellEvery);
  b.pass();
  CHECK(b.text() == "mail=130:1 ");
  b.consumers.acknowledge(id, Seq{140});
  CHECK_FALSE(b.wake);
  b.answer();
  CHECK(*b.wake == Consumers::kTellEvery);
  b.pass();
  CHECK(b.text() == "mail=140:1 ");
  b.answer();
  CHECK_FALSE(b.wake);
  b.consumers.acknowledge(id, Seq{140});
  CHECK_FALSE(b.wake);
}

TEST_CASE("one that closes is forgotten once its acknowledgement is told") {
  Bench b;
  const auto id = b.open("mail");
  b.open_and_answer();
  b.heard();
  b.consumers.acknowledge(id, Seq{150});
  b.consumers.close(id);
  CHECK(b.consumers.size() == 1);
  b.pass();
  CHECK(b.text() == "mail=150:1 ");
  b.answer();
  CHECK(b.consumers.size() == 0);
  CHECK(b.heard().empty());
}

TEST_CASE("one that closes and comes back at once: what it acknowledged goes first") {
  Bench b;
  const auto id = b.open("mail");
  b.open_and_answer();
  b.consumers.acknowledge(id, Seq{150});
  b.consumers.close(id);
  b.open("mail");
  b.pass();
  CHECK(b.text() == "mail=150:1 +mail@100 ");
  b.answer();
  CHECK(b.consumers.size() == 1);
}

TEST_CASE("a second connection here takes over: the first is told") {
  Bench b;
  b.open("mail");
  b.open_and_answer();
  b.heard();
  b.open("mail");
  b.open_and_answer();
  CHECK(b.heard() == "mail lost: another connection has taken it over; mail new@100");
  CHECK(b.consumers.size() == 1);
}

TEST_CASE("a second connection elsewhere takes over: told by the broker, or by the next acknowledgement") {
  Bench b;
  const auto id = b.open("mail");
  b.open("news");
  b.open_and_answer();
  b.heard();
  v1::ConsumerTaken taken;
  taken.set_entity("admin");
  taken.set_consumer("news");
  taken.set_epoch(2);
  b.consumers.on_taken(taken);
  CHECK(b.heard().empty());  // its own epoch: it is the one that took it
  taken.set_epoch(3);
  b.consumers.on_taken(taken);
  CHECK(b.heard() == "news lost: another connection has taken it over");
  b.consumers.on_taken(taken);
  b.consumers.acknowledge(id, Seq{110});
  b.pass();
  b.answer(one_ack(v1::ConsumerState::TAKEN));
  CHECK(b.heard() == "mail lost: another connection has taken it over");
  CHECK(b.consumers.size() == 0);
}

TEST_CASE("after a restart of the broker it is opened again with its epoch and its position") {
  Bench b;
  const auto id = b.open("mail");
  b.open_and_answer();
  b.heard();
  b.consumers.acknowledge(id, Seq{120});
  b.pass();
  b.answer(Error{ErrorCode::kTimeout, "the broker went away"});
  b.consumers.on_connected();
  b.pass();
  CHECK(b.text() == "+mail@120:1 ");
  b.answer();
  CHECK(b.heard().empty());
  CHECK_FALSE(b.wake);
  b.consumers.on_connected();
  b.pass();
  b.answer(one_open(v1::ConsumerState::TAKEN));
  CHECK(b.heard() == "mail lost: another connection has taken it over");
}

TEST_CASE("a broker that does not know it any more: it is opened again") {
  Bench b;
  const auto id = b.open("mail");
  b.open_and_answer();
  b.consumers.acknowledge(id, Seq{120});
  b.pass();
  b.answer(one_ack(v1::ConsumerState::REFUSED));
  b.pass();
  CHECK(b.text() == "+mail@120:1 ");
}

TEST_CASE("without a broker, or refused, the client is told; it may try again") {
  Bench b;
  b.open("mail");
  b.pass();
  b.answer(Error{ErrorCode::kUnavailable, "no broker"});
  CHECK(b.heard() == "mail refused: no broker");
  b.open("mail");
  b.pass();
  b.answer(one_open(v1::ConsumerState::REFUSED, "too many"));
  CHECK(b.heard() == "mail refused: too many");
  CHECK(b.consumers.size() == 0);
}

TEST_CASE("one that closed before it was opened hears nothing") {
  Bench b;
  const auto id = b.open("mail");
  b.pass();
  b.consumers.close(id);
  b.answer();
  CHECK(b.heard().empty());
  CHECK(b.consumers.size() == 0);
}

TEST_CASE("a crowd is told in requests of a bounded size") {
  Bench b;
  for (int i = 0; i < Consumers::kPerRequestMax + 20; ++i) b.open("c" + std::to_string(i));
  b.pass();
  CHECK(b.asked.open_size() == Consumers::kPerRequestMax);
  b.answer();
  b.pass();
  CHECK(b.asked.open_size() == 20);
}
