// The coda dialect (dialects.md section 3): flat typed events, a replay of the important ones, chat and audio from the
// client. How an event looks: coda_events.h.
#pragma once

#include "gateway/dialects/dialect.h"

namespace cell0::gateway {

class CodaDialect final : public Dialect {
 public:
  std::string_view name() const override { return "coda"; }
  v1::Audience audience() const override { return v1::AUDIENCE_CODA; }
  std::string_view default_name() const override { return "all"; }
  KeepAlive keep_alive() const override;
  Manners manners() const override;
  v1::Filter meant(v1::Filter filter) const override;

  Decoded decode(std::string_view text) const override;
  Decoded decode_binary(std::string_view bytes) const override;
  void reply(std::string& out, const ReplyContext&, const Reply& reply) const override;
  void event(std::string& out, const Event& event) const override;
  void skipped(std::string& out, const Skipped& skipped) const override;
  void resumed(std::string& out, const Resumed& resumed) const override;
};

}  // namespace cell0::gateway
