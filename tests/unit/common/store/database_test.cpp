#include "common/store/database.h"

#include "tests/unit/common/store/fixture.h"

namespace cell0::store {
namespace {

TEST_CASE("a transaction that is not committed is rolled back") {
  LogFile log;
  Database& database = *log.database;
  {
    auto transaction = Transaction::begin(database, Transaction::Kind::kWrite);
    REQUIRE(database.execute("INSERT INTO meta VALUES('a', 1)"));
    CHECK(database.in_transaction());
  }
  CHECK_FALSE(database.in_transaction());
  CHECK(database.integer("SELECT count(*) FROM meta").value() == 0);
  auto transaction = Transaction::begin(database, Transaction::Kind::kWrite);
  REQUIRE(database.execute("INSERT INTO meta VALUES('a', 1)"));
  CHECK(database.changes() == 1);
  REQUIRE(transaction->commit());
  CHECK(database.integer("SELECT value FROM meta").value() == 1);
  CHECK(database.text("SELECT key FROM meta").value() == "a");
}

TEST_CASE("what is bound comes back, also if it is empty") {
  LogFile log;
  auto statement = log.database->prepare("SELECT ?1, ?2, ?3").value();
  statement.bind(1, std::int64_t{-5}).bind(2, std::string_view{}).bind_blob(3, std::string_view("\0x", 2));
  REQUIRE(statement.step().value());
  CHECK(statement.integer(0) == -5);
  CHECK(statement.text(1).empty());
  CHECK(statement.blob(2) == std::string_view("\0x", 2));
  CHECK_FALSE(statement.step().value());
}

TEST_CASE("failures say which file, and what kind") {
  LogFile log;
  Database::Options options;
  const auto missing = Database::open(log.path().parent_path() / "none.db", options);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::kUnavailable);
  CHECK(missing.error().text.find("none.db") != std::string::npos);
  auto reader = Database::open(log.path(), options).value();
  const auto refused = reader.execute("INSERT INTO meta VALUES('a', 1)");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kUnavailable);
  const auto nonsense = reader.prepare("SELECT nothing FROM nowhere");
  REQUIRE_FALSE(nonsense);
  CHECK(nonsense.error().code == ErrorCode::kInternal);
}

TEST_CASE("a writer that another one keeps waiting gives up after its time") {
  LogFile log;
  Database::Options options;
  options.access = Database::Access::kWrite;
  options.busy_wait = std::chrono::milliseconds(1);
  auto other = Database::open(log.path(), options).value();
  auto transaction = Transaction::begin(*log.database, Transaction::Kind::kWrite);
  const auto second = Transaction::begin(other, Transaction::Kind::kWrite);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::kUnavailable);
}

TEST_CASE("the schema is made once, and is what it says") {
  LogFile log;
  REQUIRE(make_schema(*log.database));
  REQUIRE(check_schema(*log.database));
  CHECK(log.database->integer("PRAGMA application_id").value() == kApplicationId);
  CHECK(log.database->integer("PRAGMA user_version").value() == newest_version());
  CHECK(log.database->text("PRAGMA journal_mode").value() == "wal");
  CHECK(log.database->integer("PRAGMA page_size").value() == 4096);
}

TEST_CASE("a log of version 1 gets the table of revoked tokens, and keeps its events") {
  LogFile log;
  REQUIRE(log.database->execute("INSERT INTO topic VALUES(7, 'a', 0); DROP TABLE revoked; DROP TABLE service; PRAGMA user_version = 1"));
  REQUIRE(make_schema(*log.database));
  CHECK(log.database->integer("PRAGMA user_version").value() == newest_version());
  CHECK(log.database->integer("SELECT count(*) FROM revoked").value() == 0);
  CHECK(log.database->integer("SELECT count(*) FROM topic WHERE id = 7").value() == 1);
}

}  // namespace
}  // namespace cell0::store
