#include "emitters/runners/command_output.h"

#include <utility>

#include "common/json.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kDepthMax = 24;  // an event takes 32, and what is in here goes into one

std::string json_of(const rapidjson::Value* value, std::string_view otherwise) {
  if (value == nullptr) return std::string(otherwise);
  std::string text;
  JsonWriter(text).value(*value);
  return text;
}

}  // namespace

bool CommandOutput::finish() {
  if (!take(utf8_.finish())) return false;
  return !holding_ || end_held();
}

bool CommandOutput::take(std::string_view text) {
  bool fits = true;
  while (fits && !text.empty()) {
    if (json_lines_ && at_line_start_ && !holding_ && text.front() == '{') holding_ = true;
    fits = holding_ ? take_held(text) : take_plain(text);
  }
  return fits;
}

// Up to where a line begins that may be JSON.
bool CommandOutput::take_plain(std::string_view& text) {
  std::size_t end = json_lines_ ? text.find("\n{") : std::string_view::npos;
  end = end == std::string_view::npos ? text.size() : end + 1;
  const std::string_view plain = text.substr(0, end);
  text.remove_prefix(end);
  at_line_start_ = plain.ends_with('\n');
  return this->text(plain);
}

bool CommandOutput::take_held(std::string_view& text) {
  const std::size_t newline = text.find('\n');
  const std::size_t end = newline == std::string_view::npos ? text.size() : newline + 1;
  held_ += text.substr(0, end);
  text.remove_prefix(end);
  if (newline != std::string_view::npos) return end_held();
  if (held_.size() <= kLineBytesMax) return true;
  holding_ = false;
  at_line_start_ = false;
  return this->text(std::exchange(held_, {}));
}

bool CommandOutput::end_held() {
  holding_ = false;
  at_line_start_ = true;
  const std::string line = std::exchange(held_, {});
  bool fits = true;
  return understand(line, fits) ? fits : text(line);
}

// false: it is text. `fits`: as RunOutput says.
bool CommandOutput::understand(std::string_view line, bool& fits) {
  const auto parsed = parse_json(line, {.depth_max = kDepthMax});
  if (!parsed || !parsed->IsObject()) return false;
  const auto type = json_string(*parsed, "type");
  const auto text = json_string(*parsed, "text");
  const auto name = json_string(*parsed, "name");
  const rapidjson::Value* result = json_member(*parsed, "result");
  if ((type == "text" || type == "thinking") && text) {
    fits = output_.chunk(type == "text" ? ChunkType::kText : ChunkType::kThinking, *text);
  } else if (type == "tool_call" && name) {
    fits = output_.tool_start(*name, json_of(json_member(*parsed, "input"), "{}"));
  } else if (type == "tool_result" && name) {
    fits = output_.tool_result(*name, json_of(result, "null"), json_string(*parsed, "error").value_or(""));
  } else if (const auto tokens = json_uint(*parsed, "tokens"); type == "usage" && tokens) {
    output_.set_tokens(*tokens);
  } else if (type == "result" && result != nullptr) {
    result_json_ = json_of(result, "null");
  } else {
    return false;
  }
  return true;
}

}  // namespace cell0::emit
