// Questions of clients to history, a few at a time: a crowd that asks at once waits its turn, instead of being refused
// by the broker, which bounds what one gateway may have open.
//
// Bounded: over queued_max a question is answered with kUnavailable. One thread.
#pragma once

#include <deque>
#include <memory>

#include "gateway/history_source.h"

namespace cell0::gateway {

class HistoryQueue final : public HistorySource {
 public:
  // Runs something after the present call has returned.
  using Later = std::function<void(std::function<void()>)>;

  // The source outlives it. REQUIRES: asked_max > 0.
  HistoryQueue(HistorySource& source, std::size_t asked_max, std::size_t queued_max, Later later);
  ~HistoryQueue() override { *alive_ = false; }

  void ask(const v1::HistoryRequest& request, OnPage done) override;

  std::size_t queued() const { return queued_.size(); }

 private:
  struct Question {
    v1::HistoryRequest request;
    OnPage done;
  };
  void next();

  HistorySource& source_;
  std::size_t asked_max_;
  std::size_t queued_max_;
  Later later_;
  std::size_t asked_ = 0;
  std::deque<Question> queued_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::gateway
