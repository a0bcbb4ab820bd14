// GET /api/v1/presence: filters, pages, and what is wrong with a query.
#include "gateway/http/presence.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

struct Bench : PresenceSource {
  Bench() {
    ConnectionId connection = 0;
    for (const char* id : {"a", "b", "c", "d"}) {
      EntityInfo info;
      info.entity_id = id;
      if (*id == 'b') info.entity_type = "user";
      CHECK(presence.connected(++connection, info).ok());
    }
  }
  void ask_presence(v1::Request, OnAnswer) override {}
  bool presence_connected() const override { return false; }
  void run_presence_soon() override {}

  HttpResponse get(const std::string& query) const {
    HttpRequest request;
    request.query = query;
    return presence_response(presence, request);
  }
  // Status, ids and `next`: "200 a b next=b".
  std::string text(const std::string& query) const {
    const HttpResponse response = get(query);
    std::string text = std::to_string(response.status);
    const auto parsed = parse_json(response.body);
    if (response.status != 200) return text;
    for (const auto& entry : (*parsed)["presence"].GetArray())
      text += " " + std::string(entry["entity_id"].GetString());
    if (const auto next = json_string(*parsed, "next")) text += " next=" + std::string(*next);
    return text;
  }

  ManualClock clock;
  CoreLimits limits;
  Presence presence{*this, clock, limits, "0123456789abcdef"};
};

TEST_CASE("presence is listed by id, filtered, a page at a time") {
  const Bench bench;
  CHECK(bench.text("") == "200 a b c d");
  CHECK(bench.text("entity_type=user") == "200 b");
  CHECK(bench.text("entity_type=agent&limit=2&online=1") == "200 a c next=c");
  CHECK(bench.text("entity_type=agent&limit=2&after=c") == "200 d");
  CHECK(bench.text("entity_id=c") == "200 c");
}

TEST_CASE("what is wrong with a query is named") {
  const Bench bench;
  CHECK(bench.text("entity_id=x") == "404");
  for (const char* query : {"entity_type=ghost", "limit=0", "limit=1001", "limit=x", "online=2"}) {
    CHECK(bench.text(query) == "400");
  }
  CHECK(bench.get("entity_type=ghost").body.find("entity_type: \\\"ghost\\\" is none of") != std::string::npos);
}

}  // namespace
