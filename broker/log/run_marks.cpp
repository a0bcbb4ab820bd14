#include "broker/log/run_marks.h"

#include <sys/stat.h>

#include <algorithm>

#include "common/version.h"

namespace cell0::broker {
namespace {

std::int64_t number_of(Seq seq) { return static_cast<std::int64_t>(seq.value); }
Seq seq_of(std::int64_t number) { return Seq{static_cast<std::uint64_t>(number)}; }

// 0: not known.
std::int64_t inode_of(const std::filesystem::path& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? static_cast<std::int64_t>(about.st_ino) : 0;
}

}  // namespace

Result<RunMarks> RunMarks::create(store::Database& database, std::string machine, Seq reserved) {
  RunMarks marks(database, std::move(machine));
  if (auto loaded = marks.load(reserved); !loaded) return loaded.error();
  return marks;
}

Result<std::int64_t> RunMarks::number(const char* key) {
  return database_->integer("SELECT value FROM meta WHERE key = '" + std::string(key) + "'");
}

Result<void> RunMarks::load(Seq reserved) {
  const auto last = database_->integer("SELECT max(seq) FROM ev");
  if (!last) return last.error();
  last_stored_ = seq_of(*last);
  const auto known = number("reserved_through");
  if (!known) return known.error();
  reserved_ = seq_of(*known);
  const auto announced = number("announced");
  if (!announced) return announced.error();
  const auto inode = number("inode");
  if (!inode) return inode.error();
  const auto clean = number("clean");
  if (!clean) return clean.error();
  const auto machine = database_->text("SELECT value FROM meta WHERE key = 'machine'");
  if (!machine) return machine.error();
  const bool another_file = *inode != 0 && *inode != inode_of(database_->path());
  lost_ = (reserved > reserved_ && *announced == 0) || another_file;
  lost_relaxed_ = *clean == 0 && *known != 0 && (machine_.empty() || *machine != machine_);

  auto rows = database_->prepare("SELECT after, start, relaxed FROM hole ORDER BY start");
  if (!rows) return rows.error();
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    holes_.push_back({seq_of(rows->integer(0)), seq_of(rows->integer(1)), rows->integer(2) != 0});
  }
  return row ? Result<void>() : Result<void>(row.error());
}

// Killed between the reservation and begin(), the next start would else take this log for one that was restored.
Result<void> RunMarks::announce() { return lost_ ? Result<void>() : put("announced", std::int64_t{1}); }

Result<void> RunMarks::begin(Seq start, Seq reserved_through, WallTime now) {
  auto transaction = store::Transaction::begin(*database_, store::Transaction::Kind::kWrite);
  if (!transaction) return transaction.error();
  if (lost_ || lost_relaxed_) {
    if (auto recorded = record({last_stored_, start, !lost_}); !recorded) return recorded;
  }
  const struct {
    const char* key;
    std::int64_t value;
  } numbers[] = {{"announced", 0},
                 {"clean", 0},
                 {"inode", inode_of(database_->path())},
                 {"run_start", number_of(start)},
                 {"run_began", to_unix_us(now)},
                 {"reserved_through", number_of(reserved_through)}};
  for (const auto& row : numbers) {
    if (auto stored = put(row.key, row.value); !stored) return stored;
  }
  if (auto stored = put("machine", machine_); !stored) return stored;
  if (auto stored = put("written_by", std::string_view(version())); !stored) return stored;
  reserved_ = reserved_through;
  return transaction->commit();
}

Result<void> RunMarks::reserve(Seq reserved_through) {
  return reserved_through == reserved_ ? Result<void>() : put("reserved_through", number_of(reserved_through));
}

Result<void> RunMarks::end() { return put("clean", std::int64_t{1}); }

Result<void> RunMarks::put(const char* key, std::int64_t value) {
  auto insert = database_->prepare("INSERT OR REPLACE INTO meta VALUES(?1, ?2)");
  if (!insert) return insert.error();
  return insert->bind(1, std::string_view(key)).bind(2, value).run();
}

Result<void> RunMarks::put(const char* key, std::string_view value) {
  auto insert = database_->prepare("INSERT OR REPLACE INTO meta VALUES(?1, ?2)");
  if (!insert) return insert.error();
  return insert->bind(1, std::string_view(key)).bind(2, value).run();
}

Result<void> RunMarks::record(const Hole& hole) {
  auto insert = database_->prepare("INSERT OR REPLACE INTO hole VALUES(?1, ?2, ?3)");
  if (!insert) return insert.error();
  insert->bind(1, number_of(hole.after)).bind(2, number_of(hole.start)).bind(3, std::int64_t{hole.relaxed});
  if (auto inserted = insert->run(); !inserted) return inserted;
  holes_.push_back(hole);
  return bound_holes();
}

Result<void> RunMarks::bound_holes() {
  while (holes_.size() > static_cast<std::size_t>(kHolesMax)) {
    Hole& second = holes_[1];
    second.after = holes_[0].after;
    second.relaxed = second.relaxed && holes_[0].relaxed;
    auto merge = database_->prepare("UPDATE hole SET after = ?1, relaxed = ?2 WHERE start = ?3");
    if (!merge) return merge.error();
    merge->bind(1, number_of(second.after)).bind(2, std::int64_t{second.relaxed}).bind(3, number_of(second.start));
    if (auto merged = merge->run(); !merged) return merged;
    auto drop = database_->prepare("DELETE FROM hole WHERE start = ?1");
    if (!drop) return drop.error();
    if (auto dropped = drop->bind(1, number_of(holes_[0].start)).run(); !dropped) return dropped;
    holes_.erase(holes_.begin());
  }
  return {};
}

Seq holes_through(const std::vector<Hole>& holes, const RuleTable& rules, const EventFilter& filter) {
  for (auto hole = holes.rbegin(); hole != holes.rend(); ++hole) {
    if (!hole->relaxed || rules.may_hold_relaxed(filter)) return hole->start.prev();
  }
  return {};
}

}  // namespace cell0::broker
