#include "broker/control/publish_desk.h"

#include <algorithm>

#include "common/event_check.h"
#include "common/wire.h"

namespace cell0::broker {
namespace {

constexpr std::uint64_t kNumberMax = std::uint64_t{1} << 53;

Error invalid(std::string text) { return {ErrorCode::kInvalid, std::move(text)}; }

void put_outcome(std::string& out, v1::PublishOutcome::Status status, std::uint64_t seq, const std::string* error) {
  const std::size_t error_size = error == nullptr ? 0 : wire::bytes_size(error->size());
  char head[32];  // its own tag and size, and a varint field each for status and seq: 1 + 5 + 6 + 11 at most
  char* to = wire::write_tag(head, v1::PublishAnswer::kOutcomesFieldNumber, wire::Type::kBytes);
  to = wire::write_varint(to, wire::number_size(status) + wire::number_size(seq) + error_size);
  to = wire::write_number(to, v1::PublishOutcome::kStatusFieldNumber, status);
  to = wire::write_number(to, v1::PublishOutcome::kSeqFieldNumber, seq);
  out.append(head, static_cast<std::size_t>(to - head));
  if (error != nullptr) wire::put_bytes(out, v1::PublishOutcome::kErrorFieldNumber, *error);
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
      origins_({limits.origins_max, limits.origin_recent_max, limits.origin_idle_max}),
      keys_({limits.keys_max, limits.key_age_max}) {}

Result<void> PublishDesk::take(std::string_view peer, std::uint64_t id, std::string_view body) {
  if (waiting_.size() >= limits_.publishes_max) intake_.commit();  // they may only wait for more
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
  take_keys(waiting);

  fence_ = fence_verdict();
  Origin& origin = origins_.open(request_.emitter_id, request_.incarnation, request_.answered_through, clock_.mono());
  std::uint64_t n = request_.first_n;
  auto key = waiting.keys.begin();
  for (const std::string_view envelope : request_.envelopes) {
    const bool has_key = key != waiting.keys.end() && key->index == waiting.outcomes.size();
    waiting.outcomes.push_back(take_event(origin, n++, envelope, has_key ? &*key++ : nullptr));
  }
  waiting.expected_n = origin.expected();
  note_origin(waiting);
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
  const auto within = [](std::string_view text, std::size_t max) { return !text.empty() && text.size() <= max; };
  for (const PublishView::Key& key : request.keys) {
    if (key.index >= request.envelopes.size() || !within(key.entity, limits_.key_entity_bytes_max) ||
        !within(key.key, limits_.key_bytes_max)) {
      return invalid("publish.keys: each is of one of the envelopes, with an entity of 1-" +
                     std::to_string(limits_.key_entity_bytes_max) + " bytes and a key of 1-" +
                     std::to_string(limits_.key_bytes_max));
    }
  }
  return {};
}

void PublishDesk::take_keys(Waiting& waiting) const {
  waiting.keys.clear();
  for (const PublishView::Key& key : request_.keys) {
    waiting.keys.push_back({key.index, std::string(key.entity), std::string(key.key), key.digest});
  }
}

PublishDesk::Outcome PublishDesk::take_event(Origin& origin, std::uint64_t n, std::string_view envelope,
                                             EventKey* key) {
  const Origin::Verdict verdict = origin.judge(n);
  if (key != nullptr && verdict != Origin::Verdict::kUnexpected) {
    const auto known = keys_.look(key->view(), clock_.wall());
    if (known.verdict != Idempotency::Verdict::kNew) return take_known(origin, n, *key, known);
  }
  switch (verdict) {
    case Origin::Verdict::kNext:
      if (fence_ == FenceVerdict::kNotYet) return take_early();
      return fence_ == FenceVerdict::kOver ? take_fenced(origin) : take_next(origin, envelope, key);
    case Origin::Verdict::kDuplicate:
      return take_again(origin.seq_of(n), envelope);
    case Origin::Verdict::kRejected:
      ++counters_.duplicates;
      return Outcome::refused(v1::PublishOutcome::REJECTED, "rejected before, see the first answer");
    case Origin::Verdict::kUnexpected:
      break;
  }
  ++counters_.unexpected;
  return {v1::PublishOutcome::UNEXPECTED, 0, {}};
}

PublishDesk::FenceVerdict PublishDesk::fence_verdict() const {
  if (request_.fence_service.empty()) return FenceVerdict::kHolds;
  return judge_fence_ ? judge_fence_(request_.fence_service, request_.fence_epoch) : FenceVerdict::kOver;
}

// Its n is not consumed: it comes again, under the epoch that its worker gets when it registers.
PublishDesk::Outcome PublishDesk::take_early() const {
  return Outcome::refused(
      v1::PublishOutcome::UNAVAILABLE,
      "fence: the worker of " + std::string(request_.fence_service) + " has not registered again yet");
}

// Its worker's epoch is over (services.h): what it did since does not count.
PublishDesk::Outcome PublishDesk::take_fenced(Origin& origin) {
  origin.reject();
  ++counters_.fenced;
  return Outcome::refused(v1::PublishOutcome::FENCED, "fence: the epoch " + std::to_string(request_.fence_epoch) +
                                                          " of " + std::string(request_.fence_service) + " is over");
}

// Its n was consumed. Of a run before this one it is not known by what: one that is wrong was rejected.
PublishDesk::Outcome PublishDesk::take_again(Seq seq, std::string_view envelope) {
  ++counters_.duplicates;
  if (seq == Seq{}) {
    if (auto checked = intake_.check(envelope); !checked) {
      return Outcome::refused(v1::PublishOutcome::REJECTED, checked.error().text);
    }
  }
  return {v1::PublishOutcome::DUPLICATE, seq.value, {}};
}

// An event with this key is there already, perhaps this very one: sent again after a restart of the broker, when its n
// is known and its seq only by its key.
PublishDesk::Outcome PublishDesk::take_known(Origin& origin, std::uint64_t n, EventKey& key,
                                             const Idempotency::Answer& known) {
  const bool next = origin.judge(n) == Origin::Verdict::kNext;
  ++counters_.duplicates;
  if (known.verdict == Idempotency::Verdict::kReused) {
    if (next) origin.reject();
    return key_reused(key, known.seq);
  }
  key.unseen = next && known.verdict == Idempotency::Verdict::kUnseen;
  if (next) origin.take();
  if (known.seq != Seq{}) origin.set_seq(n, known.seq);
  return {v1::PublishOutcome::DUPLICATE, known.seq.value, {}};
}

PublishDesk::Outcome PublishDesk::key_reused(const EventKey& key, Seq seq) {
  return Outcome::refused(v1::PublishOutcome::KEY_REUSED,
                          "the idempotency key \"" + key.key + "\" was used for a different event" +
                              (seq == Seq{} ? "" : ", seq " + std::to_string(seq.value)),
                          seq);
}

PublishDesk::Outcome PublishDesk::take_next(Origin& origin, std::string_view envelope, const EventKey* key) {
  const auto place = intake_.take(envelope);
  if (place) {
    origin.take();
    if (key != nullptr) {
      const WallTime now = clock_.wall();
      keys_.begin(key->view(), now);
      intake_.notes().keys.push_back({key->entity, key->key, key->digest, now, place->index});
    }
    ++counters_.accepted_publish;
    return {v1::PublishOutcome::ACCEPTED, place->index, {}};
  }
  if (place.error().code == ErrorCode::kFull) {
    ++counters_.unavailable;
    return Outcome::refused(v1::PublishOutcome::UNAVAILABLE, place.error().text);
  }
  origin.reject();
  note_rejected(place.error());
  return Outcome::refused(v1::PublishOutcome::REJECTED, place.error().text);
}

void PublishDesk::note_rejected(const Error& error) {
  ++counters_.rejected_publish;
  if (const auto pass = throttle_.admit(clock_.mono())) {
    log_.warn("publish: event rejected",
              {{"reason", error.text}, {"emitter", request_.emitter_id}, {"suppressed", pass->suppressed}});
  }
}

// The last n that is taken is committed with the events.
void PublishDesk::note_origin(const Waiting& waiting) {
  const bool any = std::any_of(waiting.outcomes.begin(), waiting.outcomes.end(),
                               [](const Outcome& outcome) { return outcome.status == v1::PublishOutcome::ACCEPTED; });
  if (!any) return;
  auto& notes = intake_.notes().origins;
  const std::uint64_t last_n = waiting.expected_n - 1;
  if (!notes.empty() && notes.back().emitter_id == waiting.emitter_id &&
      notes.back().incarnation == waiting.incarnation) {
    notes.back().last_n = last_n;
  } else {
    notes.push_back({waiting.emitter_id, waiting.incarnation, last_n});
  }
}

void PublishDesk::drop_idle() {
  origins_.drop_idle(clock_.mono());
  keys_.drop_aged(clock_.wall());
}

void PublishDesk::settled(const Drafts& drafts) {
  while (!waiting_.empty() && waiting_.front().turn <= drafts.turn) {
    Waiting& waiting = waiting_.front();
    settle(waiting, drafts);
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
  settle_keys(waiting, origin);
}

void PublishDesk::settle_keys(Waiting& waiting, Origin* origin) {
  for (const EventKey& key : waiting.keys) {
    Outcome& outcome = waiting.outcomes[key.index];
    if (outcome.status == v1::PublishOutcome::ACCEPTED) {
      keys_.settle(key.view(), Seq{outcome.seq});
    } else if (key.unseen && outcome.status == v1::PublishOutcome::DUPLICATE) {
      const auto first = keys_.look(key.view(), clock_.wall());
      outcome.seq = first.seq.value;
      if (origin != nullptr) origin->set_seq(waiting.first_n + key.index, first.seq);
    }
  }
}

void PublishDesk::answer(const Waiting& waiting) {
  body_.clear();
  wire::put_number(body_, v1::PublishAnswer::kFirstNFieldNumber, waiting.first_n);
  for (const Outcome& outcome : waiting.outcomes) put_outcome(body_, outcome.status, outcome.seq, outcome.error.get());
  wire::put_number(body_, v1::PublishAnswer::kExpectedNFieldNumber, waiting.expected_n);
  encoded_.clear();
  wire::put_number(encoded_, v1::Response::kIdFieldNumber, waiting.id);
  wire::put_bytes(encoded_, v1::Response::kPublishFieldNumber, body_);
  answers_.send_encoded(waiting.peer, encoded_);
}

}  // namespace cell0::broker
