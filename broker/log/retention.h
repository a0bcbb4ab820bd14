// How much is kept: each rule's count, age and bytes, and the totals; what is over goes, oldest first, a slice at a
// time (design, section 2, "Retention").
//
// On the writer's connection and thread. Counters and trimmed_through are stored by the transaction that changes them.
// A rule with a type walks the type index, others walk by seq, each from where everything of the rule is gone.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "broker/rules.h"
#include "common/clock.h"
#include "common/seq.h"
#include "common/store/database.h"
#include "common/store/names.h"

namespace cell0::broker {

struct KeepLimits {
  std::uint64_t events_max = 0;  // of all rules together; 0: no limit
  std::uint64_t bytes_max = 0;   // the same, with Retention::kEventBytes for each event
};

class Retention {
 public:
  static constexpr std::uint64_t kEventBytes = 64;  // what an event costs beside its body: row, index entries

  // Reads the counters; for rules other than those that the file was kept by they are counted anew (a scan of all
  // events), and each inherits the highest trimmed_through of the rules that it overlaps. In a transaction of its own.
  // The references outlive it.
  static Result<Retention> create(store::Database& database, const RuleTable& rules, KeepLimits limits);

  // ---- inside the writer's transaction
  void added(RuleId rule, std::size_t body_bytes);
  // Looks at up to `rows_max` stored events and drops those that are over a limit.
  Result<void> trim(WallTime now, std::size_t rows_max);
  // Drops the oldest of all, up to `rows_max`.
  Result<void> trim_oldest(std::size_t rows_max);
  // Drops everything from `first` on, as if it had never been there.
  Result<void> undo_from(Seq first);
  // Writes the counters that have changed.
  Result<void> store();

  // ---- after it
  void committed() { before_ = states_; }
  void rolled_back() { states_ = before_; }

  bool due(WallTime now) const;  // trim() would find something to do, or to look at
  std::uint64_t events() const;
  std::uint64_t bytes() const;
  std::uint64_t trimmed_events() const { return trimmed_events_; }  // since the start, also by what was rolled back

 private:
  struct State {
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    Seq trimmed_through;
    Seq gone_through;             // no event of this rule is left up to here
    std::int64_t aged_at_us = 0;  // before it no event of this rule is too old
    bool changed = false;
  };
  struct Row {
    Seq seq;
    RuleId rule = 0;
    std::uint64_t bytes = 0;
    std::int64_t ts = 0;
  };

  Retention(store::Database& database, const RuleTable& rules, KeepLimits limits, store::NameReader types,
            store::NameReader topics)
      : database_(&database),
        rules_(&rules),
        limits_(limits),
        types_(std::move(types)),
        topics_(std::move(topics)),
        states_(rules.size()) {}
  Result<void> prepare();
  Result<bool> load();
  Result<void> adopt();
  Result<void> recount();
  Result<Seq> inherited(const Rule& rule);
  bool due(RuleId rule, WallTime now) const;
  bool over_total() const;
  Result<void> trim_rule(RuleId rule, WallTime now, std::size_t& rows_left);
  Result<void> trim_total(std::size_t& rows_left);
  Result<std::vector<Row>> read(store::Statement& statement, std::size_t rows_max);
  bool too_old(RuleId rule, std::int64_t ts, WallTime now) const;
  Result<RuleId> rule_of(std::int64_t type, std::int64_t topic);
  Result<void> drop(const Row& row);
  Result<store::Statement*> walk_of(RuleId rule);

  store::Database* database_;
  const RuleTable* rules_;
  KeepLimits limits_;
  store::NameReader types_, topics_;
  std::vector<State> states_, before_;  // by RuleId
  std::unordered_map<std::uint64_t, RuleId> known_;
  store::Statement by_seq_, by_type_, from_, delete_, store_, type_number_;
  std::uint64_t trimmed_events_ = 0;
};

}  // namespace cell0::broker
