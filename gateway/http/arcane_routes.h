// The REST of the arcane dialect (dialects.md section 4): the daemons' operations, passed on to the service `daemons`,
// and what there is to know of spells and channels. Errors are {"detail"}.
#pragma once

#include <string>
#include <string_view>

#include "common/link/control_client.h"
#include "gateway/core.h"
#include "gateway/http/router.h"

namespace cell0::gateway {

class ArcaneRoutes {
 public:
  // Both outlive it.
  ArcaneRoutes(Core& core, link::ControlClient& control) : core_(core), control_(control) {}

  // Outlives the router. With and without a slash at the end.
  void add_to(Router& router);

 private:
  struct Operation;
  static const Operation kOperations[];

  void run(const Exchange& exchange, const Operation& operation);
  void recent(const Exchange& exchange);
  void stats(const Exchange& exchange);
  void channels(const Exchange& exchange);

  Core& core_;
  link::ControlClient& control_;
};

// {"detail": text}: 422 for what was sent wrongly, 400 for the state of a thing, 401, 403, 404, 503, 504.
HttpResponse arcane_error(const Error& error);

// A request's body as an operation takes it: "daemon_name", "task" and so on, each checked. Pure.
struct BodyField {
  enum class Kind { kText, kObject, kFlag };
  std::string_view name;
  Kind kind = Kind::kText;
  bool required = true;
  std::size_t bytes_max = 64;  // of a text
};
// The fields alone, as a JSON object. kInvalid, kTooLarge: the text names the field, or says that it is no JSON.
Result<std::string> read_body(std::string_view text, const std::vector<BodyField>& fields);

// `?count=`: 10 without it, at least 1 and at most 100 are taken. kInvalid: no number.
Result<std::uint32_t> read_count(const HttpRequest& request);

}  // namespace cell0::gateway
