// A client's audio on its way to the voice service.
#include "gateway/audio_session.h"

#include <doctest/doctest.h>

#include <vector>

using namespace cell0;
using namespace cell0::gateway;

namespace {

// The broker: keeps what is asked until the test answers.
struct Broker final : ServiceSource {
  struct Question {
    v1::ServiceRequest request;
    OnAnswer done;
  };
  bool services_reachable() const override { return true; }
  void ask_service(const v1::ServiceRequest& request, Duration, OnAnswer done) override {
    open.push_back({request, std::move(done)});
  }
  void call_later(std::function<void()> call) override { later.push_back(std::move(call)); }
  void deadline_moved() override {}

  // "start - {...}", "audio a1 bytes": method, key, body of the oldest open question.
  std::string next() const {
    if (open.empty()) return "nothing";
    const v1::ServiceRequest& request = open.front().request;
    CHECK(request.service() == "voice");
    CHECK(request.caller().client_id() == "c1");
    return request.method() + " " + (request.key().empty() ? "-" : request.key()) + " " + request.body();
  }
  void answer(Result<v1::ServiceAnswer> result) {
    REQUIRE_FALSE(open.empty());
    const OnAnswer done = std::move(open.front().done);
    open.erase(open.begin());
    done(std::move(result));
  }
  void take() {
    v1::ServiceAnswer answered;
    answered.add_replies();
    answer(answered);
  }
  void refuse(const std::string& text) {
    v1::ServiceAnswer answered;
    answered.add_replies()->mutable_error()->set_text(text);
    answer(answered);
  }
  void fail(ErrorCode code, std::string text = "why") { answer(Error{code, std::move(text)}); }

  std::vector<Question> open;
  std::vector<std::function<void()>> later;
};

struct Voice {
  Voice() {
    v1::ServiceCaller caller;
    caller.set_client_id("c1");
    session = std::make_unique<AudioSession>(services, caller, "a1", [this](const std::string& text) {
      errors += text + ";";
    });
  }
  void started() {
    session->start("");
    broker.take();
  }
  void end() {
    session->end([this](std::uint64_t count) {
      chunks = count;
      session.reset();
    });
  }

  ManualClock clock;
  Broker broker;
  Services services{broker, clock};
  std::string errors;
  std::optional<std::uint64_t> chunks;
  std::unique_ptr<AudioSession> session;
};

}  // namespace

TEST_CASE("a session is begun by whoever serves voice, and its frames go to whoever has it, in order") {
  Voice voice;
  voice.session->start(R"({"rate":16000})");
  CHECK(voice.broker.next() == R"(start - {"session_id":"a1","client_id":"c1","config":{"rate":16000}})");
  for (const char* bytes : {"one", "two", "three"}) voice.session->frame(bytes);
  CHECK(voice.broker.open.size() == 1);  // not before there is somebody
  voice.broker.take();
  CHECK(voice.broker.next() == "audio a1 one");
  CHECK(voice.broker.open.size() == 1);  // nothing overtakes the first
  voice.broker.take();
  CHECK(voice.broker.open.size() == 2);
  CHECK(voice.broker.next() == "audio a1 two");
  voice.broker.take();
  CHECK(voice.broker.next() == "audio a1 three");
  voice.end();
  CHECK_FALSE(voice.chunks.has_value());  // the last frame is under way
  voice.broker.take();
  CHECK(voice.broker.next() == R"(end a1 {"session_id":"a1","client_id":"c1"})");
  voice.broker.take();
  CHECK(voice.chunks == 3);
  CHECK(voice.errors == "");
  CHECK(voice.broker.open.empty());
}

TEST_CASE("without a worker the first frame has the one error, and the end comes at once") {
  Voice voice;
  voice.session->start("");
  voice.broker.fail(ErrorCode::kUnavailable);
  CHECK(voice.errors == "");
  voice.session->frame("one");
  voice.session->frame("two");
  CHECK(voice.errors == "Voice processing not available;");
  CHECK(voice.broker.open.empty());
  voice.end();
  CHECK(voice.chunks == 0);
  CHECK(voice.broker.open.empty());
}

