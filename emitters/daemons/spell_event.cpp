#include "emitters/daemons/spell_event.h"

#include "common/spell_sync.h"

namespace cell0::emit {

v1::Envelope spell_envelope(const SpellEvent& spell) {
  const bool success = spell.error.empty();
  const std::string_view phrase = success ? std::string_view() : failure_phrase(spell.kind);
  std::string metadata;
  JsonWriter out(metadata);
  out.begin_object();
  if (spell.metadata) spell.metadata(out);
  if (!success) {
    out.member("error", spell.error);
    out.member("failure_phrase", phrase);
  }
  if (!spell.veil) out.member("veil", false);
  out.key("sync");
  write_spell_sync(out, {success, spell.veil, phrase});
  out.end_object();

  v1::Envelope envelope;
  envelope.set_source("daemons");
  v1::Spell& event = *envelope.mutable_spell();
  event.set_spell_name(std::string(name_of(spell.kind)));
  if (!spell.daemon_name.empty()) event.set_daemon_name(spell.daemon_name);
  event.set_success(success);
  event.set_description(spell.description);
  event.mutable_metadata()->set_text(metadata);
  return envelope;
}

}  // namespace cell0::emit
