#include "gateway/chain_reader.h"

#include <algorithm>

namespace cell0::gateway {

void ChainReader::on_batch(v1::Batch batch, MonoTime now, std::vector<EventPtr>& out) {
  if (!started_ || !held_.empty()) {
    hold(std::move(batch), now);
    if (started_ && held_bytes_ > limits_.hold_bytes_max) {
      lose(Seq{held_.front().prev_seq()}, SkipReason::kGap, out);
      release(now, out);
    }
    return;
  }
  if (batch.prev_seq() > last_.value) {
    ++gaps_;
    hold(std::move(batch), now);
    return;
  }
  deliver(batch, out);
}

void ChainReader::hold(v1::Batch batch, MonoTime now) {
  if (held_.empty()) held_since_ = now;
  held_bytes_ += batch.ByteSizeLong();
  held_.push_back(std::move(batch));
  // Before the start nothing was promised to anyone: the oldest go, history has them.
  while (!started_ && held_bytes_ > limits_.hold_bytes_max && held_.size() > 1) {
    held_bytes_ -= held_.front().ByteSizeLong();
    held_.pop_front();
  }
}

void ChainReader::on_page(const Missing& asked, const v1::HistoryPage& page, MonoTime now, std::vector<EventPtr>& out) {
  const auto gap = missing();
  if (!gap) return;
  // A gap may have been given up, and another one opened, since it was asked for.
  const Seq scanned = std::min(page.end() ? asked.through : Seq{page.scanned_through()}, gap->through);
  const Seq trimmed = std::min(Seq{page.trimmed_through()}, scanned);
  for (const v1::Delivered& delivered : page.events()) {
    if (delivered.seq() > gap->through.value) break;
    lose(std::min(trimmed, Seq{delivered.seq()}.prev()), SkipReason::kNotRetained, out);  // what is kept still comes
    push(delivered, out);
  }
  lose(trimmed, SkipReason::kNotRetained, out);
  if (scanned > last_) last_ = scanned;
  release(now, out);
}

void ChainReader::on_tick(MonoTime now, std::vector<EventPtr>& out) {
  const auto gap = missing();
  if (!gap || now - held_since_ < limits_.hold_max) return;
  lose(gap->through, SkipReason::kGap, out);
  release(now, out);
}

std::optional<Missing> ChainReader::missing() const {
  if (!started_ || held_.empty() || held_.front().prev_seq() <= last_.value) return std::nullopt;
  return Missing{last_, Seq{held_.front().prev_seq()}};
}

std::optional<Seq> ChainReader::first_prev() const {
  if (started_ || held_.empty()) return std::nullopt;
  return Seq{held_.front().prev_seq()};
}

void ChainReader::start_at(Seq last, MonoTime now, std::vector<EventPtr>& out) {
  started_ = true;
  last_ = last;
  held_since_ = now;
  release(now, out);
}

// Delivers what is held up to the next gap, if there is one.
void ChainReader::release(MonoTime now, std::vector<EventPtr>& out) {
  while (!held_.empty() && held_.front().prev_seq() <= last_.value) {
    deliver(held_.front(), out);
    held_bytes_ -= held_.front().ByteSizeLong();
    held_.pop_front();
  }
  if (!held_.empty()) held_since_ = now;
}

void ChainReader::deliver(const v1::Batch& batch, std::vector<EventPtr>& out) {
  for (const v1::Delivered& delivered : batch.events()) push(delivered, out);
  if (batch.last_seq() > last_.value) last_ = Seq{batch.last_seq()};
}

void ChainReader::lose(Seq through, SkipReason reason, std::vector<EventPtr>& out) {
  if (through <= last_) return;
  out.push_back(Event::hole(last_.next(), through, reason));
  last_ = through;
}

// One that was delivered before, or is within what was given up, is left out.
void ChainReader::push(const v1::Delivered& delivered, std::vector<EventPtr>& out) {
  if (delivered.seq() <= last_.value) return;
  auto event = Event::create(delivered);
  last_ = Seq{delivered.seq()};
  if (!event) {
    ++undecodable_;
    out.push_back(Event::hole(last_, last_, SkipReason::kGap));
    return;
  }
  out.push_back(std::move(event).value());
}

}  // namespace cell0::gateway
