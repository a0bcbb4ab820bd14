// Server-sent events, byte for byte.
#include "gateway/dialects/stream.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

TEST_CASE("an event is one message with its seq as the id") {
  EventSpec spec;
  spec.data = R"({"text":"hi"})";
  spec.session_id = "s1";
  std::string out;
  StreamRenderer().event(out, *event(9, spec));
  CHECK(out ==
        "id: 9\ndata: "
        R"({"seq":9,"id":"00000000-0000-0000-0000-000000000009","type":"note","topic":"events.note","source":"test",)"
        R"("timestamp":"2026-02-12T10:30:00.123456Z","priority":5,"session_id":"s1","data":{"text":"hi"}})"
        "\n\n");
}

TEST_CASE("what is skipped whole moves the client's place, what is skipped in part does not") {
  std::string out;
  StreamRenderer().skipped(out, {Seq{5}, Seq{9}, 0, 3, SkipReason::kSlow});
  CHECK(out ==
        "event: skipped\nid: 9\ndata: "
        R"({"from_seq":5,"to_seq":9,"priority_above":0,"count":3,"reason":"slow"})"
        "\n\n");
  out.clear();
  StreamRenderer().skipped(out, {Seq{5}, Seq{9}, 4, 3, SkipReason::kSlow});
  CHECK(out ==
        "event: skipped\ndata: "
        R"({"from_seq":5,"to_seq":9,"priority_above":4,"count":3,"reason":"slow"})"
        "\n\n");
  out.clear();  // some of a range that is not retained may follow
  StreamRenderer().skipped(out, {Seq{5}, Seq{9}, 0, std::nullopt, SkipReason::kNotRetained});
  CHECK(out ==
        "event: skipped\ndata: "
        R"({"from_seq":5,"to_seq":9,"priority_above":0,"count":null,"reason":"not_retained"})"
        "\n\n");
}

TEST_CASE("a resume is told by name, without an id") {
  std::string out;
  StreamRenderer().resumed(out, {true, Seq{5}, Seq{9}});
  CHECK(out == "event: resumed\ndata: {\"recovered\":true,\"first_seq\":5,\"last_seq\":9}\n\n");
}
