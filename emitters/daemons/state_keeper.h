// StateKeeper: what has changed is kept in the broker before anybody is told that it happened. One put is under way at
// a time, and whatever changed meanwhile goes with the next one. Pure; one thread. Bounded by the worker's open calls.
#pragma once

#include <cstdint>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"

namespace cell0::emit {

class StateKeeper {
 public:
  using Done = std::function<void(Result<void>)>;
  // Makes the state's text.
  using Save = std::function<std::string()>;
  // Keeps it; `done` is called once, later.
  using Put = std::function<void(std::string state, Done done)>;

  StateKeeper(Save save, Put put) : save_(std::move(save)), put_(std::move(put)) {}

  // The state has changed: `done` is called when it is kept as it is now. While the broker is away it waits.
  void keep(Done done) {
    waiting_.push_back(std::move(done));
    go_on();
  }

  // The broker is there again, with the state that we left there.
  void resume() {
    held_ = false;
    go_on();
  }

  // Somebody else's state holds from now on: what waits is refused with this.
  void refuse_all(const Error& why) {
    held_ = false;
    ++era_;
    putting_ = false;
    for (auto* list : {&under_way_, &waiting_}) {
      for (Done& done : std::exchange(*list, {})) done(why);
    }
  }

 private:
  void go_on() {
    if (putting_ || held_ || waiting_.empty()) return;
    putting_ = true;
    under_way_ = std::exchange(waiting_, {});
    put_(save_(), [this, era = era_](Result<void> kept) {
      if (era == era_) on_kept(std::move(kept));
    });
  }

  void on_kept(Result<void> kept) {
    putting_ = false;
    if (!kept && kept.error().code == ErrorCode::kUnavailable) {
      held_ = true;
      under_way_.insert(under_way_.end(), std::make_move_iterator(waiting_.begin()),
                        std::make_move_iterator(waiting_.end()));
      waiting_ = std::exchange(under_way_, {});
      return;
    }
    for (Done& done : std::exchange(under_way_, {})) done(kept);
    go_on();
  }

  Save save_;
  Put put_;
  std::vector<Done> waiting_;
  std::vector<Done> under_way_;
  bool putting_ = false;
  bool held_ = false;      // the broker did not take it: until resume()
  std::uint64_t era_ = 0;  // counts refuse_all(): what was put before it is of no interest
};

}  // namespace cell0::emit
