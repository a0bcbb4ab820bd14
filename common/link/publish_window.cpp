#include "common/link/publish_window.h"

#include <algorithm>

#include "common/check.h"

namespace cell0::link {
namespace {

// How an answer settles an event; nothing if the event has to be sent again.
std::optional<PublishResult> result_of(const v1::PublishOutcome& outcome) {
  using Status = PublishResult::Status;
  switch (outcome.status()) {
    case v1::PublishOutcome::ACCEPTED:
      return PublishResult{Status::kAccepted, Seq{outcome.seq()}, {}};
    case v1::PublishOutcome::DUPLICATE:
      return PublishResult{Status::kDuplicate, Seq{outcome.seq()}, {}};
    case v1::PublishOutcome::REJECTED:
      return PublishResult{Status::kRejected, Seq{}, outcome.error()};
    case v1::PublishOutcome::KEY_REUSED:
      return PublishResult{Status::kKeyReused, Seq{outcome.seq()}, outcome.error()};
    case v1::PublishOutcome::FENCED:
      return PublishResult{Status::kFenced, Seq{}, outcome.error()};
    default:
      return std::nullopt;
  }
}

// Of the envelope that is added next.
void add_key(v1::PublishRequest& request, const PublishKey& key) {
  v1::EventKey& added = *request.add_keys();
  added.set_index(static_cast<std::uint32_t>(request.envelopes_size()));
  added.set_entity(key.entity);
  added.set_key(key.key);
  added.set_digest(key.digest);
}

}  // namespace

PublishWindow::PublishWindow(std::string emitter_id, std::uint64_t incarnation, PublishLimits limits,
                             WhenFull when_full, Random& random)
    : emitter_id_(std::move(emitter_id)),
      incarnation_(incarnation),
      limits_(limits),
      when_full_(when_full),
      backoff_(limits.backoff_min, limits.backoff_max),
      random_(random) {
  CELL0_CHECK(limits.held_events_max > 0 && limits.batch_events_max > 0 && limits.requests_max > 0);
  limits_.event_bytes_max = std::min(limits_.event_bytes_max, limits_.held_bytes_max);
}

Result<void> PublishWindow::push(std::string envelope, OnPublished done, std::optional<PublishKey> key,
                                 std::uint32_t priority) {
  priority = std::clamp<std::uint32_t>(priority, 1, 10);
  if (envelope.size() > limits_.event_bytes_max) {
    return Error{ErrorCode::kTooLarge, "an event of " + std::to_string(envelope.size()) +
                                           " bytes is over the limit of " + std::to_string(limits_.event_bytes_max)};
  }
  while (!has_room(envelope.size())) {
    if (drop_one_for(priority)) continue;
    ++stats_.refused;
    return Error{ErrorCode::kFull, "the queue to the broker is full: " + std::to_string(items_.size()) + " events, " +
                                       std::to_string(stats_.held_bytes) + " bytes"};
  }
  ++stats_.pushed;
  stats_.held_bytes += envelope.size();
  items_.push_back(
      {std::move(envelope), std::move(done), key ? std::make_unique<PublishKey>(std::move(*key)) : nullptr, priority});
  ++unsent_[priority];
  complete();  // of those that were dropped for it
  return {};
}

bool PublishWindow::has_room(std::size_t bytes) const {
  return items_.size() < limits_.held_events_max && stats_.held_bytes + bytes <= limits_.held_bytes_max;
}

// Makes room for an event of this priority; false: there is nothing to drop.
bool PublishWindow::drop_one_for(std::uint32_t priority) {
  if (when_full_ == WhenFull::kRejectNew || sent_end_n_ >= end_n()) return false;
  const bool by_urgency = when_full_ == WhenFull::kDropLeastUrgentUnsent;
  const std::size_t victim = by_urgency ? least_urgent_unsent() : index(sent_end_n_);
  if (by_urgency && items_[victim].priority < priority) return false;
  settle(items_[victim], {PublishResult::Status::kDropped, Seq{},
                          by_urgency ? "the queue to the broker is full: more urgent or newer events came"
                                     : "the queue to the broker is full: newer events came"});
  --unsent_[items_[victim].priority];
  // The numbers of those after it move down: none of them was ever used.
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(victim));
  ++stats_.dropped;
  return true;
}

