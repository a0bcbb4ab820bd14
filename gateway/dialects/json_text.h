// The text behind a parsed JSON value: what must leave as it came (ids, messages) is cut out of it, not written anew.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"

namespace cell0::gateway {

// parse_json(), but numbers beyond a double's range are taken, too: as strings of blanks, for nobody can calculate with
// them; the text still has them.
Result<rapidjson::Document> parse_any_json(std::string_view text, const JsonLimits& limits);

struct JsonMember {
  std::string name;
  std::string_view value;  // into the text
};

// The members of an object, in their order; the items of an array. REQUIRES: `text` is one, and parse_any_json has
// taken it. O(its length).
std::vector<JsonMember> json_members(std::string_view text);
std::vector<std::string_view> json_items(std::string_view text);

// The first member of that name, or null.
const JsonMember* find_member(const std::vector<JsonMember>& members, std::string_view name);

// A name that is there twice, or "".
std::string repeated_name(const std::vector<JsonMember>& members);

}  // namespace cell0::gateway
