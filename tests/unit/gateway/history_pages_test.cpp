// Pages of history: shared, on credit, bounded, and asked for again after a failure.
#include "gateway/history_pages.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

// Writes down what it is asked, and answers when the test says so.
class SlowSource : public HistorySource {
 public:
  void ask(const v1::HistoryRequest& request, OnPage done) override { questions.push_back({request, std::move(done)}); }
  void answer(Result<v1::HistoryPage> page) {
    const auto question = std::move(questions.front());
    questions.erase(questions.begin());
    question.done(std::move(page));
  }
  std::string open() const {
    std::string text;
    for (const auto& question : questions) {
      if (!text.empty()) text += ' ';
      text += question.request.filter().types(0) + ":" + std::to_string(question.request.since()) + "-" +
              std::to_string(question.request.through());
    }
    return text;
  }

  struct Question {
    v1::HistoryRequest request;
    OnPage done;
  };
  std::vector<Question> questions;
};

struct Reading {
  explicit Reading(std::size_t pages_max = 4, std::size_t asked_max = 2)
      : pages(source, pages_max, asked_max, [this](const std::string& filter, bool failed) {
          changes += (changes.empty() ? "" : " ") + std::string(filter == a.canonical() ? "a" : "b") +
                     (failed ? " failed" : "");
        }) {}

  const EventFilter a = filter_of({"a"});
  const EventFilter b = filter_of({"b"});
  const EventFilter c = filter_of({"c"});
  std::string changes;
  SlowSource source;
  HistoryPages pages;
};

Error away() { return {ErrorCode::kUnavailable, "the broker is away"}; }

}  // namespace

TEST_CASE("a page that is wanted is asked for once, told of, and then found") {
  Reading r;
  CHECK(r.pages.find(r.a, Seq{10}) == nullptr);
  r.pages.want(r.a, Seq{10}, Seq{90});
  r.pages.want(r.a, Seq{10}, Seq{90});
  CHECK(r.source.open() == "a:10-90");
  r.source.answer(page({12, 15}, 40, false, 11));
  CHECK(r.changes == "a");
  const Page* found = r.pages.find(r.a, Seq{10});
  REQUIRE(found != nullptr);
  CHECK(text_of(found->events) == "12 15");
  CHECK(found->through == Seq{40});
  CHECK(found->trimmed_through == Seq{11});
  CHECK_FALSE(found->end);
  CHECK(r.pages.requests() == 1);
}

TEST_CASE("a page serves every place within it, and no other filter") {
  Reading r;
  r.pages.want(r.a, Seq{10}, Seq{90});
  r.source.answer(page({12}, 40, false));
  CHECK(r.pages.find(r.a, Seq{39}) != nullptr);
  CHECK(r.pages.find(r.a, Seq{40}) == nullptr);
  CHECK(r.pages.find(r.a, Seq{9}) == nullptr);
  CHECK(r.pages.find(r.b, Seq{10}) == nullptr);
}

TEST_CASE("the last page reaches as far as was asked") {
  Reading r;
  r.pages.want(r.a, Seq{10}, Seq{90});
  r.source.answer(page({12}, 12, true));
  REQUIRE(r.pages.find(r.a, Seq{50}) != nullptr);
  CHECK(r.pages.find(r.a, Seq{50})->through == Seq{90});
  CHECK(r.pages.find(r.a, Seq{50})->end);
}

TEST_CASE("no more requests are under way than allowed; the others wait and gather") {
  Reading r(4, 1);
  r.pages.want(r.a, Seq{10}, Seq{90});
  r.pages.want(r.b, Seq{50}, Seq{90});
  r.pages.want(r.b, Seq{20}, Seq{95});  // one page for the one that is furthest back
  r.pages.want(r.b, Seq{30}, Seq{90});
  CHECK(r.source.open() == "a:10-90");
  r.source.answer(page({}, 90, true));
  CHECK(r.source.open() == "b:20-95");
  CHECK(r.changes == "a");
}

TEST_CASE("a failure is told, and the next request goes out all the same") {
  Reading r(4, 1);
  r.pages.want(r.a, Seq{10}, Seq{90});
  r.pages.want(r.b, Seq{10}, Seq{90});
  r.source.answer(away());
  CHECK(r.changes == "a failed");
  CHECK(r.source.open() == "b:10-90");
  CHECK(r.pages.find(r.a, Seq{10}) == nullptr);
  r.pages.want(r.a, Seq{10}, Seq{90});
  r.source.answer(page({}, 90, true));
  CHECK(r.source.open() == "a:10-90");
}

TEST_CASE("the page that nobody has read for longest makes room") {
  Reading r(2, 3);
  r.pages.want(r.a, Seq{10}, Seq{90});
  r.pages.want(r.b, Seq{10}, Seq{90});
  r.source.answer(page({}, 90, true));
  r.source.answer(page({}, 90, true));
  CHECK(r.pages.find(r.a, Seq{10}) != nullptr);  // now b is the older one
  r.pages.want(r.c, Seq{10}, Seq{90});
  r.source.answer(page({}, 90, true));
  CHECK(r.pages.find(r.b, Seq{10}) == nullptr);
  CHECK(r.pages.find(r.a, Seq{10}) != nullptr);
  CHECK(r.pages.find(r.c, Seq{10}) != nullptr);
}

TEST_CASE("an answer after the reader has gone is ignored") {
  SlowSource source;
  {
    HistoryPages pages(source, 2, 2, [](const std::string&, bool) { FAIL("told after its end"); });
    pages.want(filter_of({"a"}), Seq{1}, Seq{9});
  }
  source.answer(page({}, 9, true));
}

TEST_CASE("an event of a page that cannot be decoded is left out") {
  Reading r;
  r.pages.want(r.a, Seq{10}, Seq{90});
  v1::HistoryPage damaged = page({12, 13}, 40, false);
  damaged.mutable_events(0)->set_envelope("\xff");
  r.source.answer(damaged);
  CHECK(text_of(r.pages.find(r.a, Seq{10})->events) == "13");
}
