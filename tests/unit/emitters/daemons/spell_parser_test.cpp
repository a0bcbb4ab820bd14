// The spell parser: what people say, and what it makes of it.
#include "emitters/daemons/spell_parser.h"

#include <doctest/doctest.h>

using namespace cell0::emit;

namespace {

const std::vector<std::string> kDaemons{"claude", "gemini", "liquidmetal"};

ParsedSpell parsed(std::string_view text) { return parse_spell(text, kDaemons); }

// "invoke gemini: write a haiku {parameters}"; a failure as "! error".
std::string described(std::string_view text) {
  const ParsedSpell spell = parsed(text);
  std::string all = spell.action;
  if (!spell.daemon.empty()) all += (all.empty() ? "" : " ") + spell.daemon;
  if (!spell.task.empty()) all += ": " + spell.task;
  if (spell.parameters != "{}") all += " " + spell.parameters;
  return spell.success ? all : all + "! " + spell.error;
}

std::string suggested(std::string_view text) {
  std::string all;
  for (const std::string& suggestion : parsed(text).suggestions) all += (all.empty() ? "" : " | ") + suggestion;
  return all;
}

}  // namespace

TEST_CASE("a verb and a daemon make a spell, however they are said") {
  const struct {
    const char* text;
    const char* meaning;
  } rows[] = {
      {"summon claude", "summon claude"},
      {"Summon Claude!", "summon claude"},
      {"SUMMON CLAUDE", "summon claude"},
      {"  summon   claude  ", "summon claude"},
      {"please summon the daemon claude", "summon claude"},
      {"I summon thee, Claude", "summon claude"},
      {"Oh mighty spirit, I call upon gemini", "summon gemini"},
      {"awaken liquid metal", "summon liquidmetal"},
      {"awaken the liquid-metal", "summon liquidmetal"},
      {"bring forth gemini from the aether", "summon gemini"},
      {"call forth claude", "summon claude"},
      {"wake up, claude", "summon claude"},
      {"could you conjure gemini for me?", "summon gemini"},
      {"manifest claude into this realm", "summon claude"},
      {"start gemini", "summon gemini"},
      {"claude summon", "summon claude"},
      {"summon claude and claude again", "summon claude"},

      {"banish gemini", "banish gemini"},
      {"Banish Gemini from this realm!", "banish gemini"},
      {"dismiss claude", "banish claude"},
      {"send away liquidmetal", "banish liquidmetal"},
      {"dispel gemini's spirit, away with it", "banish gemini"},
      {"release claude back into the void", "banish claude"},
      {"shut down gemini", "banish gemini"},
      {"let go of claude", "banish claude"},
      {"get rid of gemini", "banish gemini"},
      {"stop claude", "banish claude"},

      {"invoke gemini to write a haiku", "invoke gemini: write a haiku"},
      {"Invoke Gemini to write a Haiku about C++.", "invoke gemini: write a Haiku about C++"},
      {"invoke gemini: write a haiku", "invoke gemini: write a haiku"},
      {"invoke gemini, please write a haiku", "invoke gemini: write a haiku"},
      {"invoke gemini \"write a haiku\"", "invoke gemini: write a haiku"},
      {"invoke gemini 'write a haiku'", "invoke gemini: write a haiku"},
      {"invoke gemini “write a haiku”", "invoke gemini: write a haiku"},
      {"invoke gemini to say \"Hello, World\" twice", "invoke gemini: say \"Hello, World\" twice"},
      {"ask claude to review the code", "invoke claude: review the code"},
      {"ask the daemon claude for a proof", "invoke claude: a proof"},
      {"tell liquid metal to turn lead into gold", "invoke liquidmetal: turn lead into gold"},
      {"have claude find the bug!", "invoke claude: find the bug"},
      {"use claude to explain why it fails?", "invoke claude: explain why it fails?"},
      {"command gemini to summon a dream", "invoke gemini: summon a dream"},
      {"ask claude to banish my doubts", "invoke claude: banish my doubts"},
      {"invoke claude to compare claude and gemini", "invoke claude: compare claude and gemini"},
      {"invoke claude to summarize größe и слово", "invoke claude: summarize größe и слово"},

      {"claude, review this code", "invoke claude: review this code"},
      {"Gemini: dream of tomorrow", "invoke gemini: dream of tomorrow"},
      {"claude, do release gemini", "invoke claude: release gemini"},
      {"claude to count the stars", "invoke claude: count the stars"},
      {"write a haiku with gemini", "invoke gemini: write a haiku"},

      {"reveal all daemons", "reveal {\"query_type\":\"all\"}"},
      {"show me the active daemons", "reveal {\"query_type\":\"active\"}"},
      {"list daemons", "reveal {\"query_type\":\"all\"}"},
      {"who is here?", "reveal {\"query_type\":\"active\"}"},
      {"divine the statistics of all", "reveal {\"query_type\":\"statistics\"}"},
      {"inspect claude", "reveal claude {\"query_type\":\"state\"}"},
      {"show gemini's state", "reveal gemini {\"query_type\":\"state\"}"},
      {"reveal the veil", "reveal {\"query_type\":\"veil\"}"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(described(row.text) == row.meaning);
    CHECK(parsed(row.text).raw_input == row.text);
    CHECK(parsed(row.text).suggestions.empty());
  }
}

TEST_CASE("what is said as name=value at the end of a task are its parameters") {
  CHECK(described("invoke gemini to write a haiku with temperature=0.7 lines=3") ==
        "invoke gemini: write a haiku {\"temperature\":0.7,\"lines\":3}");
  CHECK(described("invoke gemini to write with tone=\"very sad\" and rhyme=false") ==
        "invoke gemini: write {\"tone\":\"very sad\",\"rhyme\":false}");
  CHECK(described("invoke gemini to solve x=1 for me") == "invoke gemini: solve x=1 for me");
  CHECK(described("invoke gemini to go a=1 a=2") == "invoke gemini: go {\"a\":1}");
}

TEST_CASE("what is not understood is said, with what may have been meant") {
  const struct {
    const char* text;
    const char* answer;
    const char* suggestions;
  } rows[] = {
      {"", "! the incantation is empty", "summon claude | invoke gemini to write a haiku | banish liquidmetal"},
      {"?!", "! the incantation is empty", "summon claude | invoke gemini to write a haiku | banish liquidmetal"},
      {"good morning", "! this is no spell: a verb (summon, invoke, banish, reveal) and a daemon make one",
       "summon claude | invoke gemini to write a haiku | banish liquidmetal"},
      {"sumon claude", "claude! \"sumon\" is no verb of magic", "summon claude"},
      {"banihs gemini", "gemini! \"banihs\" is no verb of magic", "banish gemini"},
      {"invok gemini", "gemini! \"invok\" is no verb of magic", "invoke gemini to write a haiku"},
      {"sumon cluade", "! \"sumon\" is no verb of magic", "summon claude"},
      {"sumon", "! \"sumon\" is no verb of magic", "summon claude | summon gemini | summon liquidmetal"},
      {"summon cluade", "summon! there is no daemon \"cluade\"", "summon claude"},
      {"invoke geminy to write", "invoke! there is no daemon \"geminy\"", "invoke gemini to write a haiku"},
      {"summon asmodeus", "summon! there is no daemon \"asmodeus\"",
       "summon claude | summon gemini | summon liquidmetal"},
      {"summon", "summon! summon whom?", "summon claude | summon gemini | summon liquidmetal"},
      {"banish the", "banish! banish whom?", "banish claude | banish gemini | banish liquidmetal"},
      {"invoke gemini", "invoke gemini! what is gemini to do?", "invoke gemini to write a haiku"},
      {"ask claude to", "invoke claude! what is claude to do?", "invoke claude to write a haiku"},
      {"summon claude and gemini", "summon claude! one daemon at a time: claude and gemini are two",
       "summon claude | summon gemini"},
      {"the gemini of old released", "gemini! \"released\" is no verb of magic", "banish gemini"},
      {"claude", "claude! what is to happen with claude?",
       "summon claude | invoke claude to write a haiku | banish claude"},
      {"do not summon claude", "! a spell says what is to happen, not what is not", ""},
      {"never banish gemini", "! a spell says what is to happen, not what is not", ""},
      {"reveal",
       "reveal! what is to be revealed: all daemons, the active ones, their statistics, the veil, or one by "
       "its name?",
       "reveal all daemons | reveal the active daemons | reveal claude"},
      {"\"summon claude\"", "! this is no spell: a verb (summon, invoke, banish, reveal) and a daemon make one",
       "summon claude | invoke gemini to write a haiku | banish liquidmetal"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(described(row.text) == row.answer);
    CHECK(suggested(row.text) == row.suggestions);
    CHECK(parsed(row.text).confidence <= 0.4);
  }
}

TEST_CASE("the more is passed over, the less sure it is") {
  CHECK(parsed("summon claude").confidence == 1.0);
  CHECK(parsed("please summon the claude").confidence == 1.0);
  CHECK(parsed("awaken claude").confidence == 0.95);
  CHECK(parsed("summon purple claude").confidence == 0.95);
  CHECK(parsed("summon one two three four five six seven eight nine ten eleven twelve claude").confidence == 0.5);
  CHECK(parsed("claude, think").confidence == 0.8);
  CHECK(parsed("think hard with claude").confidence == 0.7);
  CHECK(parsed("good morning").confidence == 0);
}

TEST_CASE("daemons of the configuration are found by their names") {
  const std::vector<std::string> daemons{"claude", "deep-thought"};
  CHECK(parse_spell("summon deep-thought", daemons).daemon == "deep-thought");
  CHECK(parse_spell("summon deep thought", daemons).daemon == "deep-thought");
  CHECK(parse_spell("summon deepthought", daemons).daemon == "deep-thought");
  CHECK_FALSE(parse_spell("summon gemini", daemons).success);
}

TEST_CASE("whatever it is given, it answers") {
  for (const std::string& text :
       {std::string(kSpellBytesMax, 'a'), std::string(kSpellBytesMax, '"'), std::string(kSpellBytesMax, '\''),
        std::string(kSpellBytesMax, '='), std::string("summon\0claude", 13), std::string("\xff\xff\xff"),
        "invoke claude " + std::string(4000, '=')}) {
    CAPTURE(text.substr(0, 20));
    const ParsedSpell spell = parsed(text);
    CHECK(spell.success == spell.error.empty());
    CHECK(spell.suggestions.size() <= ParsedSpell::kSuggestionsMax);
  }
}
