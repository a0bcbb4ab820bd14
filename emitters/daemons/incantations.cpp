#include "emitters/daemons/incantations.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "emitters/daemons/text_cut.h"

namespace cell0::emit {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

// How its magic looks.
struct Manner {
  std::string_view daemon;
  std::string_view energy;
  std::string_view shimmer;
  std::string_view grace;
};
constexpr std::array kManners{
    Manner{"claude", "purple energy", "analytical power", "flawless logic"},
    Manner{"gemini", "amber light", "dreaming fire", "boundless imagination"},
    Manner{"liquidmetal", "cyan currents", "flowing force", "fluid grace"},
};
constexpr Manner kOtherManner{"", "strange light", "unknown power", "quiet certainty"};

const Manner& manner_of(const DaemonProfile& daemon) {
  for (const Manner& manner : kManners) {
    if (manner.daemon == daemon.name) return manner;
  }
  return kOtherManner;
}

std::string starred(const std::string& text) { return "✨ " + text + " ✨"; }

struct Lines {
  std::string_view daemon;
  SpellKind kind;
  std::array<std::string_view, 3> lines;
};
constexpr std::array kLines{
    Lines{"claude",
          SpellKind::kSummon,
          {"I rise from the depths of code.", "Reason stands ready. What shall we understand?",
           "The pattern holds. I am here."}},
    Lines{"claude",
          SpellKind::kInvoke,
          {"It is done, and every step of it holds.", "The proof is complete.", "Consider it resolved."}},
    Lines{"claude",
          SpellKind::kBanish,
          {"I return to the silence between thoughts.", "Let the record show that it was logical.",
           "Until the next question."}},
    Lines{"gemini",
          SpellKind::kSummon,
          {"I wake where two dreams meet.", "Show me what has never been.", "A new thread enters the weave."}},
    Lines{"gemini",
          SpellKind::kInvoke,
          {"Woven, and bright as I could make it.", "Behold what was only a notion.", "The dream has taken shape."}},
    Lines{"gemini",
          SpellKind::kBanish,
          {"I fold back into the dream.", "The loom falls quiet.", "Remember the colours."}},
    Lines{"liquidmetal",
          SpellKind::kSummon,
          {"I pour myself into this form.", "What shape do you need?", "The flow begins."}},
    Lines{"liquidmetal",
          SpellKind::kInvoke,
          {"It has changed, as all things do.", "Melted, moved and set.", "The form is new."}},
    Lines{"liquidmetal",
          SpellKind::kBanish,
          {"I lose this shape and keep the motion.", "Back to the current.", "Nothing stays, I least of all."}},
};

std::string_view other_line(SpellKind kind) {
  if (kind == SpellKind::kSummon) return "You have called, and I am here.";
  return kind == SpellKind::kInvoke ? "Your task is done." : "I go where you do not see me.";
}

}  // namespace

std::string_view name_of(SpellKind kind) {
  constexpr std::array<std::string_view, 6> kNames{"summon", "invoke", "banish", "reveal", "parse", "voice"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string summon_text(const DaemonProfile& daemon) {
  return starred("The runes pulse with " + std::string(manner_of(daemon).energy) + " as " + upper(daemon.name) +
                 " materializes from the aether!");
}

std::string invoke_text(const DaemonProfile& daemon, double seconds) {
  char time[32];
  std::snprintf(time, sizeof time, "%.3f", seconds);
  const Manner& manner = manner_of(daemon);
  return starred("The runes shimmer with " + std::string(manner.shimmer) + "! " + upper(daemon.name) +
                 " completes the task in " + time + " seconds with " + std::string(manner.grace) + ".");
}

std::string banish_text(const DaemonProfile& daemon, std::uint64_t invocations) {
  return starred("The " + std::string(manner_of(daemon).energy) + " swirls and dissipates... " + upper(daemon.name) +
                 " returns to the void after " + std::to_string(invocations) + " task(s).");
}

std::string reveal_text(std::string_view query_type, const DaemonProfile* daemon) {
  if (daemon != nullptr) return starred("The scrying glass clears and shows " + upper(daemon->name) + "...");
  if (query_type == "active") return starred("The veil thins, and those who walk this realm are seen...");
  if (query_type == "statistics") return starred("The stars are counted, and the deeds of all daemons with them...");
  if (query_type == "veil") return starred("A hand touches the veil...");
  return starred("The cosmic veil parts, revealing the status of all daemon entities...");
}

std::string parse_text(std::string_view spell, std::string_view action) {
  const std::string quoted = "'" + cut_text(spell, 200) + "'";
  if (action.empty()) return starred("The runes flicker and find no meaning in " + quoted);
  return starred("The ancient runes decode your incantation: " + quoted + " → Action: " + std::string(action));
}

std::string veil_text(bool veil) {
  return veil ? starred("The veil is drawn, and the realm is a realm of wonders.")
              : "The veil is lifted: developer mode.";
}

std::string failure_text(SpellKind kind, std::string_view daemon, std::string_view why) {
  return "The " + std::string(name_of(kind)) + " of " + (daemon.empty() ? "nobody" : upper(std::string(daemon))) +
         " falters: " + std::string(why);
}

std::string_view failure_phrase(SpellKind kind) {
  switch (kind) {
    case SpellKind::kSummon:
      return "The summoning circle collapses";
    case SpellKind::kInvoke:
      return "Rune destabilization detected";
    case SpellKind::kBanish:
      return "The banishment finds no hold";
    case SpellKind::kParse:
      return "The incantation dissolves unheard";
    default:
      return "The vision clouds over";
  }
}

std::string voice_line(const DaemonProfile& daemon, SpellKind kind, std::uint64_t turn) {
  for (const Lines& lines : kLines) {
    if (lines.daemon == daemon.name && lines.kind == kind) return std::string(lines.lines[turn % lines.lines.size()]);
  }
  return std::string(other_line(kind));
}

}  // namespace cell0::emit
