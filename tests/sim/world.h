// The world of a simulation: virtual time, chance from one seed, and what happened last.
//
// Everything that happens is a task with a time. One step runs the earliest; of two at the same time the one that was
// given first. Nothing else moves the clock, so a seed gives the same run everywhere. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/random.h"

namespace cell0::sim {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// An invariant does not hold: the run ends.
class Violation : public std::runtime_error {
 public:
  Violation(std::string invariant, const std::string& text) : runtime_error(text), invariant_(std::move(invariant)) {}
  const std::string& invariant() const { return invariant_; }

 private:
  std::string invariant_;
};

class VirtualClock final : public Clock {
 public:
  MonoTime mono() const override { return MonoTime(elapsed_); }
  WallTime wall() const override {
    return WallTime(std::chrono::duration_cast<microseconds>(elapsed_) + std::chrono::seconds(1'790'000'000) + step_);
  }
  Duration elapsed() const { return elapsed_; }
  void step_wall(microseconds by) { step_ += by; }  // somebody set the machine's clock

 private:
  friend class World;
  Duration elapsed_{0};
  microseconds step_{0};
};

// Chance, in the shapes that the actors need.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed * 0x9E3779B97F4A7C15u + 1) {}

  std::uint64_t below(std::uint64_t bound) { return random_.u64() % bound; }  // REQUIRES: bound > 0
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  // Small ones more often than large ones: most delays are short, some are long.
  Duration delay(Duration low, Duration high);
  // An index, each as often as its weight says. REQUIRES: a weight above 0.
  std::size_t pick(const std::vector<unsigned>& weights);
  Random& random() { return random_; }

 private:
  SeededRandom random_;
};

// Tasks of a process run only while it lives: held by the process, checked by the world.
class Life {
 public:
  std::weak_ptr<const bool> pulse() const { return pulse_; }

 private:
  std::shared_ptr<const bool> pulse_ = std::make_shared<const bool>(true);
};

class World {
 public:
  using Task = std::function<void()>;

  // Prints each line of the trace if `verbose`; keeps the last ones in any case.
  World(std::uint64_t seed, bool verbose) : dice_(seed), verbose_(verbose) {}

  VirtualClock& clock() { return clock_; }
  MonoTime now() const { return clock_.mono(); }
  Dice& dice() { return dice_; }

  void after(Duration delay, const Life& life, Task task) { at(now() + delay, life, std::move(task)); }
  void at(MonoTime when, const Life& life, Task task);

  // Runs the next task; false: there is none. Tasks of the dead are not steps.
  bool step();
  std::uint64_t steps() const { return steps_; }

  [[gnu::format(printf, 2, 3)]] void trace(const char* format, ...);
  const std::deque<std::string>& last_lines() const { return lines_; }

 private:
  static constexpr std::size_t kLinesKept = 200;
  static constexpr std::uint64_t kStepsAtOnceMax = 100'000;  // then somebody spins

  struct Planned {
    MonoTime when;
    std::uint64_t number;
    std::weak_ptr<const bool> pulse;
    Task task;
  };
  struct Later {
    bool operator()(const Planned& a, const Planned& b) const {
      return a.when != b.when ? a.when > b.when : a.number > b.number;
    }
  };

  VirtualClock clock_;
  Dice dice_;
  bool verbose_;
  std::priority_queue<Planned, std::vector<Planned>, Later> planned_;
  std::uint64_t next_number_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t steps_at_once_ = 0;
  std::deque<std::string> lines_;
};

}  // namespace cell0::sim
