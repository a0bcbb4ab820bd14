#include "broker/lease_table.h"

#include <doctest/doctest.h>

#include <vector>

#include "broker/request_ids.h"

namespace cell0::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const MonoTime kStart{std::chrono::hours(1)};

std::vector<std::string> expired(LeaseTable<int>& table, MonoTime now) {
  std::vector<std::string> gone;
  table.expire(now, [&gone](const std::string& id, int&) { gone.push_back(id); });
  return gone;
}

TEST_CASE("an entry is there for a lease, and longer with each word") {
  LeaseTable<int> table({10, seconds(3), seconds(1)}, kStart);
  *table.renew("a", kStart) = 7;
  table.renew("b", kStart);
  for (int i = 1; i <= 2; ++i) CHECK(expired(table, kStart + seconds(i)).empty());
  table.renew("b", kStart + seconds(2));
  CHECK(expired(table, kStart + seconds(3)) == std::vector<std::string>{"a"});
  CHECK(table.find("a") == nullptr);
  CHECK(table.find("b") != nullptr);
  CHECK(table.size() == 1);
  CHECK(expired(table, kStart + seconds(4)).empty());
  CHECK(expired(table, kStart + seconds(5)) == std::vector<std::string>{"b"});
}

TEST_CASE("a full table takes no new ones, and goes on with those it has") {
  LeaseTable<int> table({2, seconds(3), seconds(1)}, kStart);
  *table.renew("a", kStart) = 1;
  int* b = table.renew("b", kStart);
  *b = 2;
  CHECK(table.renew("c", kStart) == nullptr);
  REQUIRE(table.renew("a", kStart) != nullptr);
  CHECK(*table.renew("a", kStart) == 1);
  table.erase("a");
  CHECK(table.renew("c", kStart) != nullptr);
  CHECK(table.find("b") == b);  // values stay where they are
}

TEST_CASE("our own stalls extend the leases") {
  LeaseTable<int> table({2, seconds(3), seconds(1)}, kStart);
  table.renew("a", kStart);
  CHECK(table.note_stall(kStart + milliseconds(1400)) == Duration::zero());  // a tick may be a little late
  CHECK(table.note_stall(kStart + milliseconds(21'400)) == seconds(19));
  CHECK(expired(table, kStart + milliseconds(21'900)).empty());
  CHECK(expired(table, kStart + milliseconds(22'100)).size() == 1);
}

TEST_CASE("a request id's worker is known until it is too old, or too many came after") {
  RequestIds ids(2, seconds(600));
  ids.put("s", "r1", "a", kStart);
  CHECK(ids.find("s", "r1", kStart + seconds(599)) == "a");
  CHECK(ids.find("t", "r1", kStart).empty());
  ids.put("s", "r1", "a", kStart + seconds(599));  // a retry does not make it younger
  CHECK(ids.find("s", "r1", kStart + seconds(600)).empty());
  CHECK(ids.size() == 0);
  ids.put("s", "r1", "a", kStart);
  ids.put("s", "r2", "a", kStart);
  ids.put("s", "r1", "b", kStart);  // another has it now
  ids.put("s", "r3", "a", kStart);
  CHECK(ids.find("s", "r1", kStart) == "b");
  CHECK(ids.find("s", "r2", kStart).empty());
  CHECK(ids.find("s", "r3", kStart) == "a");
}

}  // namespace
}  // namespace cell0::broker
