#include "broker/log/log_writer.h"

#include <algorithm>

#include "broker/delivered.h"
#include "common/store/schema.h"

namespace cell0::broker {
namespace {

using store::Database;

template <typename Test>
bool any_event(const Drafts& drafts, Test test) {
  const auto& blocks = drafts.blocks();
  return std::any_of(blocks.begin(), blocks.end(), [&](const EventBlock& block) {
    const auto events = block.events();
    return std::any_of(events.begin(), events.end(), test);
  });
}

// At a start there is no "later may work": whoever starts it has to do something.
Error cannot_write(const Error& error) {
  return {ErrorCode::kInvalid,
          error.text +
              ". The log cannot be written: check the owner and the permissions of state.dir, and that its "
              "file system is not mounted read-only"};
}

Result<std::unique_ptr<Database>> open_database(const LogOptions& options) {
  Database::Options how;
  how.access = Database::Access::kCreate;
  how.vfs = options.vfs;
  auto opened = Database::open(options.path, how);
  if (!opened) return opened.error().code == ErrorCode::kUnavailable ? cannot_write(opened.error()) : opened.error();
  auto database = std::make_unique<Database>(std::move(*opened));
  auto made = store::make_schema(*database);
  if (made) made = store::configure_writer(*database);
  // What can be read but not written would only show at the first commit.
  if (made) made = database->execute("BEGIN IMMEDIATE; INSERT OR REPLACE INTO meta VALUES('probed', 0); ROLLBACK");
  if (!made) return made.error().code == ErrorCode::kUnavailable ? cannot_write(made.error()) : made.error();
  return database;
}

}  // namespace

bool touches_log(const Drafts& drafts) {
  return !drafts.notes.keys.empty() || !drafts.notes.consumers.empty() || !drafts.notes.revocations.empty() ||
         !drafts.notes.services.empty() ||
         any_event(drafts, [](const EventBlock::Event& event) { return event.durability != v1::EPHEMERAL; });
}

bool wants_sync(const Drafts& drafts) {
  if (!drafts.notes.revocations.empty() || !drafts.notes.services.empty()) return true;
  return any_event(drafts, [](const EventBlock::Event& event) {
    return event.durability != v1::EPHEMERAL && event.durability != v1::RELAXED;
  });
}

Result<std::unique_ptr<LogWriter>> LogWriter::open(const LogOptions& options, const RuleTable& rules, Seq reserved) {
  auto database = open_database(options);
  if (!database) return database.error();
  Database& db = **database;
  auto marks = RunMarks::create(db, options.machine, reserved);
  if (!marks) return marks.error();
  auto notes = NoteTables::create(db, options.notes);
  if (!notes) return notes.error();
  auto retention = Retention::create(db, rules, options.keep);
  if (!retention) return retention.error();
  auto appender = store::Appender::create(db);
  if (!appender) return appender.error();
  const auto newest = db.integer("SELECT ts FROM ev ORDER BY seq DESC LIMIT 1");
  if (!newest) return newest.error();
  return std::unique_ptr<LogWriter>(new LogWriter(std::move(*database), std::move(*marks), std::move(*notes),
                                                  std::move(*retention), std::move(*appender), *newest));
}

template <typename Change>
Result<void> LogWriter::transact(bool synced, Change change) {
  if (synced != synced_) {
    if (auto set = store::set_synced(*database_, synced); !set) return set;
    synced_ = synced;
  }
  auto transaction = store::Transaction::begin(*database_, store::Transaction::Kind::kWrite);
  if (!transaction) return transaction.error();
  Result<void> done = change();
  if (done) done = transaction->commit();
  if (done)
    retention_.committed();
  else
    roll_back();
  return done;
}

void LogWriter::roll_back() {
  database_->roll_back();
  retention_.rolled_back();
  appender_.rolled_back();
}

Result<void> LogWriter::commit(const Drafts& drafts, WallTime now, Seq reserved_through) {
  const std::int64_t newest_before = newest_us_;
  newest_us_ = std::max(newest_us_, to_unix_us(now));
  auto done = transact(wants_sync(drafts), [&] { return write(drafts, now, reserved_through); });
  if (done)
    marks_.committed(reserved_through);
  else
    newest_us_ = newest_before;
  return done;
}

Result<void> LogWriter::write(const Drafts& drafts, WallTime now, Seq reserved_through) {
  Seq seq = drafts.first();
  std::size_t stored = 0;
  for (const EventBlock& block : drafts.blocks()) {
    for (const EventBlock::Event& event : block.events()) {
      if (event.durability != v1::EPHEMERAL) {
        if (auto written = write_event(block, event, seq); !written) return written;
        ++stored;
      }
      seq = seq.next();
    }
  }
  if (auto noted = notes_.store(drafts, now); !noted) return noted;
  if (auto reserved = marks_.reserve(reserved_through); !reserved) return reserved;
  // More than comes in, so that it ends; not much more, so that a commit stays short.
  if (retention_.due(now)) {
    if (auto trimmed = retention_.trim(now, 64 + 2 * stored); !trimmed) return trimmed;
  }
  return retention_.store();
}

Result<void> LogWriter::write_event(const EventBlock& block, const EventBlock::Event& event, Seq seq) {
  const DeliveredView view = view_of(block.delivered(event));
  store::NewEvent made{seq,          newest_us_, view.type, view.topic, view.priority, view.durability == v1::RELAXED,
                       view.envelope};
  if (auto appended = appender_.append(made); !appended) return appended;
  retention_.added(event.rule, view.envelope.size());
  return {};
}

Result<void> LogWriter::undo(const Doubt& doubt, WallTime now) {
  return transact(true, [&]() -> Result<void> {
    if (auto undone = retention_.undo_from(doubt.first); !undone) return undone;
    if (auto undone = notes_.undo(doubt.origins, doubt.first, now); !undone) return undone;
    return retention_.store();
  });
}

Result<bool> LogWriter::trim(WallTime now, std::size_t rows_max) {
  if (!retention_.due(now)) return false;
  auto trimmed = transact(false, [&]() -> Result<void> {
    if (auto done = retention_.trim(now, rows_max); !done) return done;
    return retention_.store();
  });
  if (!trimmed) return trimmed.error();
  return retention_.due(now);
}

Result<void> LogWriter::trim_oldest(std::size_t rows_max) {
  return transact(false, [&]() -> Result<void> {
    if (auto done = retention_.trim_oldest(rows_max); !done) return done;
    return retention_.store();
  });
}

Result<void> LogWriter::expire(WallTime now, std::size_t rows_max) {
  const auto oldest = database_->integer("SELECT min(seq) FROM ev");
  if (!oldest) return oldest.error();
  return transact(false, [&]() -> Result<void> {
    if (auto expired = notes_.expire(now, rows_max); !expired) return expired;
    const Seq first{static_cast<std::uint64_t>(*oldest)};
    return appender_.drop_unused_names(first, static_cast<std::int64_t>(rows_max));
  });
}

Result<void> LogWriter::probe(WallTime now) {
  return transact(true, [&] {
    const std::string sql = "INSERT OR REPLACE INTO meta VALUES('probed', " + std::to_string(to_unix_us(now)) + ")";
    return database_->execute(sql.c_str());
  });
}

Result<void> LogWriter::checkpoint() { return database_->execute("PRAGMA wal_checkpoint(TRUNCATE)"); }

Result<std::int64_t> LogWriter::free_bytes() {
  const auto pages = database_->integer("PRAGMA freelist_count");
  if (!pages) return pages.error();
  return *pages * 4096;
}

}  // namespace cell0::broker
