#include "gateway/history_queue.h"

#include <string>
#include <utility>

#include "common/check.h"

namespace cell0::gateway {

HistoryQueue::HistoryQueue(HistorySource& source, std::size_t asked_max, std::size_t queued_max, Later later)
    : source_(source), asked_max_(asked_max), queued_max_(queued_max), later_(std::move(later)) {
  CELL0_CHECK(asked_max > 0);
}

void HistoryQueue::ask(const v1::HistoryRequest& request, OnPage done) {
  if (asked_ >= asked_max_ && queued_.size() >= queued_max_) {
    Error full{ErrorCode::kUnavailable,
               std::to_string(queued_.size()) + " questions to history wait on this gateway; ask again later"};
    return later_([done = std::move(done), full = std::move(full)] { done(full); });
  }
  queued_.push_back({request, std::move(done)});
  next();
}

void HistoryQueue::next() {
  while (!queued_.empty() && asked_ < asked_max_) {
    const Question question = std::move(queued_.front());
    queued_.pop_front();
    ++asked_;
    source_.ask(question.request, [this, done = question.done, alive = alive_](Result<v1::HistoryPage> page) {
      if (!*alive) return done(std::move(page));
      --asked_;
      done(std::move(page));  // which may ask for the next page, behind those that wait
      if (*alive) next();
    });
  }
}

}  // namespace cell0::gateway
