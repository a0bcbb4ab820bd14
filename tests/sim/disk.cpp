#include "tests/sim/disk.h"

#include <algorithm>

#include "broker/delivered.h"
#include "common/wire.h"

namespace cell0::sim {

using broker::RuleId;

void Disk::commit(Transaction transaction) {
  apply(state_, transaction);
  unsynced_.push_back(std::move(transaction));
  if (!unsynced_.back().synced) return;
  for (const Transaction& one : unsynced_) apply(synced_, one);
  unsynced_.clear();
}

void Disk::apply(State& state, const Transaction& transaction) {
  for (const auto& [seq, event] : transaction.events) {
    state.events[seq] = event;
    ++state.counts[event.rule];
  }
  for (const broker::OriginNote& origin : transaction.origins) {
    std::uint64_t& last_n = state.origins[{origin.emitter_id, origin.incarnation}];
    last_n = std::max(last_n, origin.last_n);
  }
  state.last = std::max(state.last, transaction.last);
  for (auto event = state.events.begin(); event != state.events.end();) {
    const RuleId rule = event->second.rule;
    const std::uint64_t count_max = rules_[rule].count_max;
    if (count_max == 0 || state.counts[rule] <= count_max) {
      ++event;
      continue;
    }
    --state.counts[rule];
    state.trimmed[rule] = std::max(state.trimmed[rule], event->first);
    trimmed_.insert(event->first);
    event = state.events.erase(event);
  }
}

void Disk::cut_power(Dice& dice) {
  const std::size_t kept = dice.below(unsynced_.size() + 1);
  for (std::size_t i = 0; i < kept; ++i) apply(synced_, unsynced_[i]);
  unsynced_.clear();
  state_ = synced_;
  power_was_cut_ = true;
}

void Disk::recover(Seq start) {
  if (!std::exchange(power_was_cut_, false)) return;
  for (RuleId rule = 0; rule < rules_.size(); ++rule) state_.trimmed[rule] = start.prev();
  synced_.trimmed = state_.trimmed;
}

Result<void> Disk::store(Seq last) {
  if (full_) return Error{ErrorCode::kUnavailable, "seq.reserve: the disk is full"};
  reserved_ = last;
  return {};
}

Seq Disk::trimmed_through(const EventFilter& filter) const {
  Seq through{};
  for (const RuleId rule : rules_.touched(filter)) {
    const auto trimmed = state_.trimmed.find(rule);
    if (trimmed != state_.trimmed.end()) through = std::max(through, trimmed->second);
  }
  return through;
}

std::string Disk::page(const broker::HistoryQuery& query) const {
  std::vector<std::pair<Seq, const StoredEvent*>> found;
  for (auto it = state_.events.upper_bound(query.since); it != state_.events.end() && it->first <= query.through;
       ++it) {
    if (query.filter.admits(broker::facts_of(it->second.delivered))) found.emplace_back(it->first, &it->second);
  }
  Seq scanned = std::max(query.since, query.through);
  bool end = true;
  if (query.newest && found.size() > query.limit) {
    found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(query.limit));
  } else if (query.limit != 0 && found.size() > query.limit) {
    found.resize(query.limit);
    scanned = found.back().first;
  }
  std::string page;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    bytes += found[i].second->delivered.size();
    if (i > 0 && bytes > query.bytes_max) {
      scanned = found[i - 1].first;
      end = false;
      break;
    }
    wire::put_bytes(page, v1::HistoryPage::kEventsFieldNumber, found[i].second->delivered);
  }
  wire::put_number(page, v1::HistoryPage::kScannedThroughFieldNumber, scanned.value);
  wire::put_number(page, v1::HistoryPage::kTrimmedThroughFieldNumber, trimmed_through(query.filter).value);
  wire::put_number(page, v1::HistoryPage::kEndFieldNumber, end ? 1 : 0);
  return page;
}

}  // namespace cell0::sim
