// The one connection that writes the log: a batch of drafts with its notes, and a slice of trimming, in one
// transaction. On the writer's thread.
//
// After an error of kTimeout, kInvalid or kInternal it is of no more use: destroy it and open another one, which undoes
// what that transaction may have left (doubt()).
#pragma once

#include <memory>
#include <string>

#include "broker/drafts.h"
#include "broker/log/note_tables.h"
#include "broker/log/retention.h"
#include "broker/log/run_marks.h"
#include "broker/rules.h"
#include "common/store/append.h"
#include "common/store/database.h"

namespace cell0::broker {

struct LogOptions {
  std::filesystem::path path;  // of the file; SQLite puts two more beside it
  KeepLimits keep;
  NoteTables::Limits notes;
  std::string machine;  // see RunMarks
  std::string vfs;      // see store::Database
};

// Of a transaction that may or may not be in the file.
struct Doubt {
  Seq first;                        // its first event's
  std::vector<OriginNote> origins;  // as they were before it
};

class LogWriter {
 public:
  // Makes the file if need be, or brings it up to date. kInvalid: it is damaged, is no log, or of a newer version, or
  // cannot be written; the text says what to do. kFull, kUnavailable, kTimeout: later may work. `reserved`: what the
  // reservation file says. `rules` outlive it.
  static Result<std::unique_ptr<LogWriter>> open(const LogOptions& options, const RuleTable& rules, Seq reserved);

  RunMarks& marks() { return marks_; }
  Result<Restored> restore() { return notes_.restore(); }

  // Stores the events that are not ephemeral, and the notes, as durable as the strictest of the events asks for.
  // kFull, kUnavailable: nothing of it is stored. Others: see above. REQUIRES: numbered above all before.
  Result<void> commit(const Drafts& drafts, WallTime now, Seq reserved_through);
  // What undo() needs if that commit fails with kTimeout.
  Doubt doubt(const Drafts& drafts) const { return {drafts.first(), notes_.before()}; }
  Result<void> undo(const Doubt& doubt, WallTime now);

  // Looks at up to `rows_max` events and drops those that are over a limit; true if there may be more to do. Not
  // synced: what a power cut brings back is trimmed again.
  Result<bool> trim(WallTime now, std::size_t rows_max);
  // Drops the oldest events, up to `rows_max`.
  Result<void> trim_oldest(std::size_t rows_max);
  // Forgets old notes and unused names, a slice of each.
  Result<void> expire(WallTime now, std::size_t rows_max);
  // Writes something, so that it shows whether the file can be written.
  Result<void> probe(WallTime now);
  // Moves the WAL into the file and empties it, as far as readers let it.
  Result<void> checkpoint();

  std::uint64_t events() const { return retention_.events(); }
  std::uint64_t bytes() const { return retention_.bytes(); }
  std::uint64_t trimmed_events() const { return retention_.trimmed_events(); }
  Result<std::int64_t> free_bytes();  // inside the file, to be used again

 private:
  LogWriter(std::unique_ptr<store::Database> database, RunMarks marks, NoteTables notes, Retention retention,
            store::Appender appender, std::int64_t newest_us)
      : database_(std::move(database)),
        marks_(std::move(marks)),
        notes_(std::move(notes)),
        retention_(std::move(retention)),
        appender_(std::move(appender)),
        newest_us_(newest_us) {}
  // Runs `change` in a transaction; on an error nothing is changed, in memory neither.
  template <typename Change>
  Result<void> transact(bool synced, Change change);
  Result<void> write(const Drafts& drafts, WallTime now, Seq reserved_through);
  Result<void> write_event(const EventBlock& block, const EventBlock::Event& event, Seq seq);
  void roll_back();

  std::unique_ptr<store::Database> database_;  // where the others point to
  RunMarks marks_;
  NoteTables notes_;
  Retention retention_;
  store::Appender appender_;
  std::int64_t newest_us_;  // of the events: never back, so that time can be searched by halves
  bool synced_ = true;
};

// Whether committing them writes to the log at all, and whether it has to be synced.
bool touches_log(const Drafts& drafts);
bool wants_sync(const Drafts& drafts);

}  // namespace cell0::broker
