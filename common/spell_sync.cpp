#include "common/spell_sync.h"

namespace cell0 {
namespace {

void optional_text(JsonWriter& out, std::string_view name, std::string_view text) {
  out.key(name);
  if (text.empty())
    out.null();
  else
    out.string(text);
}

}  // namespace

void write_spell_sync(JsonWriter& out, const SpellSync& sync) {
  const bool shown = sync.veil;
  const bool failed = !sync.success;
  out.begin_object();
  out.member("mode", shown ? "fantasy" : "developer");
  out.member("deadline_ms", shown ? 200 : 50);
  optional_text(out, "animation", !shown ? "" : failed ? "invert" : "pulse");
  out.member("particles", shown && !failed ? "fade_to_idle" : "halt");
  optional_text(out, "audio", !shown ? "" : failed ? "error" : "success");
  out.member("invert", shown && failed);
  if (shown && failed) out.member("text_color", "#ff1744");
  if (failed && !sync.failure_phrase.empty()) out.member(shown ? "display_text" : "failure", sync.failure_phrase);
  out.end_object();
}

}  // namespace cell0
