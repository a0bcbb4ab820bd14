// Rules of durability and retention: which one an event belongs to, and which ones a filter touches (design, section
// 2).
//
// Every event belongs to exactly one rule, the most specific that fits: the one with the longest topic prefix, and of
// those the one with a type; of two for the same, the later. An implied rule without either takes the rest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/event_block.h"
#include "common/clock.h"
#include "common/event_filter.h"
#include "common/event_schema.h"
#include "common/result.h"

namespace cell0::broker {

struct Rule {
  std::string topic;                                       // whole first parts of topics; empty: every topic
  std::string type;                                        // an event type's name; empty: every type
  v1::Durability durability = v1::DURABILITY_UNSPECIFIED;  // unspecified: as the event's type says
  std::uint64_t count_max = 0;                             // events kept; 0: no limit of its own
  Duration age_max{};                                      // since the broker took them; 0: no limit
  std::uint64_t bytes_max = 0;                             // 0: no limit of its own
};

class RuleTable {
 public:
  // kInvalid: a topic or a type that is none; the text names the rule.
  static Result<RuleTable> create(std::vector<Rule> rules);

  std::size_t size() const { return rules_.size(); }
  const Rule& operator[](RuleId id) const { return rules_[id]; }

  // Looks at each rule: cache what it says for a topic and type.
  RuleId match(std::string_view topic, std::string_view type) const;

  // Of an event of that rule and type.
  v1::Durability durability(RuleId rule, const EventType& type) const {
    return rules_[rule].durability == v1::DURABILITY_UNSPECIFIED ? type.durability : rules_[rule].durability;
  }

  // Every rule that may hold a stored event which the filter admits; perhaps a few more, never fewer.
  std::vector<RuleId> touched(const EventFilter& filter) const;

  // Whether a stored event that the filter admits may be a relaxed one.
  bool may_hold_relaxed(const EventFilter& filter) const;

 private:
  explicit RuleTable(std::vector<Rule> rules) : rules_(std::move(rules)) {}
  bool may_hold(const Rule& rule, const EventFilter& filter) const;
  bool all_types_elsewhere(const Rule& rule, const EventFilter& filter) const;

  std::vector<Rule> rules_;  // the most specific first
};

// Whether the glob can match a topic that lies under the prefix.
bool glob_meets_prefix(std::string_view glob, std::string_view prefix);

}  // namespace cell0::broker
