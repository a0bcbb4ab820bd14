#include "common/store/schema.h"

#include <array>

namespace cell0::store {
namespace {

// The n-th makes version n + 1 out of version n. What stands here is history: add, never change.
constexpr std::array kMigrations{
    // Names are kept once. `seen`: no event with this name is newer than seen + kNameSlack (names.h).
    R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE type(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, seen INTEGER NOT NULL);
CREATE TABLE topic(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, seen INTEGER NOT NULL);
CREATE TABLE ev(
  seq INTEGER PRIMARY KEY,
  ts INTEGER NOT NULL,
  type INTEGER NOT NULL,
  prio INTEGER NOT NULL,
  topic INTEGER NOT NULL,
  relaxed INTEGER NOT NULL,
  body BLOB NOT NULL);
CREATE INDEX ev_type ON ev(type);
CREATE INDEX ev_urgent ON ev(prio) WHERE prio < 5;
CREATE TABLE origin(
  emitter TEXT NOT NULL, incarnation INTEGER NOT NULL, last_n INTEGER NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY(emitter, incarnation)) WITHOUT ROWID;
CREATE TABLE key(
  entity TEXT NOT NULL, key TEXT NOT NULL, digest INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY(entity, key)) WITHOUT ROWID;
CREATE INDEX key_at ON key(at);
CREATE TABLE consumer(
  entity TEXT NOT NULL, consumer TEXT NOT NULL, seq INTEGER NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY(entity, consumer)) WITHOUT ROWID;
CREATE TABLE rule(
  id INTEGER PRIMARY KEY, topic TEXT NOT NULL, type TEXT NOT NULL,
  events INTEGER NOT NULL, bytes INTEGER NOT NULL,
  trimmed_through INTEGER NOT NULL, gone_through INTEGER NOT NULL);
CREATE TABLE hole(after INTEGER NOT NULL, start INTEGER PRIMARY KEY, relaxed INTEGER NOT NULL);
CREATE VIEW event AS
  SELECT ev.seq AS seq, strftime('%Y-%m-%dT%H:%M:%fZ', ev.ts / 1000000.0, 'unixepoch') AS taken, type.name AS type,
         topic.name AS topic, ev.prio AS priority, iif(ev.relaxed, 'relaxed', 'durable') AS durability,
         length(ev.body) AS bytes, ev.body AS body
  FROM ev JOIN type ON type.id = ev.type JOIN topic ON topic.id = ev.topic;
)sql",
    // Revoked tokens, until they would have expired (microseconds since 1970).
    R"sql(
CREATE TABLE revoked(token TEXT PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX revoked_expires ON revoked(expires);
)sql",
    // What workers of services leave behind: a state of theirs, and which incarnation of an exclusive one is active.
    R"sql(
CREATE TABLE service(name TEXT PRIMARY KEY, state BLOB NOT NULL, active BLOB NOT NULL) WITHOUT ROWID;
)sql",
};

std::string number(std::int64_t value) { return std::to_string(value); }

Error not_a_log(const Database& database) {
  return {ErrorCode::kInvalid, database.path().string() + ": an SQLite file, but no log of cell0; name another file"};
}

Error too_new(const Database& database, std::int64_t version) {
  return {ErrorCode::kInvalid, database.path().string() + ": written by a newer cell0 (log version " + number(version) +
                                   "; this one knows up to " + number(newest_version()) + "): use that one or newer"};
}

// The version of the file; 0: it is empty.
Result<std::int64_t> version_of(Database& database) {
  const auto application = database.integer("PRAGMA application_id");
  if (!application) return application.error();
  if (*application != kApplicationId) {
    const auto objects = database.integer("SELECT count(*) FROM sqlite_schema");
    if (!objects) return objects.error();
    if (*application != 0 || *objects != 0) return not_a_log(database);
    return 0;
  }
  auto version = database.integer("PRAGMA user_version");
  if (version && *version > newest_version()) return too_new(database, *version);
  return version;
}

Result<void> migrate(Database& database, std::int64_t from) {
  auto transaction = Transaction::begin(database, Transaction::Kind::kWrite);
  if (!transaction) return transaction.error();
  for (std::int64_t version = from; version < newest_version(); ++version) {
    if (auto made = database.execute(kMigrations[static_cast<std::size_t>(version)]); !made) return made;
  }
  const std::string stamp =
      "PRAGMA application_id = " + number(kApplicationId) + "; PRAGMA user_version = " + number(newest_version());
  if (auto stamped = database.execute(stamp.c_str()); !stamped) return stamped;
  return transaction->commit();
}

}  // namespace

std::int64_t newest_version() { return static_cast<std::int64_t>(kMigrations.size()); }

Result<void> make_schema(Database& database) {
  const auto version = version_of(database);
  if (!version) return version.error();
  if (*version == newest_version()) return {};
  if (auto set = database.execute("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL"); !set) return set;
  return migrate(database, *version);
}

Result<void> check_schema(Database& database) {
  const auto version = version_of(database);
  if (!version) return version.error();
  if (*version == newest_version()) return {};
  if (*version == 0) return Error{ErrorCode::kInvalid, database.path().string() + ": empty, no log of cell0"};
  return Error{ErrorCode::kInvalid, database.path().string() + ": written by an older cell0 (log version " +
                                        number(*version) + "); the broker's next start makes it version " +
                                        number(newest_version())};
}

Result<void> configure_writer(Database& database) {
  return database.execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000;"
      "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536; PRAGMA mmap_size = 0;"
      // Debian's SQLite overwrites what is deleted: trimming would write every page that it frees.
      "PRAGMA secure_delete = OFF;"
      "PRAGMA temp_store = MEMORY");
}

Result<void> configure_reader(Database& database) {
  return database.execute("PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA mmap_size = 0");
}

Result<void> set_synced(Database& database, bool synced) {
  return database.execute(synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
}

}  // namespace cell0::store
