#include "tests/sim/world.h"

#include <cstdarg>
#include <cstdio>

#include "common/check.h"

namespace cell0::sim {

Duration Dice::delay(Duration low, Duration high) {
  const double u = random_.unit();
  const auto span = static_cast<double>((high - low).count());
  return low + Duration(static_cast<Duration::rep>(span * u * u * u));
}

std::size_t Dice::pick(const std::vector<unsigned>& weights) {
  std::uint64_t total = 0;
  for (const unsigned weight : weights) total += weight;
  std::uint64_t left = below(total);
  std::size_t i = 0;
  while (left >= weights[i]) left -= weights[i++];
  return i;
}

void World::at(MonoTime when, const Life& life, Task task) {
  CELL0_CHECK(when >= now());
  planned_.push({when, next_number_++, life.pulse(), std::move(task)});
}

bool World::step() {
  while (!planned_.empty()) {
    Planned next = std::move(const_cast<Planned&>(planned_.top()));  // it is popped at once
    planned_.pop();
    if (next.pulse.expired()) continue;
    steps_at_once_ = next.when == now() ? steps_at_once_ + 1 : 0;
    if (steps_at_once_ > kStepsAtOnceMax) throw Violation("nobody spins", "time stands still");
    clock_.elapsed_ = next.when.time_since_epoch();
    ++steps_;
    next.task();
    return true;
  }
  return false;
}

void World::trace(const char* format, ...) {
  char text[400];
  const int head = std::snprintf(text, sizeof text, "%7llu %11.6f  ", static_cast<unsigned long long>(steps_),
                                 std::chrono::duration<double>(clock_.elapsed()).count());
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text + head, sizeof text - static_cast<std::size_t>(head), format, arguments);
  va_end(arguments);
  if (verbose_) std::puts(text);
  lines_.emplace_back(text);
  if (lines_.size() > kLinesKept) lines_.pop_front();
}

}  // namespace cell0::sim