// REQUIRES: there is one.
std::size_t PublishWindow::least_urgent_unsent() const {
  std::size_t level = unsent_.size() - 1;
  while (unsent_[level] == 0) --level;
  std::size_t i = index(sent_end_n_);
  while (items_[i].priority != level) ++i;
  return i;
}

void PublishWindow::mark_sent(std::uint64_t end) {
  for (; sent_end_n_ < end; ++sent_end_n_) --unsent_[items_[index(sent_end_n_)].priority];
}

std::optional<PublishWindow::Outgoing> PublishWindow::next(MonoTime now) {
  if (fenced_ && !fence_) return std::nullopt;
  if (hold_until_ && now < *hold_until_) return std::nullopt;
  hold_until_.reset();
  while (send_n_ < end_n() && items_[index(send_n_)].settled) ++send_n_;
  if (send_n_ == end_n()) return std::nullopt;
  const std::size_t requests_max = send_n_ < careful_until_ ? 1 : limits_.requests_max;
  if (in_flight_.size() >= requests_max) return std::nullopt;

  Outgoing out;
  out.token = next_token_++;
  out.request.set_emitter_id(emitter_id_);
  out.request.set_incarnation(incarnation_);
  out.request.set_first_n(send_n_);
  out.request.set_answered_through(base_n_ - 1);
  if (fence_) *out.request.mutable_fence() = *fence_;
  const std::uint64_t end = batch_end();
  in_flight_[out.token] = {send_n_, end};
  for (; send_n_ < end; ++send_n_) {
    const Item& item = items_[index(send_n_)];
    if (item.key) add_key(out.request, *item.key);
    out.request.add_envelopes(item.envelope);
    if (send_n_ < sent_end_n_) ++stats_.resent;
  }
  mark_sent(end);
  return out;
}

// Above the last number of the batch that begins at send_n_.
std::uint64_t PublishWindow::batch_end() const {
  const std::size_t events_max = send_n_ < careful_until_ ? 1 : limits_.batch_events_max;
  std::size_t bytes = items_[index(send_n_)].envelope.size();
  std::uint64_t end = send_n_ + 1;
  while (end < end_n() && end - send_n_ < events_max && !items_[index(end)].settled) {
    bytes += items_[index(end)].envelope.size();
    if (bytes > limits_.batch_bytes_max) break;
    ++end;
  }
  return end;
}

void PublishWindow::answered(std::uint64_t token, const v1::PublishAnswer& answer, MonoTime now) {
  if (token < first_token_ || token >= next_token_) return;
  const auto found = in_flight_.find(token);
  const bool live = found != in_flight_.end();
  if (live && answer.first_n() != found->second.first_n) {
    return failed(token, {ErrorCode::kInternal, "the answer is to another request"}, now);
  }
  const auto asked = live ? found->second.end_n - found->second.first_n : 0;
  const bool all_settled = settle_outcomes(answer) && static_cast<std::uint64_t>(answer.outcomes_size()) == asked;
  if (live) {
    in_flight_.erase(found);
    if (all_settled) {
      backoff_.reset();
    } else if (answer.expected_n() > sent_end_n_) {
      renumber();  // the broker has numbers that we never used: someone else has our identity
      back_off(now);
    } else {
      rewind();
      back_off(now);
    }
  }
  leave();
  complete();
}

// False if one of them has to be sent again. Numbers that are not ours to settle (any more) are passed over.
bool PublishWindow::settle_outcomes(const v1::PublishAnswer& answer) {
  bool all = true;
  std::uint64_t n = answer.first_n();
  for (const v1::PublishOutcome& outcome : answer.outcomes()) {
    auto result = result_of(outcome);
    all = all && result.has_value();
    if (result && n >= base_n_ && n < sent_end_n_) {
      if (Item& item = items_[index(n)]; !item.settled) settle(item, std::move(*result));
    }
    ++n;
  }
  return all;
}

