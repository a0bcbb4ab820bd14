// Clients of gateways as rows: the furthest behind first, as a table and as JSON lines.
#include "cli/client_table.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::cli;

namespace {

constexpr const char* kPage = R"({"gateway":"g","newest_seq":9,"clients":[
  {"id":1,"kind":"stream","peer":"127.0.0.1:1","state":"live","lag_events":0,"lag_ms":0,"queue_bytes":0,"skipped":0},
  {"id":2,"kind":"cell0d","peer":"127.0.0.1:2","entity":"admin","consumer":"mail","state":"behind","lag_events":7,
   "lag_ms":120,"queue_bytes":300,"skipped":4},
  {"id":3,"kind":"cell0d","peer":"127.0.0.1:3","entity":"a\u001bb","state":"behind","lag_events":null,"lag_ms":null,
   "queue_bytes":9,"skipped":0}],"next":3})";

}  // namespace

TEST_CASE("what is no page of clients is refused") {
  std::vector<ClientRow> rows;
  for (const char* body : {"", "[]", "{}", R"({"clients":{}})", R"({"clients":[1]})"}) {
    CAPTURE(body);
    CHECK_FALSE(append_client_rows(body, rows).ok());
  }
  CHECK(rows.empty());
}

TEST_CASE("rows of a page, and where the next one begins") {
  std::vector<ClientRow> rows;
  CHECK(append_client_rows(kPage, rows).value() == 3);
  REQUIRE(rows.size() == 3);
  CHECK(rows[1].who == "mail");
  CHECK(rows[1].lag_events == 7);
  CHECK_FALSE(rows[2].lag_events.has_value());
  CHECK(append_client_rows(R"({"clients":[],"next":null})", rows).value() == 0);
}

TEST_CASE("the furthest behind comes first, one beyond what the gateway holds before all") {
  std::vector<ClientRow> rows;
  REQUIRE(append_client_rows(kPage, rows).ok());
  sort_by_lag(rows);
  CHECK(rows[0].id == 3);
  CHECK(rows[1].id == 2);
  CHECK(rows[2].id == 1);
}

TEST_CASE("a table has a line each, and no control characters") {
  std::vector<ClientRow> rows;
  REQUIRE(append_client_rows(kPage, rows).ok());
  CHECK(client_table(rows) ==
        "GATEWAY  ID  KIND    WHO   PEER         STATE   LAG  LAG_MS  QUEUE  SKIPPED\n"
        "g        1   stream        127.0.0.1:1  live    0    0       0      0\n"
        "g        2   cell0d  mail  127.0.0.1:2  behind  7    120     300    4\n"
        "g        3   cell0d  a?b   127.0.0.1:3  behind  -    -       9      0\n");
}

TEST_CASE("JSON lines have everything, and the gateway") {
  std::vector<ClientRow> rows;
  REQUIRE(append_client_rows(kPage, rows).ok());
  rows.resize(1);
  CHECK(json_lines(rows) ==
        R"({"gateway":"g","id":1,"kind":"stream","peer":"127.0.0.1:1","state":"live","lag_events":0,"lag_ms":0,)"
        R"("queue_bytes":0,"skipped":0})"
        "\n");
}
