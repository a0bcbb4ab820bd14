// How routes answer: errors as {"error":{"code","message"}}, everything else as JSON. Pure.
#pragma once

#include <string>

#include "common/http/message.h"
#include "common/result.h"

namespace cell0::gateway {

int http_status(ErrorCode code);         // 400, 404, 401, ...
const char* error_name(ErrorCode code);  // "invalid", "not_found", ...
std::string error_json(const Error& error);
HttpResponse error_response(const Error& error);
// Of a token that was shown: 429 if it was not looked at (admit(), kFull).
HttpResponse token_error_response(const Error& error);
HttpResponse json_response(std::string body);

}  // namespace cell0::gateway
