// The documents put together: from the router's table, the parts that people wrote, and the schema of events.
#include <doctest/doctest.h>

#include "gateway/http/asyncapi.h"
#include "gateway/http/document_writer.h"
#include "gateway/http/event_schemas.h"
#include "gateway/http/openapi.h"

using namespace cell0;
using namespace cell0::gateway;

namespace {

// No token is ever checked here.
struct NobodysRevocations final : RevocationSource {
  void ask_revocations(const v1::RevocationsRequest&, OnPage) override {}
  void tell_revoked(const v1::RevokeRequest&, OnRevoked) override {}
};

AuthSettings settings() {
  AuthSettings made;
  made.admin_token = "unused";
  return made;
}

struct Fixture {
  NobodysRevocations source;
  SystemClock clock;
  SystemRandom random;
  UuidGenerator ids{clock, random};
  Revocations revocations{source, clock, std::chrono::seconds(1)};
  Authenticator auth{settings(), revocations, clock, ids};
  Router router{auth};

  void add(std::string_view method, std::string_view path, Need need, unsigned listeners = listeners::kAll) {
    router.add({{method, path, listeners, need, [](const Exchange&) {}}});
  }
  rapidjson::Document document(unsigned listener) const {
    return parse_json(openapi_json(router, listener), {64}).value();
  }
};

const rapidjson::Value* at(const rapidjson::Value& from, std::initializer_list<std::string_view> keys) {
  const rapidjson::Value* value = &from;
  for (const std::string_view key : keys) {
    if (value != nullptr) value = json_member(*value, key);
  }
  return value;
}

std::string schema_of(std::string_view type, EventForm form) {
  std::string text;
  JsonWriter out(text);
  write_data_schema(out, *find_event_type(type), form);
  return text;
}

}  // namespace

TEST_CASE("the document of a listener has the routes of that listener and nothing else") {
  Fixture f;
  f.add("GET", "/api/v1/events", Need::some("history"));
  f.add("GET", "/api/v1/topics", Need::some("subscribe"), listeners::kNeolith);
  const auto http = f.document(listeners::kHttp);
  CHECK(at(http, {"paths"})->MemberCount() == 1);
  CHECK(at(http, {"paths", "/api/v1/events"})->MemberCount() == 1);
  CHECK(at(f.document(listeners::kNeolith), {"paths"})->MemberCount() == 2);
}

TEST_CASE("an operation has the words that somebody wrote, and the scope of the router's table") {
  Fixture f;
  f.add("GET", "/api/v1/events", Need::some("history"));
  f.add("GET", "/api/v1/presence", Need::scope("presence", "read"));
  f.add("GET", "/healthz", Need::nothing());
  const auto document = f.document(listeners::kApi);
  const auto* events = at(document, {"paths", "/api/v1/events", "get"});
  REQUIRE(events != nullptr);
  CHECK(json_string(*events, "operationId") == "readEvents");
  CHECK(json_string(*events, "x-cell0-scope") == "history:*");
  CHECK(at(*events, {"security"})->Size() == 3);
  CHECK(at(*events, {"responses", "401"}) != nullptr);
  CHECK(json_string(*at(document, {"paths", "/api/v1/presence", "get"}), "x-cell0-scope") == "presence:read");
  CHECK(at(document, {"paths", "/healthz", "get", "security"})->Empty());
}

TEST_CASE("a route that nobody wrote about is there, without a word") {
  Fixture f;
  f.add("DELETE", "/nobody/wrote/{this}", Need::nothing());
  const auto document = f.document(listeners::kHttp);
  const auto* operation = at(document, {"paths", "/nobody/wrote/{this}", "delete"});
  REQUIRE(operation != nullptr);
  CHECK(at(*operation, {"operationId"}) == nullptr);
}

TEST_CASE("every event type has its data in both documents, as received and as published") {
  const auto asyncapi = parse_json(asyncapi_json(), {64});
  REQUIRE(asyncapi);
  const auto openapi = Fixture().document(listeners::kHttp);
  for (const EventType& type : event_types()) {
    CAPTURE(type.name);
    CHECK(at(*asyncapi, {"components", "schemas", "data." + type.name}) != nullptr);
    CHECK(at(openapi, {"components", "schemas", "data." + type.name}) != nullptr);
    CHECK(at(openapi, {"components", "schemas", "new." + type.name}) != nullptr);
  }
}

TEST_CASE("what is published must have what is required, and null is absence") {
  CHECK(schema_of("tts_status", EventForm::kPublished) ==
        R"({"type":"object","properties":{"status":{"type":"string","enum":["idle","processing","playing"]}},)"
        R"("required":["status"]})");
  CHECK(schema_of("client_connect", EventForm::kPublished) ==
        R"({"type":"object","properties":{"client_id":{"type":"string"},)"
        R"("path":{"type":["string","null"],"default":"/"}},"required":["client_id"]})");
}

TEST_CASE("what is received has its defaults; what is absent without one is left out, or null where all are flat") {
  CHECK(schema_of("client_connect", EventForm::kReceived) ==
        R"({"type":"object","properties":{"client_id":{"type":"string"},)"
        R"("path":{"type":"string","default":"/"}},"required":["client_id","path"]})");
  CHECK(schema_of("tts_progress", EventForm::kReceived) ==
        R"({"type":"object","properties":{"progress_percent":{"type":"number"},)"
        R"("estimated_duration_ms":{"type":"number"}},"required":["progress_percent"]})");
  CHECK(schema_of("tts_progress", EventForm::kFlat) ==
        R"({"type":"object","properties":{"progress_percent":{"type":"number"},)"
        R"("estimated_duration_ms":{"type":["number","null"]}},)"
        R"("required":["progress_percent","estimated_duration_ms"]})");
}
