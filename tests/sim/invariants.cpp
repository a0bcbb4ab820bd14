#include "tests/sim/invariants.h"

#include <algorithm>

#include "cell0/v1/event.pb.h"

namespace cell0::sim {
namespace {

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
}

std::uint64_t number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

std::string text(Seq seq) { return std::to_string(seq.value); }

}  // namespace

std::string EventName::id() const {
  std::string id;
  put(id, emitter, 4);
  put(id, life, 4);
  put(id, k, 8);
  return id;
}

EventName EventName::of(std::string_view id) {
  return {static_cast<std::uint32_t>(number(id.substr(0, 4))), static_cast<std::uint32_t>(number(id.substr(4, 4))),
          number(id.substr(8, 8))};
}

std::string EventName::text() const {
  return "e" + std::to_string(emitter) + "." + std::to_string(life) + "/" + std::to_string(k);
}

// ---- the broker

void Invariants::note(Seq seq, const v1::Delivered& delivered) {
  v1::Envelope envelope;
  CELL0_CHECK(envelope.ParseFromString(delivered.envelope()));
  Fact& fact = facts_[seq];
  const EventName name = EventName::of(envelope.id());
  if (fact.name != EventName{} && fact.name != name) {
    throw Violation("a seq is never used twice",
                    "seq " + text(seq) + " is " + fact.name.text() + ", and now " + name.text());
  }
  fact.name = name;
  fact.topic = delivered.topic();
  fact.type = delivered.type();
  fact.source = envelope.source();
  fact.priority = delivered.priority();
  fact.durability = delivered.durability();
  newest_ = std::max(newest_, seq);
}

void Invariants::on_stored(const std::map<Seq, StoredEvent>& events) {
  for (const auto& [seq, event] : events) {
    if (seq <= newest_) {
      throw Violation("a seq is never used twice",
                      "seq " + text(seq) + " is stored, but " + text(newest_) + " was given");
    }
    v1::Delivered delivered;
    CELL0_CHECK(delivered.ParseFromString(event.delivered));
    note(seq, delivered);
    on_kept(seq, facts_[seq].name);
  }
}

void Invariants::on_kept(Seq seq, const EventName& name) {
  if (const auto before = stored_.find(name); before != stored_.end()) {
    throw Violation("an event is in the log once",
                    name.text() + " is stored as " + text(seq) + " and was as " + text(before->second));
  }
  stored_[name] = seq;
  std::uint64_t& newest_k = newest_k_[{name.emitter, name.life}];
  if (name.k < newest_k) {
    throw Violation("the log keeps each emitter's order",
                    name.text() + " is stored as " + text(seq) + " after number " + std::to_string(newest_k));
  }
  newest_k = name.k;
}

void Invariants::on_published(const v1::Batch& batch) {
  if (Seq{batch.prev_seq()} < published_) {
    throw Violation("a seq is never used twice", "a batch follows " + std::to_string(batch.prev_seq()) + ", but " +
                                                     text(published_) + " was published before");
  }
  for (const v1::Delivered& delivered : batch.events()) {
    const Seq seq{delivered.seq()};
    if (seq <= published_) {
      throw Violation("a seq is never used twice", "seq " + text(seq) + " is published after " + text(published_));
    }
    published_ = seq;
    note(seq, delivered);
    facts_[seq].published = true;
    const Fact& fact = facts_[seq];
    if (fact.kept() && stored_.count(fact.name) == 0) {
      throw Violation("what is published is stored first", fact.name.text() + " is published as " + text(seq));
    }
    if (fact.durability == v1::DURABLE) promised_[seq] = fact.name;
  }
  if (batch.last_seq() > published_.value) published_ = Seq{batch.last_seq()};
}

void Invariants::on_broker_start(Seq start) {
  if (start <= newest_) {
    throw Violation("a seq is never used twice",
                    "the broker starts at " + text(start) + ", but " + text(newest_) + " was given");
  }
  for (const auto& [seq, name] : promised_) {
    if (log_.holds(seq) || log_.was_trimmed(seq)) continue;
    throw Violation("acknowledged durable events stay", name.text() + " (" + text(seq) + ", " + facts_.at(seq).type +
                                                            ") is not in the log after a restart");
  }
}

void Invariants::on_power_cut() {
  newest_k_.clear();
  for (auto it = stored_.begin(); it != stored_.end();) {
    const auto& [name, seq] = *it;
    const bool lost = !log_.holds(seq) && facts_.at(seq).durability == v1::RELAXED;
    if (lost) {
      it = stored_.erase(it);
      continue;
    }
    std::uint64_t& newest_k = newest_k_[{name.emitter, name.life}];
    newest_k = std::max(newest_k, name.k);
    ++it;
  }
}

void Invariants::on_beginning(const std::string& gateway, const gateway::Beginning& beginning) const {
  std::set<Seq> in_ring;
  for (const gateway::EventPtr& event : beginning.ring) in_ring.insert(event->seq());
  for (auto it = facts_.upper_bound(beginning.base); it != facts_.end() && it->first <= beginning.head; ++it) {
    if (!it->second.kept() || !log_.holds(it->first) || in_ring.count(it->first) != 0) continue;
    throw Violation("a ring is complete after its base", gateway + ": event " + text(it->first) +
                                                             " is not in the ring, " + text(beginning.base) + " to " +
                                                             text(beginning.head));
  }
}

