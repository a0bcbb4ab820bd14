// Spell events as the registry publishes them (dialects.md section 4): the envelope, with metadata and sync. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cell0/v1/event.pb.h"
#include "common/json.h"
#include "emitters/daemons/incantations.h"

namespace cell0::emit {

struct SpellEvent {
  SpellKind kind = SpellKind::kReveal;
  std::string daemon_name;  // "": none
  std::string description;
  std::string error;  // "": it succeeded
  bool veil = true;
  // Writes the members of its metadata that belong to the spell; error, failure_phrase, veil and sync come behind them.
  std::function<void(JsonWriter& out)> metadata;
};

// Without id and time, which whoever publishes it fills in.
v1::Envelope spell_envelope(const SpellEvent& spell);

}  // namespace cell0::emit
