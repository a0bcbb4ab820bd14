#include "broker/log/note_tables.h"

#include <bit>

namespace cell0::broker {
namespace {

// All 64 bits of an unsigned number, as SQLite keeps integers.
std::int64_t bits(std::uint64_t value) { return std::bit_cast<std::int64_t>(value); }
std::uint64_t unsigned_of(std::int64_t value) { return std::bit_cast<std::uint64_t>(value); }

std::int64_t us_before(WallTime now, Duration age) {
  return to_unix_us(now - std::chrono::duration_cast<std::chrono::microseconds>(age));
}

}  // namespace

Result<NoteTables> NoteTables::create(store::Database& database, Limits limits) {
  NoteTables tables(limits);
  const struct {
    store::Statement& to;
    const char* sql;
  } rows[] = {
      {tables.select_origin_, "SELECT last_n FROM origin WHERE emitter = ?1 AND incarnation = ?2"},
      {tables.put_origin_, "INSERT OR REPLACE INTO origin VALUES(?1, ?2, ?3, ?4)"},
      {tables.drop_origin_, "DELETE FROM origin WHERE emitter = ?1 AND incarnation = ?2"},
      {tables.put_key_, "INSERT OR REPLACE INTO key VALUES(?1, ?2, ?3, ?4, ?5)"},
      {tables.put_consumer_,
       "INSERT INTO consumer VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq), "
       "used = excluded.used"},
      {tables.drop_consumer_, "DELETE FROM consumer WHERE entity = ?1 AND consumer = ?2"},
      {tables.undo_keys_, "DELETE FROM key WHERE seq >= ?1"},
      {tables.expire_origins_,
       "DELETE FROM origin WHERE (emitter, incarnation) IN "
       "(SELECT emitter, incarnation FROM origin WHERE used < ?1 LIMIT ?2)"},
      {tables.expire_keys_,
       "DELETE FROM key WHERE (entity, key) IN (SELECT entity, key FROM key WHERE at < ?1 ORDER BY at LIMIT ?2)"},
      {tables.all_origins_,
       "SELECT * FROM (SELECT emitter, incarnation, last_n, used FROM origin ORDER BY used DESC LIMIT ?1) "
       "ORDER BY used"},
      {tables.all_keys_,
       "SELECT * FROM (SELECT entity, key, digest, seq, at FROM key ORDER BY at DESC LIMIT ?1) ORDER BY at"},
      {tables.all_consumers_, "SELECT entity, consumer, seq FROM consumer"},
      {tables.put_revoked_, "INSERT OR REPLACE INTO revoked VALUES(?1, ?2)"},
      {tables.expire_revoked_,
       "DELETE FROM revoked WHERE token IN (SELECT token FROM revoked WHERE expires <= ?1 LIMIT ?2)"},
      {tables.all_revoked_, "SELECT token, expires FROM revoked"},
      {tables.put_state_, "INSERT INTO service VALUES(?1, ?2, x'') ON CONFLICT DO UPDATE SET state = excluded.state"},
      {tables.put_active_,
       "INSERT INTO service VALUES(?1, x'', ?2) ON CONFLICT DO UPDATE SET active = excluded.active"},
      {tables.drop_services_, "DELETE FROM service WHERE name = ?1 AND state = x'' AND active = x''"},
      {tables.all_services_, "SELECT name, state, active FROM service"},
  };
  for (const auto& row : rows) {
    auto statement = database.prepare(row.sql);
    if (!statement) return statement.error();
    row.to = std::move(*statement);
  }
  return tables;
}

Result<Restored> NoteTables::restore() {
  Restored restored;
  if (auto read = restore_origins(restored); !read) return read.error();
  if (auto read = restore_keys(restored); !read) return read.error();
  if (auto read = restore_consumers(restored); !read) return read.error();
  if (auto read = restore_revocations(restored); !read) return read.error();
  if (auto read = restore_services(restored); !read) return read.error();
  return restored;
}

Result<void> NoteTables::restore_origins(Restored& restored) {
  auto row = all_origins_.bind(1, static_cast<std::int64_t>(limits_.origins_max)).step();
  for (; row && *row; row = all_origins_.step()) {
    restored.origins.push_back({std::string(all_origins_.text(0)), unsigned_of(all_origins_.integer(1)),
                                unsigned_of(all_origins_.integer(2))});
  }
  all_origins_.reset();
  return row ? Result<void>() : Result<void>(row.error());
}

Result<void> NoteTables::restore_keys(Restored& restored) {
  auto row = all_keys_.bind(1, static_cast<std::int64_t>(limits_.keys_max)).step();
  for (; row && *row; row = all_keys_.step()) {
    Restored::Key key;
    key.note.entity = all_keys_.text(0);
    key.note.key = all_keys_.text(1);
    key.note.digest = unsigned_of(all_keys_.integer(2));
    key.seq = Seq{unsigned_of(all_keys_.integer(3))};
    key.note.at = from_unix_us(all_keys_.integer(4));
    restored.keys.push_back(std::move(key));
  }
  all_keys_.reset();
  return row ? Result<void>() : Result<void>(row.error());
}

Result<void> NoteTables::restore_consumers(Restored& restored) {
  auto row = all_consumers_.step();
  for (; row && *row; row = all_consumers_.step()) {
    restored.consumers.push_back({std::string(all_consumers_.text(0)), std::string(all_consumers_.text(1)),
                                  Seq{unsigned_of(all_consumers_.integer(2))}});
  }
  all_consumers_.reset();
  return row ? Result<void>() : Result<void>(row.error());
}

Result<void> NoteTables::restore_revocations(Restored& restored) {
  auto row = all_revoked_.step();
  for (; row && *row; row = all_revoked_.step()) {
    restored.revocations.push_back({std::string(all_revoked_.text(0)), from_unix_us(all_revoked_.integer(1))});
  }
  all_revoked_.reset();
  return row ? Result<void>() : Result<void>(row.error());
}

Result<void> NoteTables::restore_services(Restored& restored) {
  auto row = all_services_.step();
  for (; row && *row; row = all_services_.step()) {
    ServiceNote& note = restored.services.emplace_back();
    note.service = all_services_.text(0);
    if (const std::string_view state = all_services_.blob(1); !state.empty()) note.state = state;
    if (const std::string_view active = all_services_.blob(2); !active.empty()) note.active = active;
  }
  all_services_.reset();
  return row ? Result<void>() : Result<void>(row.error());
}

Result<void> NoteTables::store(const Drafts& drafts, WallTime now) {
  before_.clear();
  for (const OriginNote& note : drafts.notes.origins) {
    const auto row = select_origin_.bind(1, std::string_view(note.emitter_id)).bind(2, bits(note.incarnation)).step();
    if (!row) return row.error();
    before_.push_back({note.emitter_id, note.incarnation, *row ? unsigned_of(select_origin_.integer(0)) : 0});
    select_origin_.reset();
    if (auto stored = store_origin(note, now); !stored) return stored;
  }
  for (const KeyNote& note : drafts.notes.keys) {
    const Seq seq = drafts.seq_of(note.index);
    if (seq == Seq{}) continue;  // its event is not in the drafts any more
    put_key_.bind(1, std::string_view(note.entity)).bind(2, std::string_view(note.key)).bind(3, bits(note.digest));
    if (auto put = put_key_.bind(4, bits(seq.value)).bind(5, to_unix_us(note.at)).run(); !put) return put;
  }
  for (const ConsumerNote& note : drafts.notes.consumers) {
    if (auto stored = store_consumer(note, now); !stored) return stored;
  }
  for (const RevocationNote& note : drafts.notes.revocations) {
    put_revoked_.bind(1, std::string_view(note.token_id)).bind(2, to_unix_us(note.expires));
    if (auto put = put_revoked_.run(); !put) return put;
  }
  for (const ServiceNote& note : drafts.notes.services) {
    if (auto stored = store_service(note); !stored) return stored;
  }
  return {};
}

Result<void> NoteTables::store_consumer(const ConsumerNote& note, WallTime now) {
  store::Statement& statement = note.forget ? drop_consumer_ : put_consumer_;
  statement.bind(1, std::string_view(note.entity)).bind(2, std::string_view(note.consumer));
  if (!note.forget) statement.bind(3, bits(note.seq.value)).bind(4, to_unix_us(now));
  return statement.run();
}

Result<void> NoteTables::store_service(const ServiceNote& note) {
  const std::string_view name = note.service;
  if (note.state) {
    if (auto put = put_state_.bind(1, name).bind_blob(2, *note.state).run(); !put) return put;
  }
  if (note.active) {
    if (auto put = put_active_.bind(1, name).bind_blob(2, *note.active).run(); !put) return put;
  }
  return drop_services_.bind(1, name).run();
}

Result<void> NoteTables::store_origin(const OriginNote& note, WallTime now) {
  put_origin_.bind(1, std::string_view(note.emitter_id)).bind(2, bits(note.incarnation));
  return put_origin_.bind(3, bits(note.last_n)).bind(4, to_unix_us(now)).run();
}

Result<void> NoteTables::undo(const std::vector<OriginNote>& origins, Seq first, WallTime now) {
  for (const OriginNote& note : origins) {
    auto done = note.last_n != 0
                    ? store_origin(note, now)
                    : drop_origin_.bind(1, std::string_view(note.emitter_id)).bind(2, bits(note.incarnation)).run();
    if (!done) return done;
  }
  return undo_keys_.bind(1, bits(first.value)).run();
}

Result<void> NoteTables::expire(WallTime now, std::size_t rows_max) {
  const auto rows = static_cast<std::int64_t>(rows_max);
  auto origins = expire_origins_.bind(1, us_before(now, limits_.origin_idle_max)).bind(2, rows).run();
  if (!origins) return origins;
  auto keys = expire_keys_.bind(1, us_before(now, limits_.key_age_max)).bind(2, rows).run();
  if (!keys) return keys;
  return expire_revoked_.bind(1, to_unix_us(now)).bind(2, rows).run();
}

}  // namespace cell0::broker
