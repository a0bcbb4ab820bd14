// The OpenAPI 3.1 document of a public listener: every route that the router has there, and nothing else.
//
// Paths, methods and scopes come from the router's table, events from the schema of events; what an operation is for,
// takes and answers is written in gateway/http/documents/openapi/*.json, a part for each family of routes. The part
// named like the listener comes first, then "everyone", then the others: so /health may be another one on each
// listener. tests/system/openapi_test.py holds both against what the gateway really answers.
#pragma once

#include <string>

#include "gateway/http/router.h"

namespace cell0::gateway {

// JSON. An operation that nobody wrote about is there without a word, which the test finds.
std::string openapi_json(const Router& router, unsigned listener);

}  // namespace cell0::gateway
