#include "emitters/daemons/spell_words.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace cell0::emit {
namespace {

constexpr std::size_t kWordBytesMax = 64;  // longer ones are no typing errors of a name

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
         byte == '-' || byte == '\'' || byte >= 0x80;
}

bool is_pause(char c) { return c == ',' || c == ':' || c == ';' || c == '-'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

struct Quotes {
  std::string_view open;
  std::string_view close;
};
constexpr std::array kQuotes{Quotes{"\"", "\""}, Quotes{"'", "'"}, Quotes{"“", "”"}, Quotes{"«", "»"}};

// The quoted text that begins at `at`, if one does.
bool take_quoted(std::string_view text, std::size_t& at, SpellWord& word) {
  for (const Quotes& quotes : kQuotes) {
    if (!text.substr(at).starts_with(quotes.open)) continue;
    const std::size_t begin = at + quotes.open.size();
    const std::size_t end = text.find(quotes.close, begin);
    if (end == std::string_view::npos) continue;
    word = {std::string(text.substr(begin, end - begin)), true, word.after_pause, at, end + quotes.close.size()};
    at = word.end;
    return true;
  }
  return false;
}

bool take_word(std::string_view text, std::size_t& at, SpellWord& word) {
  std::size_t end = at;
  while (end < text.size() && is_word_byte(text[end])) ++end;
  if (end == at) return false;
  word.begin = at;
  word.end = end;
  std::transform(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end),
                 std::back_inserter(word.text), &lower);
  at = end;
  return word.text.find_first_not_of("-'") != std::string::npos;
}

}  // namespace

std::vector<SpellWord> spell_words(std::string_view text) {
  std::vector<SpellWord> words;
  bool pause = false;
  for (std::size_t at = 0; at < text.size();) {
    SpellWord word;
    word.after_pause = pause;
    const std::size_t before = at;
    if (take_quoted(text, at, word) || take_word(text, at, word)) {
      words.push_back(std::move(word));
      pause = false;
      continue;
    }
    pause = pause || is_pause(text[before]);
    at = std::max(at, before + 1);
  }
  return words;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the usual table: a swap looks two rows back.
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

std::string nearest_word(std::string_view word, std::span<const std::string> words) {
  if (word.size() < 3 || word.size() > kWordBytesMax) return {};
  std::size_t nearest = (word.size() <= 6 ? 1 : 2) + 1;
  std::string found;
  for (const std::string& candidate : words) {
    if (const std::size_t distance = edit_distance(word, candidate); distance < nearest) {
      nearest = distance;
      found = candidate;
    }
  }
  return found;
}

}  // namespace cell0::emit
