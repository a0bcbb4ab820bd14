// One deadline per connection, in a dense array: a sweep a second touches four bytes per connection.
//
// Pure data. Times are whole seconds of a clock of the caller's. The slots stay dense: removing one moves the last
// into its place, and the caller, who keeps an array in the same order, does the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "common/check.h"

namespace cell0::gateway {

class Deadlines {
 public:
  using Slot = std::uint32_t;
  static constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();

  // The new slot is the last one.
  Slot add(std::uint32_t due) {
    due_.push_back(due);
    return static_cast<Slot>(due_.size() - 1);
  }
  void set(Slot slot, std::uint32_t due) { due_[slot] = due; }
  std::uint32_t due(Slot slot) const { return due_[slot]; }

  // The last slot takes the place of `slot`.
  void remove(Slot slot) {
    CELL0_CHECK(slot < due_.size());
    due_[slot] = due_.back();
    due_.pop_back();
  }
  std::size_t size() const { return due_.size(); }

  // Calls expired(slot) for every slot that is due. It may remove that slot and set any; it must not add.
  template <typename Expired>
  void sweep(std::uint32_t now, Expired&& expired) {
    for (std::size_t i = due_.size(); i-- > 0;) {
      if (i < due_.size() && due_[i] <= now) expired(static_cast<Slot>(i));
    }
  }

 private:
  std::vector<std::uint32_t> due_;
};

}  // namespace cell0::gateway
