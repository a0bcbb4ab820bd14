// Which run of the broker wrote a log, how it ended, and what may therefore be missing: the tables meta and hole
// (design, section 2, "seq").
//
// A hole {after, start}: events with seqs between may have been stored once and are not there. It is recorded when
//   - a seq was reserved that the log does not know of: it is older than the broker's state (a lost or restored log);
//   - the file is not the one that was written to (a copy was put in its place);
//   - the run before did not end cleanly and the machine has been started anew since: what was committed without being
//     synced (relaxed events, and only those) may be gone.
// A broker that was killed loses nothing and leaves no hole.
#pragma once

#include <string>
#include <vector>

#include "broker/rules.h"
#include "common/clock.h"
#include "common/seq.h"
#include "common/store/database.h"

namespace cell0::broker {

struct Hole {
  Seq after;             // the last that was stored before it
  Seq start;             // the first of the run that found it
  bool relaxed = false;  // only relaxed events may be missing
};

class RunMarks {
 public:
  static constexpr std::int64_t kHolesMax = 1000;  // kept; over it the two oldest become one

  // `machine`: changes when the machine is started anew (the kernel's boot id); empty: not known, which counts as
  // changed. `reserved`: what the reservation file said before this run.
  static Result<RunMarks> create(store::Database& database, std::string machine, Seq reserved);

  // The highest seq that this log knows was used or reserved.
  Seq last_known() const { return std::max(last_stored_, reserved_); }
  Seq last_stored() const { return last_stored_; }

  // Before the first seqs of this run are reserved.
  Result<void> announce();
  // After it, and before the first event. Records a hole if there is one.
  Result<void> begin(Seq start, Seq reserved_through, WallTime now);
  // With the events that use a new reservation, in their transaction; and once that is committed.
  Result<void> reserve(Seq reserved_through);
  void committed(Seq reserved_through) { reserved_ = reserved_through; }
  // After the last event.
  Result<void> end();

  const std::vector<Hole>& holes() const { return holes_; }  // the oldest first

 private:
  RunMarks(store::Database& database, std::string machine) : database_(&database), machine_(std::move(machine)) {}
  Result<void> load(Seq reserved);
  Result<std::int64_t> number(const char* key);
  Result<void> put(const char* key, std::int64_t value);
  Result<void> put(const char* key, std::string_view value);
  Result<void> record(const Hole& hole);
  Result<void> bound_holes();

  store::Database* database_;
  std::string machine_;
  Seq last_stored_;
  Seq reserved_;
  bool lost_ = false;          // anything may be missing
  bool lost_relaxed_ = false;  // relaxed events may be missing
  std::vector<Hole> holes_;
};

// Of the events that a filter admits, what holes say may be missing: the seq before the latest start that concerns it.
Seq holes_through(const std::vector<Hole>& holes, const RuleTable& rules, const EventFilter& filter);

}  // namespace cell0::broker
