#include "gateway/dialects/json_text.h"

#include <algorithm>
#include <charconv>

namespace cell0::gateway {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_of_number(char c) { return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'; }

// Behind the string that begins at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

// Behind the value that begins at `at`.
std::size_t skip_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
    } else if (c == '{' || c == '[') {
      ++depth, ++at;
      continue;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      --depth, ++at;
    } else if (depth == 0) {
      if (c == ',' || is_blank(c)) return at;
      ++at;
      continue;  // within a number or a literal
    } else {
      ++at;
      continue;
    }
    if (depth == 0) return at;
  }
  return at;
}

// Calls take(name or "", value) for each member or item.
template <typename Take>
void walk(std::string_view text, Take&& take) {
  std::size_t at = skip_blanks(text, 0);
  const bool object = text[at] == '{';
  for (at = skip_blanks(text, at + 1); at < text.size() && text[at] != '}' && text[at] != ']';) {
    std::string_view name;
    if (object) {
      const std::size_t end = skip_string(text, at);
      name = text.substr(at, end - at);
      at = skip_blanks(text, skip_blanks(text, end) + 1);  // the colon
    }
    const std::size_t end = skip_value(text, at);
    take(name, text.substr(at, end - at));
    at = skip_blanks(text, end);
    if (at < text.size() && text[at] == ',') at = skip_blanks(text, at + 1);
  }
}

std::string name_of(std::string_view quoted) {
  if (quoted.find('\\') == std::string_view::npos) return std::string(quoted.substr(1, quoted.size() - 2));
  const auto parsed = parse_json(quoted);
  return parsed && parsed->IsString() ? std::string(json_text(*parsed)) : std::string();
}

// The same text with a string of blanks in place of each number that a double cannot hold.
std::string without_huge_numbers(std::string_view text) {
  std::string out(text);
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      at = skip_string(text, at);
      continue;
    }
    const bool number = text[at] == '-' || (text[at] >= '0' && text[at] <= '9');
    std::size_t end = at + 1;
    if (number) {
      while (end < text.size() && is_of_number(text[end])) ++end;
      double value = 0;
      const auto [stop, error] = std::from_chars(text.data() + at, text.data() + end, value);
      if (error == std::errc::result_out_of_range && stop == text.data() + end) {
        std::fill(out.begin() + static_cast<std::ptrdiff_t>(at), out.begin() + static_cast<std::ptrdiff_t>(end), ' ');
        out[at] = out[end - 1] = '"';
      }
    }
    at = end;
  }
  return out;
}

}  // namespace

Result<rapidjson::Document> parse_any_json(std::string_view text, const JsonLimits& limits) {
  auto parsed = parse_json(text, limits);
  if (parsed || parsed.error().text.find("too big") == std::string::npos) return parsed;
  return parse_json(without_huge_numbers(text), limits);
}

std::vector<JsonMember> json_members(std::string_view text) {
  std::vector<JsonMember> members;
  walk(text, [&](std::string_view name, std::string_view value) { members.push_back({name_of(name), value}); });
  return members;
}

std::vector<std::string_view> json_items(std::string_view text) {
  std::vector<std::string_view> items;
  walk(text, [&](std::string_view, std::string_view value) { items.push_back(value); });
  return items;
}

const JsonMember* find_member(const std::vector<JsonMember>& members, std::string_view name) {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const JsonMember& member) { return member.name == name; });
  return found == members.end() ? nullptr : &*found;
}

std::string repeated_name(const std::vector<JsonMember>& members) {
  std::vector<std::string_view> names;
  for (const JsonMember& member : members) names.push_back(member.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  return twice == names.end() ? std::string() : std::string(*twice);
}

}  // namespace cell0::gateway
