// Who answers questions about the past: the broker, behind its link; in unit tests a value.
#pragma once

#include <functional>

#include "cell0/v1/control.pb.h"
#include "common/result.h"

namespace cell0::gateway {

class HistorySource {
 public:
  using OnPage = std::function<void(Result<v1::HistoryPage>)>;

  virtual ~HistorySource() = default;
  // `done` is called exactly once, later. kUnavailable, kTimeout: ask again when the broker is back.
  virtual void ask(const v1::HistoryRequest& request, OnPage done) = 0;
};

}  // namespace cell0::gateway
