#include "common/store/names.h"

#include "tests/unit/common/store/fixture.h"

namespace cell0::store {
namespace {

TEST_CASE("a name has one number for good, whether it is cached or not") {
  LogFile log;
  auto writer = NameWriter::create(*log.database, NameKind::kTopic, 2).value();
  const std::int64_t first = writer.number_of("a", Seq{1}).value();
  CHECK(writer.number_of("b", Seq{2}).value() != first);
  CHECK(writer.number_of("c", Seq{3}).value() != first);  // the cache is full: it begins anew
  CHECK(writer.number_of("a", Seq{4}).value() == first);
  auto reader = NameReader::create(*log.database, NameKind::kTopic, 1).value();
  CHECK(reader.name_of(first).value() == "a");
  CHECK(reader.name_of(first + 1).value() == "b");
  CHECK(reader.name_of(first).value() == "a");
  const auto unknown = reader.name_of(99);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::kInvalid);
  CHECK(unknown.error().text.find("99") != std::string::npos);
}

TEST_CASE("names made in a transaction that is not committed are not remembered") {
  LogFile log;
  auto writer = NameWriter::create(*log.database, NameKind::kType).value();
  {
    auto transaction = Transaction::begin(*log.database, Transaction::Kind::kWrite);
    REQUIRE(writer.number_of("a", Seq{1}));
  }
  writer.forget();
  CHECK(log.database->integer("SELECT count(*) FROM type").value() == 0);
  REQUIRE(writer.number_of("a", Seq{1}));
  CHECK(log.database->integer("SELECT count(*) FROM type").value() == 1);
}

TEST_CASE("names are dropped once no event can have them, and never while one can") {
  LogFile log;
  auto writer = NameWriter::create(*log.database, NameKind::kTopic).value();
  const Seq begin{kNameSlack * 10};
  const std::int64_t old = writer.number_of("old", begin).value();
  REQUIRE(writer.number_of("used", begin));
  const Seq later{begin.value + kNameSlack + 1};
  REQUIRE(writer.number_of("used", later));
  CHECK(writer.drop_unused(Seq{begin.value + kNameSlack}, 10).value() == 0);
  CHECK(writer.drop_unused(Seq{later.value + 1}, 10).value() == 1);
  CHECK(log.database->text("SELECT name FROM topic").value() == "used");
  CHECK(writer.number_of("old", later).value() > old);  // a new number
}

}  // namespace
}  // namespace cell0::store
