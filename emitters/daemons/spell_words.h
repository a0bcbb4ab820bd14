// The words of an incantation, and how alike two words are. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cell0::emit {

// One word or quoted text, with its place in the incantation.
struct SpellWord {
  std::string text;          // a word in lower case (ASCII letters); what stood between quotes as it was
  bool quoted = false;       // "…" or '…' or “…”
  bool after_pause = false;  // a comma, colon, dash or semicolon stood before it
  std::size_t begin = 0;     // in bytes, quotes included
  std::size_t end = 0;
};

// Words are letters, digits, _ - ' and bytes beyond ASCII; anything else parts them. A quote without its end is none.
std::vector<SpellWord> spell_words(std::string_view text);

// Insertions, deletions, replacements and swaps of neighbours that make one of the other; O(length * length).
std::size_t edit_distance(std::string_view a, std::string_view b);

// The one of `words` that is most like `word`, if a typing error explains it (1 edit in 3-6 letters, 2 beyond); of
// equals the first. Empty: none, or it is shorter than 3.
std::string nearest_word(std::string_view word, std::span<const std::string> words);

}  // namespace cell0::emit
