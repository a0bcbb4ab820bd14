// What ArcaneOS says: the texts of spells, of daemons that speak, of answers and of failures. Nothing depends on them.
#pragma once

#include <string>
#include <string_view>

#include "emitters/daemons/daemon_profile.h"
#include "emitters/daemons/registry.h"

namespace cell0::emit {

enum class SpellKind { kSummon, kInvoke, kBanish, kReveal, kParse, kVoice };
std::string_view name_of(SpellKind kind);  // "summon"

// Of a spell event: what people read. `seconds` only of an invoke.
std::string summon_text(const DaemonProfile& daemon);
std::string invoke_text(const DaemonProfile& daemon, double seconds);
std::string banish_text(const DaemonProfile& daemon, std::uint64_t invocations);
std::string reveal_text(std::string_view query_type, const DaemonProfile* daemon);
std::string parse_text(std::string_view spell, std::string_view action);  // action "": not understood
std::string veil_text(bool veil);
std::string failure_text(SpellKind kind, std::string_view daemon, std::string_view why);

// What is shown for a failure (metadata.failure_phrase).
std::string_view failure_phrase(SpellKind kind);

// What the daemon says then. `turn` chooses one of its lines, so that it does not repeat itself.
std::string voice_line(const DaemonProfile& daemon, SpellKind kind, std::uint64_t turn);

}  // namespace cell0::emit
