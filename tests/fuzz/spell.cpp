// Incantations that people type, and a registry as it comes back from the broker: both are given the same bytes.
#include "common/check.h"
#include "common/json.h"
#include "common/utf8.h"
#include "emitters/daemons/registry.h"
#include "emitters/daemons/spell_parser.h"
#include "tests/fuzz/fuzz.h"

namespace cell0 {
namespace {

using namespace emit;

const std::vector<std::string> kDaemons{"claude", "gemini", "liquidmetal"};

void parse(std::string_view input) {
  const ParsedSpell spell = parse_spell(input, kDaemons);
  CELL0_CHECK(spell.success == spell.error.empty());
  CELL0_CHECK(!spell.success || !spell.action.empty());
  CELL0_CHECK(spell.confidence >= 0 && spell.confidence <= 1);
  CELL0_CHECK(spell.suggestions.size() <= ParsedSpell::kSuggestionsMax);
  for (const std::string& suggestion : spell.suggestions) CELL0_CHECK(parse_spell(suggestion, kDaemons).success);
  if (!is_utf8(input)) return;  // JSON has no other
  CELL0_CHECK(is_utf8(spell.task) && is_utf8(spell.error));
  CELL0_CHECK(parse_json(spell.parameters).ok());
}

void load(std::string_view input) {
  Registry registry(daemon_profiles({}), 5, true);
  if (!registry.load(input)) return;
  const std::string saved = registry.save("fuzz", 4096);
  Registry again(daemon_profiles({}), 5, true);
  CELL0_CHECK(again.load(saved).ok());
}

}  // namespace

void fuzz(std::string_view input) {
  parse(input.substr(0, kSpellBytesMax));
  load(input);
}

}  // namespace cell0