TEST_CASE("frames that waited for a worker that is not there have the one error, too") {
  Voice voice;
  voice.session->start("");
  voice.session->frame("one");
  voice.session->frame("two");
  voice.end();
  CHECK_FALSE(voice.chunks.has_value());
  voice.broker.fail(ErrorCode::kUnavailable);
  CHECK(voice.errors == "Voice processing not available;");
  CHECK(voice.chunks == 0);
}

TEST_CASE("a worker that owns no sessions gets the frames all the same") {
  Voice voice;
  voice.started();
  voice.session->frame("one");
  voice.session->frame("two");
  voice.broker.fail(ErrorCode::kNotFound);
  CHECK(voice.broker.next() == "audio - one");
  voice.broker.take();
  CHECK(voice.broker.next() == "audio - two");
  voice.broker.take();
  voice.end();
  CHECK(voice.broker.next() == R"(end - {"session_id":"a1","client_id":"c1"})");
  CHECK(voice.errors == "");
}

TEST_CASE("a worker that dies in the middle is told once, and its frames are lost") {
  Voice voice;
  voice.started();
  voice.session->frame("one");
  voice.broker.take();
  voice.session->frame("two");
  voice.session->frame("three");
  voice.broker.fail(ErrorCode::kUnavailable, "the worker died");
  voice.broker.fail(ErrorCode::kNotFound);
  voice.session->frame("four");
  CHECK(voice.errors == "Voice processing not available;");
  CHECK(voice.broker.open.empty());
  voice.end();
  CHECK(voice.chunks == 1);
}

TEST_CASE("what the worker says of a frame is told; what is said again is not") {
  Voice voice;
  voice.started();
  for (const char* bytes : {"1", "2", "3", "4"}) voice.session->frame(bytes);
  voice.broker.refuse("no such codec");
  voice.broker.refuse("no such codec");
  voice.broker.fail(ErrorCode::kTimeout, "no answer in time");
  voice.broker.take();
  CHECK(voice.errors == "no such codec;no answer in time;");
  voice.end();
  voice.broker.take();
  CHECK(voice.chunks == 1);
}

TEST_CASE("a worker that does not want the session is told with its first frame") {
  Voice voice;
  voice.session->start("");
  voice.broker.refuse("16000 Hz only");
  CHECK(voice.errors == "");
  voice.session->frame("one");
  CHECK(voice.errors == "16000 Hz only;");
}

TEST_CASE("what waits is bounded: a frame beyond it is dropped, and told once") {
  Voice voice;
  voice.session->start("");
  const std::string half(AudioSession::kWaitingBytesMax / 2, 'x');
  voice.session->frame(half);
  voice.session->frame(half);
  voice.session->frame("x");
  voice.session->frame("y");
  CHECK(voice.errors == "audio: more than 2097152 bytes wait for the voice service;");
  voice.broker.take();
  voice.broker.take();
  voice.session->frame("z");  // there is room again
  voice.broker.take();
  CHECK(voice.broker.next() == "audio a1 z");
}

TEST_CASE("no more than some frames are under way") {
  Voice voice;
  voice.started();
  for (std::size_t i = 0; i < 20; ++i) voice.session->frame("x");
  voice.broker.take();
  CHECK(voice.broker.open.size() == AudioSession::kCallsMax);
}

TEST_CASE("a client that goes ends its session, and answers that come later change nothing") {
  Voice voice;
  voice.started();
  voice.session->frame("one");
  voice.session.reset();
  voice.broker.take();
  CHECK(voice.broker.next() == R"(end a1 {"session_id":"a1","client_id":"c1"})");
  voice.broker.take();
  CHECK(voice.errors == "");
}
