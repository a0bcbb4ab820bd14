// Topics and the patterns over them and over event types (design, section 2).
//
// A topic is dotted: "events.chat_message", "channels.general", "agents.a1". Its parts are made of [A-Za-z0-9_-] and
// %XX (upper-case hex), so that no name from outside can add a dot, a wildcard or a control character.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "common/result.h"

namespace cell0 {

inline constexpr std::size_t kTopicBytesMax = 255;
inline constexpr std::size_t kTypeBytesMax = 128;

// One part of a topic out of a name from outside: bytes beyond [A-Za-z0-9_-] become %XX.
// kInvalid: empty, or with control characters (below 0x20, 0x7F). kTooLarge: over kTopicBytesMax once escaped.
Result<std::string> topic_part(std::string_view name);

// The name behind a part: the inverse of topic_part. A % that is not followed by two hex digits stays as it is.
std::string topic_part_name(std::string_view part);

// Whether `topic` is well-formed; the error says what is wrong with it.
Result<void> check_topic(std::string_view topic, std::size_t bytes_max = kTopicBytesMax);

// Whether `prefix` is `topic` or its first parts: "events" and "" fit "events.spell", "event" does not. For rules.
bool topic_under(std::string_view topic, std::string_view prefix);

// A pattern over topics: `*` is exactly one part, a final `>` one or more: "agents.*", "events.>", ">" (all).
class TopicGlob {
 public:
  // kInvalid, kTooLarge: as check_topic, and for a wildcard that is not a whole part, or a `>` that is not last.
  static Result<TopicGlob> parse(std::string_view text);

  bool matches(std::string_view topic) const;
  const std::string& text() const { return text_; }
  auto operator<=>(const TopicGlob&) const = default;

 private:
  explicit TopicGlob(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

// A pattern over event types: an exact name, or a prefix with a final `*`: "spell", "llm_*", "*" (all).
class TypeGlob {
 public:
  // kInvalid: empty, a `*` elsewhere than at the end, or control characters. kTooLarge: over kTypeBytesMax.
  static Result<TypeGlob> parse(std::string_view text);

  bool matches(std::string_view type) const;
  bool exact() const { return text_.back() != '*'; }
  const std::string& text() const { return text_; }
  auto operator<=>(const TypeGlob&) const = default;

 private:
  explicit TypeGlob(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace cell0
