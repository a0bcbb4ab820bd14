#include "common/store/database.h"

#include <sqlite3.h>

#include "common/check.h"

namespace cell0::store {
namespace {

ErrorCode code_of(int extended) {
  switch (extended) {
    case SQLITE_IOERR_NOMEM:
    case SQLITE_IOERR_BLOCKED:
    case SQLITE_IOERR_LOCK:
      return ErrorCode::kUnavailable;
    default:
      break;
  }
  switch (extended & 0xFF) {
    case SQLITE_FULL:
      return ErrorCode::kFull;
    case SQLITE_IOERR:
      return ErrorCode::kTimeout;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return ErrorCode::kInvalid;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
    case SQLITE_NOLFS:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kInternal;
  }
}

Error error_of(sqlite3* connection, int extended, const std::filesystem::path& path) {
  Error error{code_of(extended), path.string() + ": "};
  error.text += connection == nullptr ? sqlite3_errstr(extended) : sqlite3_errmsg(connection);
  if (error.code == ErrorCode::kTimeout) error.text += " (SQLite's " + std::to_string(extended) + ")";
  if (error.code == ErrorCode::kInvalid) {
    error.text +=
        ". Nothing was changed. Ask `cell0 log verify` what can still be read, then restore a backup, or move "
        "the file and those with -wal and -shm behind its name away: the log begins anew";
  }
  return error;
}

// Of the connection behind a statement, after a call on it failed.
Error error_of(sqlite3_stmt* statement) {
  sqlite3* connection = sqlite3_db_handle(statement);
  const char* name = sqlite3_db_filename(connection, "main");
  return error_of(connection, sqlite3_extended_errcode(connection), name == nullptr ? "" : name);
}

int flags_of(Database::Access access) {
  constexpr int kAlways = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (access) {
    case Database::Access::kRead:
      return SQLITE_OPEN_READONLY | kAlways;
    case Database::Access::kWrite:
      return SQLITE_OPEN_READWRITE | kAlways;
    case Database::Access::kCreate:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | kAlways;
  }
  return kAlways;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Statement& Statement::bind(int parameter, std::int64_t value) {
  CELL0_CHECK(sqlite3_bind_int64(statement_.get(), parameter, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  CELL0_CHECK(sqlite3_bind_text64(statement_.get(), parameter, text.data() == nullptr ? "" : text.data(), text.size(),
                                  SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  CELL0_CHECK(sqlite3_bind_blob64(statement_.get(), parameter, bytes.data() == nullptr ? "" : bytes.data(),
                                  bytes.size(), SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Result<bool> Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return error_of(statement_.get());
}

Result<void> Statement::run() {
  auto more = step();
  while (more && *more) more = step();
  reset();
  return more ? Result<void>() : Result<void>(more.error());
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<Database> Database::open(const std::filesystem::path& path, const Options& options) {
  sqlite3* connection = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &connection, flags_of(options.access),
                                     options.vfs.empty() ? nullptr : options.vfs.c_str());
  Database database(connection, path);
  if (result != SQLITE_OK) return error_of(connection, result, path);
  sqlite3_busy_timeout(connection, static_cast<int>(options.busy_wait.count()));
  return database;
}

Error Database::failure() const {
  return error_of(connection_.get(), sqlite3_extended_errcode(connection_.get()), path_);
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) return failure();
  return Statement(statement);
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  const auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->integer(0) : 0;
}

Result<std::string> Database::text(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  const auto row = statement->step();
  if (!row) return row.error();
  return *row ? std::string(statement->text(0)) : std::string();
}

std::int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(connection_.get()); }
std::int64_t Database::changes() const { return sqlite3_changes64(connection_.get()); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }

void Database::roll_back() {
  if (in_transaction()) sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<Transaction> Transaction::begin(Database& database, Kind kind) {
  auto begun = database.execute(kind == Kind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
  if (!begun) return begun.error();
  return Transaction(database);
}

Result<void> Transaction::commit() {
  auto committed = database_->execute("COMMIT");
  if (committed) database_ = nullptr;
  return committed;
}

}  // namespace cell0::store
