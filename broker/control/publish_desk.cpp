#include "broker/control/publish_desk.h"

#include "broker/wire.h"
#include "common/event_check.h"

namespace cell0::broker {
namespace {

constexpr std::uint64_t kNumberMax = std::uint64_t{1} << 53;

Error invalid(std::string text) { return {ErrorCode::kInvalid, std::move(text)}; }

void put_outcome(std::string& out, std::string& scratch, v1::PublishOutcome::Status status, std::uint64_t seq,
                 const std::string& error) {
  scratch.clear();
  wire::put_number(scratch, v1::PublishOutcome::kStatusFieldNumber, static_cast<std::uint64_t>(status));
  wire::put_number(scratch, v1::PublishOutcome::kSeqFieldNumber, seq);
  if (!error.empty()) wire::put_bytes(scratch, v1::PublishOutcome::kErrorFieldNumber, error);
  wire::put_bytes(out, v1::PublishAnswer::kOutcomesFieldNumber, scratch);
}

}  // namespace

PublishDesk::PublishDesk(const Limits& limits, Intake& intake, Answers& answers, Counters& counters, const Clock& clock,
                         Log& log)
    : limits_(limits),
      intake_(intake),
      answers_(answers),
      counters_(counters),
      clock_(clock),
      log_(log),
      throttle_(std::chrono::seconds(1)),
      origins_({limits.origins_max, limits.origin_recent_max, limits.origin_idle_max}) {}

Result<void> PublishDesk::take(std::string_view peer, std::uint64_t id, std::string_view body) {
  if (waiting_.size() >= limits_.publishes_max) {
    return Error{ErrorCode::kUnavailable, "publish: " + std::to_string(waiting_.size()) + " requests wait"};
  }
  if (auto read = request_.read(body); !read) return read;
  if (auto checked = check(request_); !checked) return checked;

  if (spare_.empty()) spare_.emplace_back();
  Waiting waiting = std::move(spare_.back());
  spare_.pop_back();
  waiting.peer = peer;
  waiting.id = id;
  waiting.emitter_id = request_.emitter_id;
  waiting.incarnation = request_.incarnation;
  waiting.first_n = request_.first_n;
  waiting.outcomes.clear();

  Origin& origin = origins_.open(request_.emitter_id, request_.incarnation, request_.answered_through, clock_.mono());
  std::uint64_t n = request_.first_n;
  for (const std::string_view envelope : request_.envelopes) {
    waiting.outcomes.push_back(take_event(origin, n++, envelope));
  }
  waiting.expected_n = origin.expected();
  waiting.turn = intake_.unsettled_turn();
  if (waiting.turn == 0) answer(waiting);
  if (waiting.turn == 0)
    spare_.push_back(std::move(waiting));
  else
    waiting_.push_back(std::move(waiting));
  return {};
}

Result<void> PublishDesk::check(const PublishView& request) const {
  if (!is_emitter_id(request.emitter_id)) {
    return invalid("publish.emitter_id: not an id (1-64 of A-Z a-z 0-9 _ . -)");
  }
  if (request.first_n == 0 || request.first_n > kNumberMax) {
    return invalid("publish.first_n: " + std::to_string(request.first_n) + " is not a number from 1 to 2^53");
  }
  if (request.answered_through > kNumberMax) {
    return invalid("publish.answered_through: " + std::to_string(request.answered_through) + " is above 2^53");
  }
  if (request.envelopes.size() > limits_.publish_events_max) {
    return Error{ErrorCode::kTooLarge, "publish.envelopes: " + std::to_string(request.envelopes.size()) +
                                           " events, at most " + std::to_string(limits_.publish_events_max) +
                                           " are taken in one request"};
  }
  return {};
}

PublishDesk::Outcome PublishDesk::take_event(Origin& origin, std::uint64_t n, std::string_view envelope) {
  switch (origin.judge(n)) {
    case Origin::Verdict::kNext:
      return take_next(origin, envelope);
    case Origin::Verdict::kDuplicate:
      ++counters_.duplicates;
      return {v1::PublishOutcome::DUPLICATE, origin.seq_of(n).value, {}};
    case Origin::Verdict::kRejected:
      ++counters_.duplicates;
      return {v1::PublishOutcome::REJECTED, 0, "rejected before, see the first answer"};
    case Origin::Verdict::kUnexpected:
      break;
  }
  ++counters_.unexpected;
  return {v1::PublishOutcome::UNEXPECTED, 0, {}};
}

PublishDesk::Outcome PublishDesk::take_next(Origin& origin, std::string_view envelope) {
  const auto place = intake_.take(envelope);
  if (place) {
    origin.take();
    ++counters_.accepted_publish;
    return {v1::PublishOutcome::ACCEPTED, place->index, {}};
  }
  if (place.error().code == ErrorCode::kFull) {
    ++counters_.unavailable;
    return {v1::PublishOutcome::UNAVAILABLE, 0, place.error().text};
  }
  origin.reject();
  note_rejected(place.error());
  return {v1::PublishOutcome::REJECTED, 0, place.error().text};
}

void PublishDesk::note_rejected(const Error& error) {
  ++counters_.rejected_publish;
  if (const auto pass = throttle_.admit(clock_.mono())) {
    log_.warn("publish: event rejected",
              {{"reason", error.text}, {"emitter", request_.emitter_id}, {"suppressed", pass->suppressed}});
  }
}

void PublishDesk::settled(const Drafts& drafts, const Result<void>& result) {
  while (!waiting_.empty() && waiting_.front().turn <= drafts.turn) {
    Waiting& waiting = waiting_.front();
    if (result)
      settle(waiting, drafts);
    else
      take_back(waiting, result.error());
    answer(waiting);
    spare_.push_back(std::move(waiting));
    waiting_.pop_front();
  }
}

void PublishDesk::settle(Waiting& waiting, const Drafts& drafts) {
  Origin* origin = origins_.find(waiting.emitter_id, waiting.incarnation);
  std::uint64_t n = waiting.first_n;
  for (Outcome& outcome : waiting.outcomes) {
    if (outcome.status == v1::PublishOutcome::ACCEPTED) {
      outcome.seq = drafts.seq_of(outcome.seq).value;
      if (origin != nullptr) origin->set_seq(n, Seq{outcome.seq});
    } else if (outcome.status == v1::PublishOutcome::DUPLICATE && outcome.seq == 0 && origin != nullptr) {
      outcome.seq = origin->seq_of(n).value;  // it was of this very turn
    }
    ++n;
  }
}

// Nothing of it was kept: the emitter sends it again from the first that was taken.
void PublishDesk::take_back(Waiting& waiting, const Error& error) {
  Origin* origin = origins_.find(waiting.emitter_id, waiting.incarnation);
  std::uint64_t n = waiting.first_n;
  for (Outcome& outcome : waiting.outcomes) {
    if (outcome.status == v1::PublishOutcome::ACCEPTED) {
      if (origin != nullptr) origin->give_back(n);
      outcome = {v1::PublishOutcome::UNAVAILABLE, 0, error.text};
      --counters_.accepted_publish;
      ++counters_.unavailable;
    }
    ++n;
  }
  if (origin != nullptr) waiting.expected_n = origin->expected();
}

void PublishDesk::answer(const Waiting& waiting) {
  std::string scratch;
  body_.clear();
  wire::put_number(body_, v1::PublishAnswer::kFirstNFieldNumber, waiting.first_n);
  for (const Outcome& outcome : waiting.outcomes)
    put_outcome(body_, scratch, outcome.status, outcome.seq, outcome.error);
  wire::put_number(body_, v1::PublishAnswer::kExpectedNFieldNumber, waiting.expected_n);
  encoded_.clear();
  wire::put_number(encoded_, v1::Response::kIdFieldNumber, waiting.id);
  wire::put_bytes(encoded_, v1::Response::kPublishFieldNumber, body_);
  answers_.send_encoded(waiting.peer, encoded_);
}

}  // namespace cell0::broker
