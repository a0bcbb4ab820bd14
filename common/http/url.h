// URLs of requests: percent-decoding, paths and queries. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cell0 {

// Decodes "%41" to "A"; with `plus_is_space` also '+' to ' ' (queries). nullopt: a '%' without two hex digits after it,
// or a NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

// The path of a request: decoded once, then "." segments dropped and ".." ones applied, so that the result begins with
// '/' and stays below it. nullopt: not absolute, not decodable, not UTF-8, a control character or a backslash in it, or
// it leaves the root.
std::optional<std::string> normalise_path(std::string_view raw);

// Whether all of it can be decoded, to UTF-8.
bool is_query(std::string_view raw);

// The first value of `name` in "a=1&b=2", both decoded. "" for "name" or "name="; nullopt if absent or not decodable.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace cell0
