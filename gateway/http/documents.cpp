#include "gateway/http/documents.h"

#include "gateway/http/asyncapi.h"
#include "gateway/http/openapi.h"

namespace cell0::gateway {

void DocumentRoutes::add_to(Router& router) {
  router.add({
      {"GET", "/openapi.json", listeners::kAll, Need::nothing(), [this](const Exchange& e) { openapi(e); }},
      {"GET", "/asyncapi.json", listeners::kAll, Need::nothing(), [this](const Exchange& e) { asyncapi(e); }},
  });
}

void DocumentRoutes::openapi(const Exchange& exchange) {
  const unsigned listener = listeners::of(exchange.connection().listener().name);
  std::string& text = openapi_[listener];
  if (text.empty()) text = openapi_json(router_, listener);
  exchange.respond(json_response(text));
}

void DocumentRoutes::asyncapi(const Exchange& exchange) {
  if (asyncapi_.empty()) asyncapi_ = asyncapi_json();
  exchange.respond(json_response(asyncapi_));
}

}  // namespace cell0::gateway
