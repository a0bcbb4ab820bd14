// The cell0d dialect (dialects.md section 1): JSON messages with a `type`, an event stream that begins with `all`.
#pragma once

#include "gateway/dialects/dialect.h"

namespace cell0::gateway {

class Cell0dDialect final : public Dialect {
 public:
  std::string_view name() const override { return "cell0d"; }
  v1::Audience audience() const override { return v1::AUDIENCE_CELL0D; }
  std::string_view default_name() const override { return "all"; }
  KeepAlive keep_alive() const override;

  Decoded decode(std::string_view text) const override;
  void reply(std::string& out, const ReplyContext&, const Reply& reply) const override;
  void event(std::string& out, const Event& event) const override;
  void skipped(std::string& out, const Skipped& skipped) const override;
  void resumed(std::string& out, const Resumed& resumed) const override;
};

}  // namespace cell0::gateway
