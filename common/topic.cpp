// Topics: escaped, checked, matched.
#include "common/topic.h"

#include <algorithm>

#include "common/utf8.h"

namespace cell0 {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_escape(std::string_view text) {
  return text.size() >= 3 && text[0] == '%' && hex_value(text[1]) >= 0 && hex_value(text[2]) >= 0;
}

// Takes the first part off `rest`, and the dot behind it. `more` says whether there was one.
std::string_view take_part(std::string_view& rest, bool& more) {
  const std::size_t dot = rest.find('.');
  more = dot != std::string_view::npos;
  const std::string_view part = rest.substr(0, dot);
  rest.remove_prefix(more ? dot + 1 : rest.size());
  return part;
}

bool well_formed(std::string_view part) {
  if (part.empty()) return false;
  while (!part.empty()) {
    const std::size_t taken = is_plain(part.front()) ? 1 : is_escape(part) ? 3 : 0;
    if (taken == 0) return false;
    part.remove_prefix(taken);
  }
  return true;
}

Error invalid(std::string_view what, std::string_view value, std::string_view right) {
  std::string text(what);
  text.append(": \"").append(printable(value)).append("\" ").append(right);
  return {ErrorCode::kInvalid, std::move(text)};
}

Error too_large(std::string_view what, std::size_t bytes, std::size_t bytes_max) {
  return {ErrorCode::kTooLarge,
          std::string(what) + ": " + std::to_string(bytes) + " bytes are more than " + std::to_string(bytes_max)};
}

constexpr std::string_view kPartRule = "must have dotted parts of A-Z a-z 0-9 _ - and %XX (upper-case hex), none empty";

}  // namespace

Result<std::string> topic_part(std::string_view name) {
  constexpr char kHex[] = "0123456789ABCDEF";
  if (name.empty()) return invalid("topic part", name, "must not be empty");
  std::string part;
  part.reserve(name.size());
  for (const char c : name) {
    if (is_control(c)) return invalid("topic part", name, "must not have control characters");
    if (is_plain(c)) {
      part += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      part += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  if (part.size() > kTopicBytesMax) return too_large("topic part", part.size(), kTopicBytesMax);
  return part;
}

std::string topic_part_name(std::string_view part) {
  std::string name;
  name.reserve(part.size());
  while (!part.empty()) {
    const bool escape = is_escape(part);
    name += escape ? static_cast<char>(hex_value(part[1]) << 4 | hex_value(part[2])) : part.front();
    part.remove_prefix(escape ? 3 : 1);
  }
  return name;
}

Result<void> check_topic(std::string_view topic, std::size_t bytes_max) {
  if (topic.size() > bytes_max) return too_large("topic", topic.size(), bytes_max);
  std::string_view rest = topic;
  for (bool more = true; more;) {
    if (!well_formed(take_part(rest, more))) return invalid("topic", topic, kPartRule);
  }
  return {};
}

bool topic_under(std::string_view topic, std::string_view prefix) {
  if (prefix.empty()) return true;
  return topic.starts_with(prefix) && (topic.size() == prefix.size() || topic[prefix.size()] == '.');
}

Result<TopicGlob> TopicGlob::parse(std::string_view text) {
  if (text.size() > kTopicBytesMax) return too_large("topic glob", text.size(), kTopicBytesMax);
  std::string_view rest = text;
  for (bool more = true; more;) {
    const std::string_view part = take_part(rest, more);
    if (part == ">" && more) return invalid("topic glob", text, "has a > that is not its last part");
    if (part != ">" && part != "*" && !well_formed(part)) {
      return invalid("topic glob", text, std::string(kPartRule) + "; * is one whole part, a final > the rest");
    }
  }
  return TopicGlob(std::string(text));
}

bool TopicGlob::matches(std::string_view topic) const {
  std::string_view pattern = text_;
  bool more_pattern = true;
  for (bool more_topic = true; more_pattern && more_topic;) {
    const std::string_view wanted = take_part(pattern, more_pattern);
    if (wanted == ">") return true;
    const std::string_view part = take_part(topic, more_topic);
    if (wanted != "*" && wanted != part) return false;
    if (more_pattern != more_topic) return false;
  }
  return true;
}

Result<TypeGlob> TypeGlob::parse(std::string_view text) {
  if (text.empty()) return invalid("type glob", text, "must be a type or a prefix and *");
  if (text.size() > kTypeBytesMax) return too_large("type glob", text.size(), kTypeBytesMax);
  if (text.find('*') < text.size() - 1) return invalid("type glob", text, "has a * that is not its last character");
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return invalid("type glob", text, "must not have control characters");
  }
  return TypeGlob(std::string(text));
}

bool TypeGlob::matches(std::string_view type) const {
  return exact() ? type == text_ : type.starts_with(std::string_view(text_).substr(0, text_.size() - 1));
}

}  // namespace cell0
