// When a change of state is kept, and who is told.
#include "emitters/daemons/state_keeper.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::emit;

namespace {

struct Fixture {
  int state = 0;
  std::vector<std::string> puts;
  std::vector<StateKeeper::Done> answers;
  std::vector<std::string> told;
  StateKeeper keeper{[this] { return std::to_string(state); },
                     [this](std::string text, StateKeeper::Done done) {
                       puts.push_back(std::move(text));
                       answers.push_back(std::move(done));
                     }};

  void change(const std::string& name) {
    ++state;
    keeper.keep([this, name](const Result<void>& kept) { told.push_back(name + (kept ? "" : "!")); });
  }
  void answer(std::size_t index, Result<void> kept = {}) {
    const auto done = std::move(answers[index]);
    done(std::move(kept));
  }
};

using List = std::vector<std::string>;
const Error kAway{ErrorCode::kUnavailable, "away"};

}  // namespace

TEST_CASE("a change is told when it is kept; those that come meanwhile go together") {
  Fixture f;
  f.change("a");
  f.change("b");
  f.change("c");
  CHECK(f.puts == List{"1"});
  CHECK(f.told.empty());
  f.answer(0);
  CHECK(f.told == List{"a"});
  CHECK(f.puts == List{"1", "3"});
  f.answer(1);
  CHECK(f.told == List{"a", "b", "c"});
  CHECK(f.puts.size() == 2);
}

TEST_CASE("while the broker is away everybody waits, and is served when it is back") {
  Fixture f;
  f.change("a");
  f.change("b");
  f.answer(0, kAway);
  f.change("c");
  CHECK(f.told.empty());
  CHECK(f.puts.size() == 1);
  f.keeper.resume();
  CHECK(f.puts == List{"1", "3"});
  f.answer(1);
  CHECK(f.told == List{"a", "b", "c"});
}

TEST_CASE("what cannot be kept is told at once") {
  Fixture f;
  f.change("a");
  f.answer(0, Error{ErrorCode::kConflict, "another one serves"});
  CHECK(f.told == List{"a!"});
}

TEST_CASE("when somebody else serves all are refused, and what comes of earlier puts is of no interest") {
  Fixture f;
  f.change("a");
  f.change("b");
  f.keeper.refuse_all(kAway);
  CHECK(f.told == List{"a!", "b!"});
  f.change("c");
  CHECK(f.puts.size() == 2);
  f.answer(0);
  CHECK(f.told.size() == 2);
  f.answer(1);
  CHECK(f.told == List{"a!", "b!", "c"});
}
