#include "broker/intake.h"

#include <algorithm>
#include <utility>

#include "common/control_topics.h"
#include "common/event_check.h"
#include "common/event_schema.h"

namespace cell0::broker {

namespace {

Error reserved(std::string_view topic) {
  return {ErrorCode::kForbidden, "topic: only the broker publishes on " + std::string(topic)};
}

// The topics of the types themselves, events.*, are not.
bool is_reserved(const QuickCheck::Facts& facts) { return facts.own_topic && is_reserved_topic(facts.topic); }

}  // namespace

Intake::Intake(const Limits& limits, const RuleTable& rules, Topics& topics, Sequencer& sequencer, const Clock& clock)
    : limits_(limits),
      rules_(rules),
      topics_(topics),
      sequencer_(sequencer),
      clock_(clock),
      quick_(limits.event),
      gathered_(new_drafts()) {}

std::unique_ptr<Drafts> Intake::new_drafts() {
  auto drafts =
      spare_ ? std::move(spare_) : std::make_unique<Drafts>(limits_.batch_events_max, limits_.batch_bytes_max);
  drafts->turn = ++turn_;
  return drafts;
}

Result<Intake::Place> Intake::take(std::string_view encoded) {
  decoded_ = false;
  if (auto sized = check_size(encoded); !sized) return sized.error();
  const auto facts = quick_.look(encoded);
  if (!facts) return take_decoded(encoded, false);
  if (is_reserved(*facts)) return reserved(facts->topic);
  return add(facts->topic, *facts->type, facts->type->name, facts->priority, encoded);
}

Result<Intake::Place> Intake::take_own(std::string_view encoded) {
  decoded_ = false;
  if (auto sized = check_size(encoded); !sized) return sized.error();
  return take_decoded(encoded, true);
}

Result<void> Intake::check(std::string_view encoded) {
  if (auto sized = check_size(encoded); !sized) return sized;
  if (const auto facts = quick_.look(encoded)) {
    return is_reserved(*facts) ? Result<void>(reserved(facts->topic)) : Result<void>();
  }
  if (auto decoded = decode(encoded); !decoded) return decoded;
  const std::string topic = topic_of(envelope_, type_of(envelope_));
  return is_reserved_topic(topic) ? Result<void>(reserved(topic)) : Result<void>();
}

Result<void> Intake::check_size(std::string_view encoded) const {
  if (encoded.size() <= limits_.event.event_bytes_max) return {};
  return Error{ErrorCode::kTooLarge, "event: " + std::to_string(encoded.size()) + " bytes, at most " +
                                         std::to_string(limits_.event.event_bytes_max) + " are taken"};
}

Result<void> Intake::decode(std::string_view encoded) {
  if (!envelope_.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()))) {
    return Error{ErrorCode::kInvalid, "event: not an encoded cell0.v1.Envelope"};
  }
  decoded_ = true;
  return check_event(envelope_, limits_.event);
}

Result<Intake::Place> Intake::take_decoded(std::string_view encoded, bool own) {
  if (auto decoded = decode(encoded); !decoded) return decoded.error();
  const std::string_view name = type_of(envelope_);
  const EventType& type = event_type_or_user(name);
  const std::string topic = topic_of(envelope_, name);
  if (!own && is_reserved_topic(topic)) return reserved(topic);
  return add(topic, type, name, priority_of(envelope_, type), encoded);
}

Result<Intake::Place> Intake::add(std::string_view topic, const EventType& type, std::string_view type_name,
                                  std::uint32_t priority, std::string_view encoded) {
  if (gathered_->size() >= limits_.gathered_events_max || gathered_->bytes() >= limits_.gathered_bytes_max) {
    return Error{ErrorCode::kFull, "broker: " + std::to_string(gathered_->size()) + " events wait to be stored"};
  }
  if (gathered_->empty()) turn_began_ = clock_.wall();
  const Place place{gathered_->turn, gathered_->size()};
  Stamp stamp;
  stamp.topic = topic;
  stamp.type = type_name;
  stamp.priority = priority;
  stamp.rule = topics_.count(topic, type_name, turn_began_, place.turn, place.index);
  stamp.durability = rules_.durability(stamp.rule, type);
  gathered_->add(stamp, encoded);
  return place;
}

std::uint64_t Intake::unsettled_turn() const {
  if (!gathered_->empty()) return gathered_->turn;
  return in_flight_ > 0 ? in_flight_turn_ : 0;
}

void Intake::end_turn() {
  if (gathered_->empty() && gathered_->notes.empty()) return;
  const Duration wait = committed_ + pause() - clock_.mono();
  if (full() || wait <= Duration::zero() || !on_wait_) return commit();
  if (!std::exchange(waits_, true)) on_wait_(wait);
}

// As much as goes out together; or so much that the next turn's might be refused.
bool Intake::full() const {
  return gathered_->size() >= std::min(kFullBatches * limits_.batch_events_max, limits_.gathered_events_max / 2) ||
         gathered_->bytes() >= std::min(limits_.batch_bytes_max, limits_.gathered_bytes_max / 2);
}

// Between the begin of the last commit and of the next: the longer, the more events the last one had.
Duration Intake::pause() const {
  if (committed_events_ < kBusyEvents) return Duration::zero();
  return limits_.commit_interval_max * std::min(committed_events_, kLoadedEvents) / kLoadedEvents;
}

void Intake::commit() {
  waits_ = false;
  if ((gathered_->empty() && gathered_->notes.empty()) || sequencer_.busy()) return;
  committed_ = clock_.mono();
  committed_events_ = gathered_->size();
  auto drafts = std::move(gathered_);
  gathered_ = new_drafts();
  in_flight_ = drafts->size();
  in_flight_turn_ = drafts->turn;
  append(std::move(drafts), {});
}

// `before`: why an earlier attempt with these drafts failed.
void Intake::append(std::unique_ptr<Drafts> drafts, Result<void> before) {
  const auto done = [this, before = std::move(before)](std::unique_ptr<Drafts> appended, const Result<void>& result) {
    if (result) return settle(std::move(appended), before);
    fail(std::move(appended), result.error());
  };
  sequencer_.append(std::move(drafts), clock_.wall(), done);
}

void Intake::fail(std::unique_ptr<Drafts> drafts, const Error& error) {
  // If none needed the log, there are no seqs to be had for them either: they are dropped, or it would go on for ever.
  const bool all = !drafts->any_stored();
  if (on_failed_) on_failed_(*drafts, *gathered_, error);
  drafts->remove_if([all](std::size_t, v1::Durability durability) { return all || durability != v1::EPHEMERAL; });
  if (drafts->empty()) return settle(std::move(drafts), error);
  drafts->notes.clear();  // of what is gone
  append(std::move(drafts), error);
}

void Intake::settle(std::unique_ptr<Drafts> drafts, const Result<void>& result) {
  in_flight_ = 0;
  in_flight_turn_ = 0;
  topics_.committed(*drafts);
  on_settled_(*drafts, result);
  drafts->clear();
  spare_ = std::move(drafts);
  commit();
}

}  // namespace cell0::broker
