// The arcane dialect (dialects.md section 4): bare spell events behind a welcome, and raw channels. A client has little
// to say: who it is.
#pragma once

#include <string>

#include "common/json.h"
#include "gateway/dialects/dialect.h"

namespace cell0::gateway {

// /ws/events. With a daemon's name its clients see the spells of that daemon alone.
class ArcaneDialect final : public Dialect {
 public:
  explicit ArcaneDialect(std::string daemon = {}) : daemon_(std::move(daemon)) {}

  std::string_view name() const override { return "arcane"; }
  v1::Audience audience() const override { return v1::AUDIENCE_ARCANE; }
  std::string_view default_name() const override { return "spells"; }
  KeepAlive keep_alive() const override;
  Manners manners() const override;

  Decoded decode(std::string_view text) const override;
  void reply(std::string& out, const ReplyContext&, const Reply& reply) const override;
  // Nothing for the spell of another daemon.
  void event(std::string& out, const Event& event) const override;
  void skipped(std::string& out, const Skipped& skipped) const override;
  void resumed(std::string& out, const Resumed& resumed) const override;
  bool shows(const Event& event) const override;

  const std::string& daemon() const { return daemon_; }  // "": any
  // REQUIRES: nobody uses it now.
  void set_daemon(std::string daemon) { daemon_ = std::move(daemon); }

 private:
  std::string daemon_;
};

// /ws/events/{channel}: each message exactly as it was published.
class ArcaneChannelDialect final : public Dialect {
 public:
  std::string_view name() const override { return "arcane-channel"; }
  v1::Audience audience() const override { return v1::AUDIENCE_ANY; }
  std::string_view default_name() const override { return "channel"; }
  KeepAlive keep_alive() const override;
  Manners manners() const override;

  Decoded decode(std::string_view text) const override;
  void reply(std::string& out, const ReplyContext&, const Reply& reply) const override;
  void event(std::string& out, const Event& event) const override;
  void skipped(std::string& out, const Skipped& skipped) const override;
  void resumed(std::string& out, const Resumed& resumed) const override;
};

// The event object of the stream, which REST lists, too: a spell bare, with its sync; what a client of types of its own
// gets besides as {"type","timestamp","source","data","priority"}. Both with `seq`.
void write_arcane_event(JsonWriter& out, const Event& event);

}  // namespace cell0::gateway
