#include "emitters/runners/run_output.h"

#include <utility>

#include "common/check.h"

namespace cell0::emit {

std::string_view to_text(ChunkType type) {
  switch (type) {
    case ChunkType::kText:
      return "text";
    case ChunkType::kThinking:
      return "thinking";
    case ChunkType::kToolUse:
      return "tool_use";
  }
  CELL0_CHECK(false);
}

bool RunOutput::chunk(ChunkType type, std::string_view text) {
  if (text.empty() || told_) return true;
  if (!admit(text.size())) return false;
  ++chunks_;
  if (type == ChunkType::kText) keep(text);
  observer_.on_chunk(type, text);
  return true;
}

bool RunOutput::tool_start(std::string_view name, std::string_view input_json) {
  if (!admit(name.size() + input_json.size())) return false;
  observer_.on_tool_start(name, input_json);
  return true;
}

bool RunOutput::tool_result(std::string_view name, std::string_view result_json, std::string_view error) {
  if (!admit(name.size() + result_json.size() + error.size())) return false;
  observer_.on_tool_result(name, result_json, error);
  return true;
}

void RunOutput::set_tokens(std::uint64_t tokens) {
  has_tokens_ = true;
  result_.tokens = tokens;
}

bool RunOutput::admit(std::size_t bytes) {
  if (bytes_ + bytes > bytes_max_) return false;
  bytes_ += bytes;
  return true;
}

// Whole code points only: the text is UTF-8, so a byte 10xxxxxx is never a beginning.
void RunOutput::keep(std::string_view text) {
  if (result_.text_cut) return;
  std::size_t fits = std::min(text.size(), kResultTextMax - result_.text.size());
  result_.text_cut = fits < text.size();
  while (fits > 0 && fits < text.size() && (static_cast<unsigned char>(text[fits]) & 0xC0) == 0x80) --fits;
  result_.text += text.substr(0, fits);
}

void RunOutput::succeed(std::string details_json) { tell(true, std::move(details_json)); }

void RunOutput::fail(std::string_view code, const std::string& what, std::string details_json) {
  result_.error_code = code;
  result_.error = std::string(code) + ": " + what;
  tell(false, std::move(details_json));
}

void RunOutput::fail_over_bound() {
  fail(run_error::kOutputLimit, "more than " + std::to_string(bytes_max_) + " bytes of output");
}

void RunOutput::tell(bool ok, std::string details_json) {
  if (std::exchange(told_, true)) return;
  RunResult result = std::move(result_);
  result.ok = ok;
  result.details_json = std::move(details_json);
  result.tokens_counted = !has_tokens_;
  if (!has_tokens_) result.tokens = chunks_;
  observer_.on_end(result);
}

}  // namespace cell0::emit
