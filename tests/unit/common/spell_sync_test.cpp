#include "common/spell_sync.h"

#include <doctest/doctest.h>

#include <string>

using namespace cell0;

namespace {

std::string written(const SpellSync& sync) {
  std::string text;
  JsonWriter out(text);
  write_spell_sync(out, sync);
  return text;
}

}  // namespace

TEST_CASE("the directives of a spell, to the letter") {
  CHECK(written({}) == R"({"mode":"fantasy","deadline_ms":200,"animation":"pulse","particles":"fade_to_idle",)"
                       R"("audio":"success","invert":false})");
  CHECK(written({false, true, {}}) == R"({"mode":"fantasy","deadline_ms":200,"animation":"invert","particles":"halt",)"
                                      R"("audio":"error","invert":true,"text_color":"#ff1744"})");
  CHECK(written({false, true, "it \"broke\""}) ==
        R"({"mode":"fantasy","deadline_ms":200,"animation":"invert","particles":"halt","audio":"error","invert":true,)"
        R"("text_color":"#ff1744","display_text":"it \"broke\""})");
  const std::string developer =
      R"({"mode":"developer","deadline_ms":50,"animation":null,"particles":"halt","audio":null,"invert":false)";
  CHECK(written({true, false, {}}) == developer + "}");
  CHECK(written({false, false, {}}) == developer + "}");
  CHECK(written({false, false, "p"}) == developer + R"(,"failure":"p"})");
  CHECK(written({true, false, "p"}) == developer + "}");
}
