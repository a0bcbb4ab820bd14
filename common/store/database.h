// SQLite, as far as cell0 uses it: connections, prepared statements and what their failures mean. The only user of
// sqlite3.h; knows nothing of events (schema.h does).
//
// Errors, with the file's name in the text:
//   kFull         the disk is full. The transaction is rolled back, nothing of it is kept
//   kTimeout      the disk failed (also a failed fsync): whether the transaction is kept is not known. Close the
//                 connection; never try the same again on it
//   kInvalid      not a database, or a damaged one. The text says what to do
//   kUnavailable  read-only, busy, cannot be opened: nothing happened, later may work
//   kInternal     anything else: a defect of ours
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace cell0::store {

// A prepared statement. Used by one thread at a time, its connection's. REQUIRES: gone before its Database.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  // Parameters count from 1. Texts and blobs are not copied: they stay valid until the next reset().
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind_blob(int parameter, std::string_view bytes);

  // True: there is a row. False: the end.
  Result<bool> step();
  // Runs it to its end, and resets it.
  Result<void> run();
  void reset();  // and forgets what was bound

  // Columns count from 0. Views are valid until the next step() or reset(). REQUIRES: step() said true.
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  std::string_view blob(int column) const;

  explicit operator bool() const { return statement_ != nullptr; }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  enum class Access {
    kRead,    // the file must be there
    kWrite,   // the file must be there
    kCreate,  // it is made if need be
  };
  struct Options {
    Access access = Access::kRead;
    std::chrono::milliseconds busy_wait{2000};  // for another process that writes
    std::string vfs;                            // SQLite's name of a file system layer; empty: the default
  };

  static Result<Database> open(const std::filesystem::path& path, const Options& options);

  Result<void> execute(const char* sql);  // one statement or several, without rows that matter
  Result<Statement> prepare(std::string_view sql);
  Result<std::int64_t> integer(std::string_view sql);  // the first column of the first row; 0 if there is none
  Result<std::string> text(std::string_view sql);      // the same; empty if there is none

  std::int64_t last_insert_id() const;
  std::int64_t changes() const;  // rows changed by the last statement
  bool in_transaction() const;
  void roll_back();  // if one is open; cannot fail

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };

  Database(sqlite3* connection, std::filesystem::path path) : connection_(connection), path_(std::move(path)) {}
  Error failure() const;

  std::unique_ptr<sqlite3, Close> connection_;
  std::filesystem::path path_;
};

// BEGIN ... COMMIT; rolled back unless commit() succeeded.
class Transaction {
 public:
  enum class Kind { kRead, kWrite };

  static Result<Transaction> begin(Database& database, Kind kind);
  ~Transaction() {
    if (database_ != nullptr) database_->roll_back();
  }
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;

  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;
};

}  // namespace cell0::store
