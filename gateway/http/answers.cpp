#include "gateway/http/answers.h"

#include <array>

#include "common/json.h"

namespace cell0::gateway {
namespace {

struct Row {
  ErrorCode code;
  int status;
  const char* name;
};

constexpr std::array kRows = {
    Row{ErrorCode::kInvalid, 400, "invalid"},
    Row{ErrorCode::kNotFound, 404, "not_found"},
    Row{ErrorCode::kUnauthenticated, 401, "unauthenticated"},
    Row{ErrorCode::kForbidden, 403, "forbidden"},
    Row{ErrorCode::kConflict, 409, "conflict"},
    Row{ErrorCode::kTooLarge, 413, "too_large"},
    Row{ErrorCode::kGone, 410, "gone"},
    Row{ErrorCode::kFull, 503, "full"},
    Row{ErrorCode::kUnavailable, 503, "unavailable"},
    Row{ErrorCode::kTimeout, 504, "timeout"},
    Row{ErrorCode::kInternal, 500, "internal"},
};

const Row& row_of(ErrorCode code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row;
  }
  return kRows.back();
}

}  // namespace

int http_status(ErrorCode code) { return row_of(code).status; }
const char* error_name(ErrorCode code) { return row_of(code).name; }

std::string error_json(const Error& error) {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.key("error");
  out.begin_object();
  out.member("code", error_name(error.code));
  out.member("message", error.text);
  out.end_object();
  out.end_object();
  return body;
}

HttpResponse error_response(const Error& error) {
  HttpResponse response{http_status(error.code), "application/json", error_json(error), {}};
  if (response.status == 401) response.headers.emplace_back("www-authenticate", "Bearer");
  if (response.status == 503) response.headers.emplace_back("retry-after", "2");
  return response;
}

HttpResponse token_error_response(const Error& error) {
  if (error.code != ErrorCode::kFull) return error_response(error);
  return {429, "application/json", error_json(error), {{"retry-after", "1"}}};
}

HttpResponse json_response(std::string body) { return {200, "application/json", std::move(body), {}}; }

}  // namespace cell0::gateway