void PublishWindow::failed(std::uint64_t token, const Error& error, MonoTime now) {
  const auto found = in_flight_.find(token);
  if (found == in_flight_.end()) return;
  const Span span = found->second;
  in_flight_.erase(found);
  if (error.code != ErrorCode::kInvalid && error.code != ErrorCode::kTooLarge) {
    rewind();
    return back_off(now);
  }
  // The broker did not count the numbers of this request. The first held one can be settled without it: the next
  // request says answered_through.
  if (span.first_n == base_n_ && span.end_n == base_n_ + 1) {
    settle(items_.front(), {PublishResult::Status::kRejected, Seq{}, error.text});
    leave();
    complete();
  } else {
    careful_until_ = std::max(careful_until_, span.end_n);
    rewind();
  }
}

void PublishWindow::settle(Item& item, PublishResult result) {
  if (result.ok()) ++stats_.accepted;
  if (result.status == PublishResult::Status::kRejected || result.status == PublishResult::Status::kKeyReused) {
    ++stats_.rejected;
  }
  if (result.status == PublishResult::Status::kFenced) ++stats_.fenced;
  stats_.held_bytes -= item.envelope.size();
  item.settled = true;
  item.envelope = {};
  item.key.reset();
  if (item.done) completions_.emplace_back(std::move(item.done), std::move(result));
}

void PublishWindow::leave() {
  while (!items_.empty() && items_.front().settled) {
    items_.pop_front();
    ++base_n_;
  }
  send_n_ = std::max(send_n_, base_n_);
}

// All that is unanswered goes again. What is still on its way will be late, and then counts as far as it settles.
void PublishWindow::rewind() {
  in_flight_.clear();
  send_n_ = base_n_;
}

void PublishWindow::back_off(MonoTime now) { hold_until_ = now + backoff_.next(random_); }

void PublishWindow::renumber() {
  in_flight_.clear();
  std::erase_if(items_, [](const Item& item) { return item.settled; });
  incarnation_ = random_.u64() >> 1;
  base_n_ = send_n_ = sent_end_n_ = 1;
  unsent_ = {};
  for (const Item& item : items_) ++unsent_[item.priority];
  careful_until_ = 0;
  first_token_ = next_token_;
}

void PublishWindow::connected(const v1::HelloAnswer& hello) {
  const auto lower = [](std::size_t& limit, std::size_t theirs) {
    if (theirs > 0) limit = std::min(limit, theirs);
  };
  lower(limits_.event_bytes_max, hello.event_bytes_max());
  lower(limits_.batch_events_max, hello.publish_events_max());
  lower(limits_.batch_bytes_max, hello.publish_bytes_max());
  backoff_.reset();
  hold_until_.reset();
}

void PublishWindow::set_fence(std::optional<v1::Fence> fence) {
  fenced_ = true;
  fence_ = std::move(fence);
}

void PublishWindow::end_all(PublishResult::Status status, const std::string& why) {
  for (Item& item : items_) {
    if (item.settled) continue;
    settle(item, {status, Seq{}, why});
    if (status == PublishResult::Status::kDropped) ++stats_.dropped;
  }
  in_flight_.clear();
  mark_sent(end_n());  // what was sent may have arrived: its numbers are used
  leave();
  complete();
}

void PublishWindow::complete() {
  if (completing_) return;  // a handler pushed: the loop below goes on
  completing_ = true;
  while (!completions_.empty()) {
    const std::vector<Completion> batch = std::exchange(completions_, {});
    for (const auto& [done, result] : batch) done(result);
  }
  completing_ = false;
}

PublishStats PublishWindow::stats() const {
  PublishStats stats = stats_;
  stats.held_events = items_.size();
  return stats;
}

}  // namespace cell0::link
