// RunSlots: how many runs of one runner are under way; each holds a slot as long as it lives.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "common/result.h"

namespace cell0::emit {

class RunSlots {
 public:
  using Slot = std::shared_ptr<void>;

  explicit RunSlots(std::size_t max) : max_(max) {}

  // kFull: all are taken.
  Result<Slot> take(const std::string& runner) {
    if (*used_ >= max_) {
      return Error{ErrorCode::kFull,
                   "runner " + runner + ": " + std::to_string(max_) + " tasks are under way, more it does not take"};
    }
    ++*used_;
    return Slot(nullptr, [used = used_](void*) { --*used; });
  }

 private:
  std::size_t max_;
  std::shared_ptr<std::size_t> used_ = std::make_shared<std::size_t>(0);
};

}  // namespace cell0::emit
