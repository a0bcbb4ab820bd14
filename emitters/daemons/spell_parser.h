// The spell parser: an incantation in everyday words becomes an action, a daemon and a task (docs/arcane.md).
//
//   summon claude · awaken the liquid metal · invoke gemini to write a haiku · claude, review this code ·
//   banish gemini from this realm · show me the active daemons
//
// A verb (or one of its synonyms) and a daemon make a spell; articles, prepositions and courtesies are passed over;
// what a daemon is told to do is kept to the letter. What it does not understand it says, and what may have been meant.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cell0::emit {

inline constexpr std::size_t kSpellBytesMax = 4096;

struct ParsedSpell {
  bool success = false;
  std::string action;             // "summon", "invoke", "banish", "reveal"; "": not found
  std::string daemon;             // "": none, or not found
  std::string task;               // of an invoke
  std::string parameters = "{}";  // a JSON object: of an invoke what was said as name=value; of a reveal query_type
  double confidence = 0;          // 0-1, two decimals; 0 without an action
  std::string raw_input;
  std::string error;                     // "" if it succeeded
  std::vector<std::string> suggestions;  // whole incantations; at most kSuggestionsMax

  static constexpr std::size_t kSuggestionsMax = 3;
};

// `daemons`: their names. REQUIRES: text.size() <= kSpellBytesMax.
ParsedSpell parse_spell(std::string_view text, const std::vector<std::string>& daemons);

}  // namespace cell0::emit
