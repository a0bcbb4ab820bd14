// Filters and beginnings in a URL's query.
#include "gateway/http/query.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

HttpRequest request(const std::string& query, const std::string& last_event_id = "") {
  HttpRequest made;
  made.query = query;
  if (!last_event_id.empty()) made.headers.push_back({"last-event-id", last_event_id});
  return made;
}

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

}  // namespace

TEST_CASE("history begins after a seq, at a time, or with the newest") {
  CHECK_FALSE(read_history_since(request(""))->seq.has_value());
  CHECK_FALSE(read_history_since(request(""))->time.has_value());
  CHECK(read_history_since(request("since=17"))->seq == Seq{17});
  CHECK_FALSE(read_history_since(request("since=17"))->time.has_value());
  CHECK(to_iso8601(*read_history_since(request("since=2026-02-12T10:30:00Z"))->time) == "2026-02-12T10:30:00.000000Z");
  CHECK(to_iso8601(*read_history_since(request("since=@1770892200.5"))->time) == "2026-02-12T10:30:00.500000Z");
  CHECK(
      read_history_since(request("since=yesterday")).error().text ==
      "since: \"yesterday\" is not a time (2026-02-12T10:30:00Z, or @1770892200 in seconds since 1970), and not a seq");
  CHECK(read_history_since(request("since=")).error().code == ErrorCode::kInvalid);
  CHECK(read_history_since(request("since=99999999999999999999")).error().code == ErrorCode::kInvalid);
}

TEST_CASE("a query that is wrong is refused with the parameter's name and what is right") {
  struct Row {
    const char* query;
    const char* last_event_id;
    const char* text;
  };
  const Row rows[] = {
      {"since=x", "", "since: \"x\" is not a whole number (0-9007199254740991)"},
      {"since=", "", "since: \"\" is not a whole number (0-9007199254740991)"},
      {"since=-1", "", "since: \"-1\" is not a whole number (0-9007199254740991)"},
      {"since=1.5", "", "since: \"1.5\" is not a whole number (0-9007199254740991)"},
      {"since=9007199254740992", "", "since: \"9007199254740992\" is not a whole number (0-9007199254740991)"},
      {"since=99999999999999999999", "", "since: \"99999999999999999999\" is not a whole number (0-9007199254740991)"},
      {"", "abc", "Last-Event-ID: \"abc\" is not a whole number (0-9007199254740991)"},
      {"min_priority=0", "", "min_priority: \"0\" is not a whole number (1-10)"},
      {"min_priority=11", "", "min_priority: \"11\" is not a whole number (1-10)"},
      {"min_priority=high", "", "min_priority: \"high\" is not a whole number (1-10)"},
      {"types=a*b", "", "types: \"a*b\": a * stands at the end only"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.query);
    const auto query = read_stream_query(request(row.query, row.last_event_id), v1::AUDIENCE_CELL0D);
    REQUIRE_FALSE(query.ok());
    CHECK(query.error().code == ErrorCode::kInvalid);
    CHECK(query.error().text == row.text);
  }
  const auto topics = read_stream_query(request("topics=a..b"), v1::AUDIENCE_CELL0D);
  REQUIRE_FALSE(topics.ok());
  CHECK(topics.error().text.rfind("topics: \"a..b\": ", 0) == 0);
}

TEST_CASE("a query becomes a filter") {
  struct Row {
    const char* query;
    v1::Audience audience;
    const char* types;
    const char* topics;
    const char* sources;
  };
  const Row rows[] = {
      {"", v1::AUDIENCE_CELL0D, "", "", ""},
      {"x=1", v1::AUDIENCE_CELL0D, "", "", ""},
      {"types=", v1::AUDIENCE_CELL0D, "", "", ""},
      {"types=,", v1::AUDIENCE_CELL0D, "", "", ""},  // names nothing: not a filter that admits everything
      {"types=b,a_*,b", v1::AUDIENCE_ANY, "a_*,b", "", ""},
      {"type=a", v1::AUDIENCE_ANY, "a", "", ""},
      {"types=%61%2Cb", v1::AUDIENCE_ANY, "a,b", "", ""},
      {"types=all,llm_token", v1::AUDIENCE_CELL0D, "llm_token", "", ""},
      {"topics=channels.*", v1::AUDIENCE_ANY, "", "channels.*", ""},
      {"topic=a,b.%3E", v1::AUDIENCE_ANY, "", "a,b.>", ""},
      {"topics=a&types=all", v1::AUDIENCE_CELL0D, "", "a", ""},
      {"sources=log.*,kernel", v1::AUDIENCE_CELL0D, "", "", "kernel,log.*"},
      {"source=kernel", v1::AUDIENCE_CELL0D, "", "", "kernel"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.query);
    const auto query = read_stream_query(request(row.query), v1::AUDIENCE_CELL0D);
    REQUIRE(query.ok());
    CHECK(query->filter.proto().audience() == row.audience);
    CHECK(joined(query->filter.proto().types()) == row.types);
    CHECK(joined(query->filter.proto().topics()) == row.topics);
    CHECK(joined(query->filter.proto().sources()) == row.sources);
    CHECK_FALSE(query->since);
  }
}

TEST_CASE("priority, session and beginning are read") {
  const auto query = read_stream_query(request("min_priority=4&session_id=s%201&since=17"), v1::AUDIENCE_STREAM);
  REQUIRE(query.ok());
  CHECK(query->filter.proto().min_priority() == 4);
  CHECK(query->filter.proto().session_id() == "s 1");
  CHECK(query->since == Seq{17});
}

TEST_CASE("a stream goes on after its Last-Event-ID, also where the URL says where it once began") {
  CHECK(read_stream_query(request("", "42"), v1::AUDIENCE_STREAM)->since == Seq{42});
  CHECK(read_stream_query(request("since=7", "42"), v1::AUDIENCE_STREAM)->since == Seq{42});
  CHECK(read_stream_query(request("since=7"), v1::AUDIENCE_STREAM)->since == Seq{7});
}

TEST_CASE("a number is absent, or whole and within its bound") {
  CHECK(*read_number(request("a=1"), "limit", 10) == std::nullopt);
  CHECK(*read_number(request("limit=10"), "limit", 10) == 10u);
  CHECK_FALSE(read_number(request("limit=11"), "limit", 10).ok());
  CHECK_FALSE(read_number(request("limit=1 "), "limit", 10).ok());
}
