#include "gateway/http/daemon_routes.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

TEST_CASE("ids of events are their seqs, as numbers or as texts") {
  const auto read = [](std::string_view body) {
    const auto ids = read_event_ids(parse_json(body).value());
    if (!ids) return ids.error().text;
    std::string text;
    for (const std::uint64_t id : *ids) text += std::to_string(id) + " ";
    return text;
  };
  CHECK(read(R"({"eventIds":[]})") == "");
  CHECK(read(R"({"eventIds":["7",3,"5"]})") == "3 5 7 ");
  CHECK(read("{}") == "eventIds: not a list");
  CHECK(read(R"({"eventIds":"7"})") == "eventIds: not a list");
  for (const char* id : {"-1", "1.5", "\"\"", "\"7x\"", "\" 7\"", "null", "[7]", "99999999999999999"}) {
    CAPTURE(id);
    CHECK(read("{\"eventIds\":[" + std::string(id) + "]}") == "eventIds: not the ids of events (seqs)");
  }
  std::string many = "{\"eventIds\":[0";
  for (int i = 0; i < 1000; ++i) many += ",1";
  CHECK(read(many + "]}") == "eventIds: 1001, at most 1000 are taken at once");
}

TEST_CASE("a position moves up to the first event that is not done") {
  const std::vector<EventPtr> events = {event(5), event(7), event(9)};
  CHECK(position_with(Seq{3}, events, {}) == Seq{3});
  CHECK(position_with(Seq{3}, events, {7, 9}) == Seq{3});
  CHECK(position_with(Seq{3}, events, {1, 5}) == Seq{5});
  CHECK(position_with(Seq{3}, events, {5, 7, 9, 11}) == Seq{9});
  CHECK(position_with(Seq{3}, {}, {5}) == Seq{3});
}

TEST_CASE("errors have the dialect's codes, and are flat where heartbeat and events are") {
  const HttpResponse busy = neolith_error({ErrorCode::kFull, "all are"});
  CHECK(busy.status == 429);
  CHECK(busy.body == R"({"error":{"code":"busy","message":"all are"}})");
  CHECK(neolith_error({ErrorCode::kNotFound, "x"}).body == R"({"error":{"code":"unknown_session","message":"x"}})");
  CHECK(neolith_error({ErrorCode::kTimeout, "x"}).status == 504);
  CHECK(neolith_error({ErrorCode::kUnavailable, "x"}).status == 503);
  CHECK(neolith_error({ErrorCode::kConflict, "x"}).status == 409);
  const HttpResponse lost = neolith_flat_error({ErrorCode::kNotFound, "who?"});
  CHECK(lost.status == 404);
  CHECK(lost.body == R"({"error":"who?","code":"not_registered"})");
}
