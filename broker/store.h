// The stored events of all rules, in memory: bounded by each rule, and by count and bytes in total.
//
// Over a rule's limit its oldest event goes, over a total limit the oldest of all. What went is not silent: see
// trimmed_through(). Ephemeral events never come here. Pure data; one thread. Queries: history.h.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "broker/rule_log.h"
#include "broker/rules.h"
#include "common/clock.h"
#include "common/seq.h"

namespace cell0::broker {

struct StoreLimits {
  std::size_t events_max = 0;  // of all rules together
  std::size_t bytes_max = 0;   // with RuleLog::kRecordBytes for each event
};

class Store {
 public:
  // Events before `start` are not here and count as trimmed. REQUIRES: both limits > 0; rules outlive the store.
  Store(const RuleTable& rules, StoreLimits limits, Seq start);

  // Keeps the event and trims what is then over a limit. REQUIRES: seq is above all before it.
  void append(RuleId rule, Seq seq, WallTime taken, std::string_view delivered);

  // Drops up to `records_max` events that are older than their rule allows; true if there may be more.
  bool trim_aged(WallTime now, std::size_t records_max);

  std::size_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }
  const RuleTable& rules() const { return rules_; }
  const RuleLog& log(RuleId rule) const { return logs_[rule]; }

  // Events of these rules may be missing up to here.
  Seq trimmed_through(const std::vector<RuleId>& rules) const;

 private:
  void trim_rule(RuleId rule);
  void trim_total();
  void trim_oldest(RuleLog& log);

  const RuleTable& rules_;
  StoreLimits limits_;
  std::vector<RuleLog> logs_;  // by RuleId
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::int64_t newest_us_ = 0;
};

}  // namespace cell0::broker
