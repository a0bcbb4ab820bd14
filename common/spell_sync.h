// The directives by which a client shows a spell (dialects.md section 4, `metadata.sync`): what moves, what sounds,
// until when. Written by whoever casts the spell, or filled in for arcane clients where the caster gave none. Pure.
#pragma once

#include <string_view>

#include "common/json.h"

namespace cell0 {

struct SpellSync {
  bool success = true;
  bool veil = true;                      // drawn: fantasy mode; else developer mode
  std::string_view failure_phrase = {};  // to be shown for a failure; may be empty
};

// Appends the whole object as one value.
void write_spell_sync(JsonWriter& out, const SpellSync& sync);

}  // namespace cell0
