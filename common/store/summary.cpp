#include "common/store/summary.h"

#include <functional>

namespace cell0::store {
namespace {

// Calls `take` with every row.
Result<void> each(Database& database, std::string_view sql, const std::function<void(const Statement& row)>& take) {
  auto rows = database.prepare(sql);
  if (!rows) return rows.error();
  auto row = rows->step();
  for (; row && *row; row = rows->step()) take(*rows);
  return row ? Result<void>() : Result<void>(row.error());
}

std::uint64_t count(const Statement& row, int column) { return static_cast<std::uint64_t>(row.integer(column)); }

}  // namespace

Result<Summary> summarise(LogReader& log) {
  auto snapshot = log.begin();
  if (!snapshot) return snapshot.error();
  Summary made;
  const struct {
    const char* sql;
    std::function<void(const Statement& row)> take;
  } questions[] = {
      {"PRAGMA user_version", [&](const Statement& row) { made.version = row.integer(0); }},
      {"PRAGMA freelist_count", [&](const Statement& row) { made.free_bytes = count(row, 0) * 4096; }},
      {"SELECT type.name, count(*) FROM ev JOIN type ON type.id = ev.type GROUP BY ev.type ORDER BY count(*) DESC",
       [&](const Statement& row) {
         made.types.push_back({std::string(row.text(0)), count(row, 1)});
         made.events += count(row, 1);
       }},
      {"SELECT seq, ts FROM ev ORDER BY seq LIMIT 1",
       [&](const Statement& row) { made.first = {count(row, 0)}, made.first_taken = from_unix_us(row.integer(1)); }},
      {"SELECT seq, ts FROM ev ORDER BY seq DESC LIMIT 1",
       [&](const Statement& row) { made.last = {count(row, 0)}, made.last_taken = from_unix_us(row.integer(1)); }},
      {"SELECT topic, type, events, bytes, trimmed_through FROM rule ORDER BY id",
       [&](const Statement& row) {
         made.rules.push_back(
             {std::string(row.text(0)), std::string(row.text(1)), count(row, 2), count(row, 3), Seq{count(row, 4)}});
       }},
      {"SELECT after, start, relaxed FROM hole ORDER BY start",
       [&](const Statement& row) {
         made.holes.push_back({Seq{count(row, 0)}, Seq{count(row, 1)}, row.integer(2) != 0});
       }},
      {"SELECT (SELECT count(*) FROM topic), (SELECT count(*) FROM origin), (SELECT count(*) FROM key), "
       "(SELECT count(*) FROM consumer)",
       [&](const Statement& row) {
         made.topics = count(row, 0);
         made.origins = count(row, 1);
         made.keys = count(row, 2);
         made.consumers = count(row, 3);
       }},
      {"SELECT value FROM meta WHERE key = 'written_by'", [&](const Statement& row) { made.written_by = row.text(0); }},
      {"SELECT value FROM meta WHERE key = 'clean'",
       [&](const Statement& row) { made.ended_cleanly = row.integer(0) != 0; }},
  };
  for (const auto& question : questions) {
    if (auto asked = each(log.database(), question.sql, question.take); !asked) return asked.error();
  }
  return made;
}

}  // namespace cell0::store
