// What the arcane REST takes, and how it refuses. The rest of it: tests/system/daemons_test.py.
#include "gateway/http/arcane_routes.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

using Kind = BodyField::Kind;
const std::vector<BodyField> kFields{
    {"name", Kind::kText, true, 8}, {"more", Kind::kObject, false}, {"flag", Kind::kFlag, false}};

}  // namespace

TEST_CASE("a body is taken field by field, and what is wrong with it is named") {
  const struct {
    const char* why;
    const char* body;
    const char* taken;  // or the error
  } rows[] = {
      {"no JSON", "daemon", "body: "},
      {"nothing", "", "body: "},
      {"no object", "[1]", "body: not a JSON object"},
      {"missing", "{}", "name: it is missing"},
      {"null", R"({"name":null})", "name: not a string"},
      {"a number", R"({"name":7})", "name: not a string"},
      {"empty", R"({"name":" "})", "name: it is empty"},
      {"too long", R"({"name":"123456789"})", "name: over 8 bytes long"},
      {"an array for an object", R"({"name":"x","more":[]})", "more: not an object"},
      {"a text for a flag", R"({"name":"x","flag":"true"})", "flag: not true or false"},
      {"the least", R"({"name":"x"})", R"({"name":"x"})"},
      {"an object that is null", R"({"name":"x","more":null})", R"({"name":"x","more":null})"},
      {"all, and others", R"({"z":1,"flag":true,"more":{"a":[1]},"name":"12345678"})",
       R"({"name":"12345678","more":{"a":[1]},"flag":true})"},
      {"twice: the first", R"({"name":"a","name":"b"})", R"({"name":"a"})"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.why);
    const auto body = read_body(row.body, kFields);
    if (body)
      CHECK(*body == row.taken);
    else
      CHECK(body.error().text.starts_with(row.taken));
  }
}

TEST_CASE("a count is held within bounds; what is no number is refused") {
  const auto count = [](std::string query) {
    HttpRequest request;
    request.query = std::move(query);
    return read_count(request);
  };
  CHECK(*count("") == 10);
  CHECK(*count("count=7") == 7);
  CHECK(*count("count=0") == 1);
  CHECK(*count("count=-5") == 1);
  CHECK(*count("count=101") == 100);
  CHECK(*count("count=99999999999999999999") == 100);
  CHECK(*count("count=-99999999999999999999") == 1);
  for (const char* wrong : {"count=", "count=x", "count=1.5", "count=5x", "count=%205"}) {
    CAPTURE(wrong);
    CHECK(count(wrong).error().code == ErrorCode::kInvalid);
  }
}

TEST_CASE("an error is its detail, under the status of its kind") {
  CHECK(arcane_error({ErrorCode::kInvalid, "x: \"y\""}).body == R"({"detail":"x: \"y\""})");
  CHECK(arcane_error({ErrorCode::kInvalid, ""}).status == 422);
  CHECK(arcane_error({ErrorCode::kTooLarge, ""}).status == 422);
  CHECK(arcane_error({ErrorCode::kConflict, ""}).status == 400);
  CHECK(arcane_error({ErrorCode::kUnauthenticated, ""}).status == 401);
  CHECK(arcane_error({ErrorCode::kForbidden, ""}).status == 403);
  CHECK(arcane_error({ErrorCode::kUnavailable, ""}).status == 503);
  CHECK(arcane_error({ErrorCode::kFull, ""}).status == 503);
  CHECK(arcane_error({ErrorCode::kTimeout, ""}).status == 504);
}
