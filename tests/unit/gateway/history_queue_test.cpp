// Questions to history wait their turn; over the bound they are refused, and none is forgotten.
#include "gateway/history_queue.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace cell0;
using namespace cell0::gateway;

namespace {

struct Bench : HistorySource {
  void ask(const v1::HistoryRequest& request, OnPage done) override {
    asked += std::to_string(request.since()) + " ";
    waiting.push_back(std::move(done));
  }
  void answer() {
    const OnPage done = std::move(waiting.front());
    waiting.erase(waiting.begin());
    done(v1::HistoryPage());
  }
  void question(std::uint64_t since, bool again = false) {
    v1::HistoryRequest request;
    request.set_since(since);
    queue.ask(request, [this, since, again](const Result<v1::HistoryPage>& page) {
      answered += std::to_string(since) + (page ? " " : "- ");
      if (again) question(since + 100);
    });
  }

  std::string asked;
  std::string answered;
  std::vector<OnPage> waiting;
  std::vector<std::function<void()>> posted;
  HistoryQueue queue{*this, 2, 2, [this](std::function<void()> run) { posted.push_back(std::move(run)); }};
};

}  // namespace

TEST_CASE("a few are asked at a time, the others in their order") {
  Bench b;
  for (std::uint64_t i = 1; i <= 4; ++i) b.question(i);
  CHECK(b.asked == "1 2 ");
  b.answer();
  CHECK(b.asked == "1 2 3 ");
  b.answer();
  b.answer();
  b.answer();
  CHECK(b.asked == "1 2 3 4 ");
  CHECK(b.answered == "1 2 3 4 ");
}

TEST_CASE("over the bound a question is refused, later, and the others go on") {
  Bench b;
  for (std::uint64_t i = 1; i <= 5; ++i) b.question(i);
  CHECK(b.answered.empty());
  REQUIRE(b.posted.size() == 1);
  b.posted[0]();
  CHECK(b.answered == "5- ");
  CHECK(b.queue.queued() == 2);
}

TEST_CASE("whoever asks for a further page waits behind those that were there before") {
  Bench b;
  b.question(1, true);
  b.question(2);
  b.question(3);
  b.answer();
  CHECK(b.asked == "1 2 3 ");
  b.answer();
  CHECK(b.asked == "1 2 3 101 ");
}