void Invariants::on_page(const broker::HistoryQuery& query, const v1::HistoryPage& page) const {
  Seq last = query.since;
  for (const v1::Delivered& delivered : page.events()) {
    const Seq seq{delivered.seq()};
    if (seq <= last || seq > query.through) {
      throw Violation("history is in order and in range",
                      "seq " + text(seq) + " in a page after " + text(last) + " through " + text(query.through));
    }
    last = seq;
  }
}

// ---- the emitters

void Invariants::on_result(const EventName& name, bool valid, const link::PublishResult& result) {
  using Status = link::PublishResult::Status;
  Pushed& pushed = pushed_.at(name);
  if (std::exchange(pushed.settled, true)) {
    throw Violation("an event is answered once", name.text());
  }
  if (result.status == Status::kDropped) return;
  if (valid != result.ok()) {
    throw Violation("valid events are taken, others rejected", name.text() + ": " + result.error);
  }
  if (!result.ok()) return;
  if (result.seq != Seq{}) {
    const auto fact = facts_.find(result.seq);
    if (fact == facts_.end() || fact->second.name != name) {
      throw Violation("an answer names the event's seq", name.text() + " is answered with " + text(result.seq));
    }
  }
  if (pushed.durability != v1::DURABLE) return;
  const auto stored = stored_.find(name);
  if (stored == stored_.end()) {
    throw Violation("acknowledged durable events are in the log", name.text() + " is acknowledged and not stored");
  }
  promised_[stored->second] = name;
}

void Invariants::check_emitter_is_done(const std::string& emitter, bool idle) const {
  if (!idle) throw Violation("in the end everything is answered", emitter + " still waits for answers");
}

void Invariants::check_all_settled(const std::set<std::pair<std::uint32_t, std::uint32_t>>& lives) const {
  for (const auto& [name, pushed] : pushed_) {
    if (lives.count({name.emitter, name.life}) != 0 && !pushed.settled) {
      throw Violation("in the end everything is answered", name.text() + " was never answered");
    }
  }
}

// ---- one reader

void StreamView::fail(const char* invariant, const std::string& what) const {
  throw Violation(invariant, who_ + ": " + what + " (since " + text(since_) + ", last " + text(last_) + ", accounted " +
                                 text(accounted_) + ")");
}

void StreamView::begin(const EventFilter& filter, Seq since) {
  filter_ = filter;
  since_ = accounted_ = position_ = since;
  last_ = Seq{};
  has_position_ = true;
  recovered_ = true;
  promised_first_.reset();
  for (Notice& notice : notices_) notice.whole = false;  // said of a delivery that has ended
}

void StreamView::see_event(Seq seq, const EventName& name) {
  if (seq <= std::max(last_, since_))
    fail("events come in order, once", "event " + text(seq) + " after " + text(last_));
  const auto fact = truth_.facts().find(seq);
  if (fact == truth_.facts().end() || fact->second.name != name) {
    fail("events are what was published", "event " + text(seq) + " is " + name.text());
  }
  if (!filter_.admits(fact->second.facts())) fail("filters hold", "event " + text(seq) + " is not admitted");
  for (const Notice& notice : notices_) {
    if (notice.whole && notice.from <= seq && seq <= notice.to && fact->second.priority > notice.above) {
      fail("what was said to be skipped is skipped", "event " + text(seq) + " comes after all");
    }
  }
  if (promised_first_ && seq > *promised_first_ && recovered_ && truth_.is_held(*promised_first_)) {
    const bool told = std::any_of(notices_.begin(), notices_.end(), [&](const Notice& notice) {
      return notice.from <= *promised_first_ && *promised_first_ <= notice.to;
    });
    if (!told) fail("a resume begins where it says", "event " + text(seq) + " and not " + text(*promised_first_));
  }
  promised_first_.reset();
  account(seq.prev());
  last_ = accounted_ = position_ = seq;
}

void StreamView::see_skipped(const gateway::Skipped& skipped) {
  if (skipped.to < skipped.from) fail("notices are ranges", text(skipped.from) + "-" + text(skipped.to));
  if (skipped.from <= last_) {
    fail("skips are told before any later event", "skipped " + text(skipped.from) + "-" + text(skipped.to));
  }
  const bool whole = skipped.reason != gateway::SkipReason::kNotRetained;
  notices_.push_back({skipped.from, skipped.to, skipped.priority_above, whole});
  if (whole && skipped.priority_above == 0) position_ = std::max(position_, skipped.to);
}

void StreamView::see_resumed(const gateway::Resumed& resumed) {
  recovered_ = resumed.recovered;
  promised_first_ = resumed.first;
}

bool StreamView::excused(Seq seq, const Fact& fact) const {
  for (const Notice& notice : notices_) {
    if (notice.from <= seq && seq <= notice.to && fact.priority > notice.above) return true;
  }
  return !recovered_ && truth_.was_gone(seq);  // it knows that something is no longer held
}

void StreamView::account(Seq through) {
  const Facts& facts = truth_.facts();
  for (auto it = facts.upper_bound(accounted_); it != facts.end() && it->first <= through; ++it) {
    const auto& [seq, fact] = *it;
    if (!fact.kept() || !filter_.admits(fact.facts()) || excused(seq, fact)) continue;
    if (!fact.published && !truth_.is_held(seq)) continue;  // lost before anyone heard of it
    fail("nothing is left out without a word", "event " + text(seq) + " (" + fact.name.text() + ", " + fact.type +
                                                   ", priority " + std::to_string(fact.priority) + ") is missing");
  }
  accounted_ = std::max(accounted_, through);
  std::erase_if(notices_, [this](const Notice& notice) { return notice.to < since_; });
}

}  // namespace cell0::sim
