// CommandOutput: what a command prints, understood: text as it comes, and lines that are JSON objects of these shapes.
//
//   {"type":"text","text":"..."}                        the same as printing the text
//   {"type":"thinking","text":"..."}
//   {"type":"tool_call","name":"grep","input":{...}}    `input` may be left out
//   {"type":"tool_result","name":"grep","result":...}   or "error":"..."
//   {"type":"usage","tokens":123}                       what the task has used so far
//   {"type":"result","result":...}                      becomes `result` in what the task completed with
//
// Any other line, also one that only looks like these, is text. A line that begins with '{' is held until its end, at
// most kLineBytesMax of it; other text is passed on at once.
#pragma once

#include <string>
#include <string_view>

#include "emitters/runners/run_output.h"
#include "emitters/runners/utf8_repair.h"

namespace cell0::emit {

// Pure; one thread.
class CommandOutput {
 public:
  static constexpr std::size_t kLineBytesMax = 64u << 10;

  // `output` outlives it.
  CommandOutput(RunOutput& output, bool json_lines) : output_(output), json_lines_(json_lines) {}

  // false: the output is over its bound.
  bool feed(std::string_view bytes) { return take(utf8_.feed(bytes)); }
  bool finish();

  const std::string& result_json() const { return result_json_; }  // of a "result" line; empty: there was none

 private:
  bool take(std::string_view text);
  bool take_plain(std::string_view& text);
  bool take_held(std::string_view& text);
  bool end_held();
  bool understand(std::string_view line, bool& fits);
  bool text(std::string_view text) { return output_.chunk(ChunkType::kText, text); }

  RunOutput& output_;
  bool json_lines_;
  Utf8Repair utf8_;
  std::string held_;  // of a line that may be JSON
  bool holding_ = false;
  bool at_line_start_ = true;
  std::string result_json_;
};

}  // namespace cell0::emit
