#include "emitters/daemons/spell_words.h"

#include <doctest/doctest.h>

using namespace cell0::emit;

namespace {

// "a|b" for two words, quoted ones in "", what comes behind a pause with a comma before it.
std::string described(std::string_view text) {
  std::string all;
  for (const SpellWord& word : spell_words(text)) {
    if (!all.empty()) all += '|';
    all += (word.after_pause ? "," : "") + (word.quoted ? "\"" + word.text + "\"" : word.text);
  }
  return all;
}

}  // namespace

TEST_CASE("an incantation is parted into words and quoted texts") {
  const struct {
    const char* text;
    const char* words;
  } rows[] = {
      {"", ""},
      {"  \t\n ", ""},
      {"Summon CLAUDE!", "summon|claude"},
      {"invoke gemini: write", "invoke|gemini|,write"},
      {"claude, review this", "claude|,review|this"},
      {"claude - review", "claude|,review"},
      {"liquid-metal don't", "liquid-metal|don't"},
      {"say \"Hello, World\" now", "say|\"Hello, World\"|now"},
      {"say 'Hello' now", "say|\"Hello\"|now"},
      {"say “Hello” now", "say|\"Hello\"|now"},
      {"no \"end of it", "no|end|of|it"},
      {"größe и слово", "größe|и|слово"},
      {"\xff\xfe summon", "\xff\xfe|summon"},
      {"a=1", "a|1"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(described(row.text) == row.words);
  }
}

TEST_CASE("a word knows where it stood") {
  const auto words = spell_words("ask 'x y'.");
  REQUIRE(words.size() == 2);
  CHECK(words[0].begin == 0);
  CHECK(words[0].end == 3);
  CHECK(words[1].begin == 4);
  CHECK(words[1].end == 9);
}

TEST_CASE("the distance counts edits, a swap of neighbours as one") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("summon", "summon") == 0);
  CHECK(edit_distance("sumon", "summon") == 1);
  CHECK(edit_distance("usmmon", "summon") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("gemini", "geminy") == 1);
}

TEST_CASE("the nearest word is one that a typing error explains") {
  const std::vector<std::string> words{"claude", "gemini", "liquidmetal"};
  CHECK(nearest_word("cluade", words) == "claude");
  CHECK(nearest_word("gemni", words) == "gemini");
  CHECK(nearest_word("liquidmental", words) == "liquidmetal");
  CHECK(nearest_word("claude", words) == "claude");
  CHECK(nearest_word("cloud", words).empty());
  CHECK(nearest_word("at", words).empty());
  CHECK(nearest_word(std::string(1000, 'x'), words).empty());
}
