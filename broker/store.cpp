#include "broker/store.h"

#include <algorithm>

namespace cell0::broker {

Store::Store(const RuleTable& rules, StoreLimits limits, Seq start)
    : rules_(rules), limits_(limits), logs_(rules.size()) {
  CELL0_CHECK(limits.events_max > 0 && limits.bytes_max > 0);
  for (RuleLog& log : logs_) log.set_trimmed_through(start.prev());
}

void Store::append(RuleId rule, Seq seq, WallTime taken, std::string_view delivered) {
  RuleLog& log = logs_[rule];
  newest_us_ = std::max(newest_us_, to_unix_us(taken));  // never back, so that time can be searched by halves
  const std::size_t before = log.bytes();
  log.append(seq, newest_us_, delivered);
  bytes_ += log.bytes() - before;
  ++count_;
  trim_rule(rule);
  trim_total();
}

void Store::trim_rule(RuleId id) {
  const Rule& rule = rules_[id];
  RuleLog& log = logs_[id];
  while (rule.count_max != 0 && log.count() > rule.count_max) trim_oldest(log);
  while (rule.bytes_max != 0 && log.bytes() > rule.bytes_max && !log.empty()) trim_oldest(log);
}

void Store::trim_total() {
  while (count_ > limits_.events_max || (bytes_ > limits_.bytes_max && count_ > 0)) {
    RuleLog* oldest = nullptr;
    for (RuleLog& log : logs_) {
      if (!log.empty() && (oldest == nullptr || log.oldest().seq < oldest->oldest().seq)) oldest = &log;
    }
    trim_oldest(*oldest);
  }
}

void Store::trim_oldest(RuleLog& log) {
  const std::size_t before = log.bytes();
  log.trim_oldest();
  bytes_ -= before - log.bytes();
  --count_;
}

bool Store::trim_aged(WallTime now, std::size_t records_max) {
  for (RuleId id = 0; id < logs_.size(); ++id) {
    if (rules_[id].age_max == Duration::zero()) continue;
    const auto age_max = std::chrono::duration_cast<std::chrono::microseconds>(rules_[id].age_max);
    const std::int64_t keep_from_us = to_unix_us(now - age_max);
    for (; !logs_[id].empty() && logs_[id].oldest().taken_us < keep_from_us; --records_max) {
      if (records_max == 0) return true;
      trim_oldest(logs_[id]);
    }
  }
  return false;
}

Seq Store::trimmed_through(const std::vector<RuleId>& rules) const {
  Seq through{};
  for (const RuleId rule : rules) through = std::max(through, logs_[rule].trimmed_through());
  return through;
}

}  // namespace cell0::broker
