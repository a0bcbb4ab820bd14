// parse_json() takes any text; what it accepts, the writer writes so that it is accepted again and stays the same.
#include <string>

#include "common/check.h"
#include "common/json.h"
#include "tests/fuzz/fuzz.h"

namespace cell0 {
namespace {

std::string written(const rapidjson::Value& value) {
  std::string text;
  JsonWriter(text).value(value);
  return text;
}

}  // namespace

void fuzz(std::string_view input) {
  const auto parsed = parse_json(input);
  if (!parsed) return;
  const std::string once = written(*parsed);
  const auto again = parse_json(once);
  CELL0_CHECK(again.ok());
  CELL0_CHECK(written(*again) == once);
}

}  // namespace cell0
