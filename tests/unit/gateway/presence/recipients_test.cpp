// How many subscribers a topic has everywhere: asked together, answered by what is here when the broker is away.
#include "gateway/presence/recipients.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

struct Bench {
  void ask(const std::string& topic, bool connected = true) {
    recipients.ask(
        topic, [this, topic](std::uint64_t count) { said += topic + std::to_string(count) + " "; }, connected);
  }
  std::string request() {
    std::string text;
    const v1::SubscriberCountsRequest request = recipients.request();
    for (const std::string& topic : request.topics()) text += topic;
    return text;
  }
  void answer(const std::vector<std::string>& topics, std::uint32_t count) {
    v1::SubscriberCountsAnswer answer;
    for (const std::string& topic : topics) {
      answer.add_topics()->set_topic(topic);
      answer.mutable_topics(answer.topics_size() - 1)->set_subscribers(count);
    }
    recipients.on_answer(answer);
  }

  Recipients recipients{[](const std::string&) { return 1; }};
  std::string said;
};

TEST_CASE("questions of one turn go together, one for each topic; those that come meanwhile with the next") {
  Bench bench;
  CHECK_FALSE(bench.recipients.due());
  for (const char* topic : {"a", "b", "a"}) bench.ask(topic);
  CHECK(bench.request() == "ab");
  bench.ask("a");
  CHECK_FALSE(bench.recipients.due());
  bench.answer({"a", "b"}, 7);
  CHECK(bench.said == "a7 a7 b7 ");
  CHECK(bench.request() == "a");
  bench.answer({"a"}, 8);
  CHECK(bench.said == "a7 a7 b7 a8 ");
}

TEST_CASE("while the broker is away, and when it does not answer, those here count") {
  Bench bench;
  bench.ask("a", false);
  CHECK(bench.said == "a1 ");
  bench.ask("b");
  bench.request();
  bench.ask("c");
  bench.recipients.on_link_down();
  CHECK(bench.said == "a1 c1 ");
  bench.recipients.on_answer(Error{ErrorCode::kTimeout, "no answer"});
  CHECK(bench.said == "a1 c1 b1 ");
  CHECK_FALSE(bench.recipients.due());
  bench.ask("d");
  bench.request();
  bench.answer({"x"}, 5);  // it did not say of d
  CHECK(bench.said == "a1 c1 b1 d1 ");
}

TEST_CASE("more questions than may wait are answered by what is here") {
  Bench bench;
  for (std::size_t i = 0; i < Recipients::kWaitingMax; ++i)
    bench.recipients.ask(
        "a", [](std::uint64_t) {}, true);
  bench.ask("b");
  CHECK(bench.said == "b1 ");
}

}  // namespace
