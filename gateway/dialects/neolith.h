// The neolith dialect (dialects.md section 5): JSON messages {"type","payload"?} about sessions that orchestrators run.
// Every message of the server carries its content a second time, as `payload`. docs/neolith.md has the choices.
#pragma once

#include "gateway/dialects/dialect.h"

namespace cell0::gateway {

class NeolithDialect final : public Dialect {
 public:
  std::string_view name() const override { return "neolith"; }
  v1::Audience audience() const override { return v1::AUDIENCE_ANY; }  // nothing comes unasked
  std::string_view default_name() const override { return {}; }        // no event type is named so
  KeepAlive keep_alive() const override;
  Manners manners() const override;

  Decoded decode(std::string_view text) const override;
  std::vector<Request> requests_of_url(const v1::Filter& asked, std::optional<Seq> since) const override;
  void reply(std::string& out, const ReplyContext& context, const Reply& reply) const override;
  void event(std::string& out, const Event& event) const override;
  void skipped(std::string& out, const Skipped& skipped) const override;
  void resumed(std::string& out, const Resumed& resumed) const override;
};

// The same events as server-sent ones: each message as `data`, its seq as the id (GET /api/daemon/events).
class NeolithStreamRenderer final : public Renderer {
 public:
  void event(std::string& out, const Event& event) const override;
  void skipped(std::string& out, const Skipped& skipped) const override;
  void resumed(std::string& out, const Resumed& resumed) const override;
};

// An event as neolith's clients see it: {"type",…,"seq","timestamp","payload"}.
std::string neolith_event(const Event& event);

// "unknown_session", "unavailable", ...: why a request was not served, for programs.
std::string_view neolith_code(Fault fault);

}  // namespace cell0::gateway
