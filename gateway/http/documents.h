// GET /openapi.json and /asyncapi.json: what this gateway speaks, for programs.
#pragma once

#include <map>
#include <string>

#include "gateway/http/router.h"

namespace cell0::gateway {

class DocumentRoutes {
 public:
  // Outlives it: they say what it has when they are first asked for.
  explicit DocumentRoutes(const Router& router) : router_(router) {}
  void add_to(Router& router);

 private:
  void openapi(const Exchange& exchange);
  void asyncapi(const Exchange& exchange);

  const Router& router_;
  std::map<unsigned, std::string> openapi_;  // by listener; made once
  std::string asyncapi_;
};

}  // namespace cell0::gateway
