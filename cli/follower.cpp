#include "cli/follower.h"

#include <algorithm>

namespace cell0::cli {

Follower::Follower(std::optional<std::uint64_t> since, Handlers handlers)
    : handlers_(std::move(handlers)), last_(since) {}

void Follower::on_batch(v1::Batch batch) {
  seen_batch_ = true;
  if (!last_) last_ = batch.prev_seq();
  held_bytes_ += batch.ByteSizeLong();
  held_.push_back(std::move(batch));
  if (held_bytes_ > kHeldBytesMax) {
    held_.clear();
    held_bytes_ = 0;
  }
  work_off();
}

void Follower::work_off() {
  while (!question_ && !held_.empty()) {
    const v1::Batch& batch = held_.front();
    if (batch.prev_seq() > *last_) {
      question_ = Question{*last_, batch.prev_seq()};
      asked_ = false;
      trimmed_told_ = false;
      return;
    }
    take(batch);
    held_bytes_ -= batch.ByteSizeLong();
    held_.pop_front();
  }
}

void Follower::take(const v1::Batch& batch) {
  for (const v1::Delivered& event : batch.events()) {
    if (event.seq() <= *last_) continue;
    last_ = event.seq();
    handlers_.on_event(event);
  }
  last_ = std::max(*last_, batch.last_seq());
}

std::optional<Follower::Question> Follower::take_question() {
  if (!question_ || asked_) return std::nullopt;
  asked_ = true;
  return question_;
}

void Follower::on_page(const v1::HistoryPage& page) {
  if (!question_) return;
  if (page.trimmed_through() > question_->since && !trimmed_told_) {
    trimmed_told_ = true;
    handlers_.on_missing(question_->since + 1, std::min(page.trimmed_through(), question_->through));
  }
  for (const v1::Delivered& event : page.events()) {
    if (event.seq() > *last_ && event.seq() <= question_->through) handlers_.on_event(event);
    last_ = std::max(*last_, event.seq());
  }
  const bool moved = page.scanned_through() > question_->since;
  if (page.end() || !moved || page.scanned_through() >= question_->through) return close_question();
  question_->since = page.scanned_through();
  asked_ = false;
}

void Follower::on_failure() {
  if (!question_) return;
  handlers_.on_missing(*last_ + 1, question_->through);
  close_question();
}

void Follower::close_question() {
  last_ = std::max(*last_, question_->through);
  question_.reset();
  work_off();
}

}  // namespace cell0::cli
