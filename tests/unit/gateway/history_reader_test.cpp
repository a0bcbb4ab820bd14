// History that is larger than a page.
#include "gateway/history_reader.h"

#include <doctest/doctest.h>

#include <deque>

#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

// Answers from a list, and writes down the questions.
class ScriptedSource : public HistorySource {
 public:
  void ask(const v1::HistoryRequest& request, OnPage done) override {
    asked += (asked.empty() ? "" : " ") + std::string(request.newest() ? "newest " : "") +
             std::to_string(request.since()) + "-" + std::to_string(request.through()) + "/" +
             std::to_string(request.limit());
    REQUIRE_FALSE(answers.empty());
    auto answer = std::move(answers.front());
    answers.pop_front();
    done(std::move(answer));
  }
  std::deque<Result<v1::HistoryPage>> answers;
  std::string asked;
};

v1::HistoryRequest request(std::uint64_t since, std::uint64_t through, std::uint32_t limit, bool newest) {
  v1::HistoryRequest made;
  made.set_since(since);
  made.set_through(through);
  made.set_limit(limit);
  made.set_newest(newest);
  return made;
}

struct Answer {
  void read(const v1::HistoryRequest& request, std::size_t bytes_max = 1u << 20) {
    read_history(source, request, bytes_max, [this](Result<v1::HistoryPage> page) {
      ++times;
      if (!page) return void(error = page.error().text);
      for (const v1::Delivered& event : page->events()) seqs += (seqs.empty() ? "" : " ") + std::to_string(event.seq());
      whole = *page;
    });
  }
  ScriptedSource source;
  int times = 0;
  std::string error;
  std::string seqs;
  v1::HistoryPage whole;
};

}  // namespace

TEST_CASE("one page that is the end is the answer") {
  Answer answer;
  answer.source.answers.emplace_back(page({3, 5}, 9, true, 2));
  answer.read(request(1, 9, 0, false));
  CHECK(answer.seqs == "3 5");
  CHECK(answer.whole.end());
  CHECK(answer.whole.trimmed_through() == 2);
  CHECK(answer.source.asked == "1-9/0");
}

TEST_CASE("the newest that do not fit one page come in several, to the last") {
  Answer answer;
  answer.source.answers.emplace_back(page({51, 52}, 52, false));
  answer.source.answers.emplace_back(page({53}, 60, false));
  answer.source.answers.emplace_back(page({70, 80}, 90, true));
  answer.read(request(0, 90, 5, true));
  CHECK(answer.seqs == "51 52 53 70 80");
  CHECK(answer.source.asked == "newest 0-90/5 52-90/3 60-90/2");
  CHECK(answer.whole.scanned_through() == 90);
  CHECK(answer.times == 1);
}

TEST_CASE("with no end said it goes on until the broker has no more") {
  Answer answer;
  answer.source.answers.emplace_back(page({1, 2}, 2, false));
  answer.source.answers.emplace_back(page({3}, 3, true));
  answer.read(request(0, 0, 9, false));
  CHECK(answer.seqs == "1 2 3");
  const std::string end = std::to_string(kSeqMax.value);
  CHECK(answer.source.asked == "0-" + end + "/9 2-" + end + "/7");
}

TEST_CASE("a failure on the way is the answer") {
  Answer answer;
  answer.source.answers.emplace_back(page({3}, 5, false));
  answer.source.answers.emplace_back(Error{ErrorCode::kUnavailable, "the broker is away"});
  answer.read(request(1, 9, 0, false));
  CHECK(answer.error == "the broker is away");
  CHECK(answer.times == 1);
}

TEST_CASE("of the newest that are too large the oldest are left out") {
  const std::size_t one = delivered(1).ByteSizeLong();
  Answer answer;
  answer.source.answers.emplace_back(page({1, 2, 3}, 3, false));
  answer.source.answers.emplace_back(page({4, 5}, 9, true));
  answer.read(request(0, 9, 10, true), 2 * one);
  CHECK(answer.seqs == "4 5");
  CHECK(answer.whole.end());
}

TEST_CASE("of a range that is too large the last are left out, and it says that it goes on") {
  const std::size_t one = delivered(1).ByteSizeLong();
  Answer answer;
  answer.source.answers.emplace_back(page({1, 2}, 2, false));
  answer.source.answers.emplace_back(page({3, 4}, 4, false));
  answer.read(request(0, 9, 10, false), 3 * one);
  CHECK(answer.seqs == "1 2 3 4");
  CHECK_FALSE(answer.whole.end());
  CHECK(answer.whole.scanned_through() == 4);
}

TEST_CASE("a source that makes no progress is not asked for ever") {
  Answer answer;
  answer.source.answers.emplace_back(page({}, 5, false));
  answer.source.answers.emplace_back(page({}, 5, false));
  answer.read(request(1, 9, 0, false));
  CHECK(answer.times == 1);
  CHECK_FALSE(answer.whole.end());
}
