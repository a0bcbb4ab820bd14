#include "common/store/names.h"

namespace cell0::store {
namespace {

std::string table_of(NameKind kind) { return kind == NameKind::kType ? "type" : "topic"; }

Result<void> prepare(Database& database, Statement& to, const std::string& sql) {
  auto statement = database.prepare(sql);
  if (!statement) return statement.error();
  to = std::move(*statement);
  return {};
}

}  // namespace

Result<NameWriter> NameWriter::create(Database& database, NameKind kind, std::size_t cache_max) {
  NameWriter names(database, cache_max);
  const std::string table = table_of(kind);
  const struct {
    Statement& to;
    std::string sql;
  } rows[] = {
      {names.select_, "SELECT id, seen FROM " + table + " WHERE name = ?1"},
      {names.insert_, "INSERT INTO " + table + "(name, seen) VALUES(?1, ?2)"},
      {names.touch_, "UPDATE " + table + " SET seen = ?2 WHERE id = ?1"},
      {names.drop_, "DELETE FROM " + table + " WHERE id IN (SELECT id FROM " + table + " WHERE seen < ?1 LIMIT ?2)"},
  };
  for (const auto& row : rows) {
    if (auto prepared = prepare(database, row.to, row.sql); !prepared) return prepared.error();
  }
  return names;
}

Result<std::int64_t> NameWriter::number_of(std::string_view name, Seq seq) {
  auto known = known_.find(name);
  if (known == known_.end()) {
    const auto found = look_up(name, seq);
    if (!found) return found.error();
    if (known_.size() >= cache_max_) known_.clear();
    known = known_.emplace(std::string(name), *found).first;
  }
  Known& entry = known->second;
  if (seq.value > entry.seen + kNameSlack) {
    auto touched = touch_.bind(1, entry.number).bind(2, static_cast<std::int64_t>(seq.value)).run();
    if (!touched) return touched.error();
    entry.seen = seq.value;
  }
  return entry.number;
}

Result<NameWriter::Known> NameWriter::look_up(std::string_view name, Seq seq) {
  const auto row = select_.bind(1, name).step();
  if (!row) return row.error();
  Known known;
  if (*row) known = {select_.integer(0), static_cast<std::uint64_t>(select_.integer(1))};
  select_.reset();
  if (*row) return known;
  if (auto made = insert_.bind(1, name).bind(2, static_cast<std::int64_t>(seq.value)).run(); !made) return made.error();
  return Known{database_->last_insert_id(), seq.value};
}

Result<std::int64_t> NameWriter::drop_unused(Seq oldest, std::int64_t names_max) {
  if (oldest.value <= kNameSlack) return 0;
  auto dropped = drop_.bind(1, static_cast<std::int64_t>(oldest.value - kNameSlack)).bind(2, names_max).run();
  if (!dropped) return dropped.error();
  const std::int64_t count = database_->changes();
  if (count > 0) known_.clear();
  return count;
}

Result<NameReader> NameReader::create(Database& database, NameKind kind, std::size_t cache_max) {
  NameReader names(cache_max);
  names.path_ = database.path().string();
  auto prepared = prepare(database, names.select_, "SELECT name FROM " + table_of(kind) + " WHERE id = ?1");
  if (!prepared) return prepared.error();
  return names;
}

Result<std::string_view> NameReader::name_of(std::int64_t number) {
  if (const auto known = known_.find(number); known != known_.end()) return std::string_view(known->second);
  const auto row = select_.bind(1, number).step();
  if (!row) return row.error();
  if (!*row) {
    select_.reset();
    return Error{ErrorCode::kInvalid, path_ + ": damaged: an event names number " + std::to_string(number) +
                                          ", which has no name. `cell0 log verify` says what can still be read"};
  }
  if (known_.size() >= cache_max_) known_.clear();
  const auto made = known_.emplace(number, std::string(select_.text(0))).first;
  select_.reset();
  return std::string_view(made->second);
}

}  // namespace cell0::store
