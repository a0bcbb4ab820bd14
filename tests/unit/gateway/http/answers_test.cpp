// How routes answer.
#include "gateway/http/answers.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

TEST_CASE("every kind of error has its status and its name") {
  struct Row {
    ErrorCode code;
    int status;
    const char* name;
  };
  const Row rows[] = {
      {ErrorCode::kInvalid, 400, "invalid"},         {ErrorCode::kUnauthenticated, 401, "unauthenticated"},
      {ErrorCode::kForbidden, 403, "forbidden"},     {ErrorCode::kNotFound, 404, "not_found"},
      {ErrorCode::kConflict, 409, "conflict"},       {ErrorCode::kGone, 410, "gone"},
      {ErrorCode::kTooLarge, 413, "too_large"},      {ErrorCode::kFull, 503, "full"},
      {ErrorCode::kUnavailable, 503, "unavailable"}, {ErrorCode::kTimeout, 504, "timeout"},
      {ErrorCode::kInternal, 500, "internal"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(http_status(row.code) == row.status);
    CHECK(std::string(error_name(row.code)) == row.name);
  }
}

TEST_CASE("an error is a JSON object, its text escaped") {
  const HttpResponse response = error_response({ErrorCode::kNotFound, "no \"such\"\nthing"});
  CHECK(response.status == 404);
  CHECK(response.content_type == "application/json");
  CHECK(response.body == R"({"error":{"code":"not_found","message":"no \"such\"\nthing"}})");
  CHECK(response.headers.empty());
}

TEST_CASE("a client is told how to authenticate, and when to come back") {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  CHECK(error_response({ErrorCode::kUnauthenticated, ""}).headers == Headers{{"www-authenticate", "Bearer"}});
  CHECK(error_response({ErrorCode::kUnavailable, ""}).headers == Headers{{"retry-after", "2"}});
}
