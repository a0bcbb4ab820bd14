// What a command prints and what a model's server streams: any bytes, cut anywhere, come to the same output, and what
// is told of it is well-formed.
#include <string>
#include <vector>

#include "common/check.h"
#include "common/json.h"
#include "common/utf8.h"
#include "emitters/runners/chat_stream.h"
#include "emitters/runners/command_output.h"
#include "emitters/runners/sse_parser.h"
#include "tests/fuzz/fuzz.h"

namespace cell0 {
namespace {

using namespace emit;

constexpr std::size_t kOutputBytesMax = 4096;

// All that a run told, one text; chunks of a kind that follow one another are one.
class Told final : public RunObserver {
 public:
  void on_chunk(ChunkType type, std::string_view text) override {
    CELL0_CHECK(!text.empty() && is_utf8(text));
    if (last_ != to_text(type)) all += "\n" + std::string(to_text(type)) + " ";
    last_ = to_text(type);
    all += text;
  }
  void on_tool_start(std::string_view name, std::string_view input_json) override {
    CELL0_CHECK(is_utf8(name) && parse_json(input_json).ok());
    add("start " + std::string(name) + " " + std::string(input_json));
  }
  void on_tool_result(std::string_view name, std::string_view result_json, std::string_view error) override {
    CELL0_CHECK(is_utf8(name) && is_utf8(error) && parse_json(result_json).ok());
    add("result " + std::string(name) + " " + std::string(result_json) + std::string(error));
  }
  void on_end(const RunResult&) override {}

  std::string all;

 private:
  void add(const std::string& line) {
    all += "\n" + line;
    last_ = {};
  }
  std::string_view last_;
};

std::string printed(std::string_view bytes, std::size_t step) {
  Told told;
  RunOutput output(told, 1u << 20);
  CommandOutput command(output, true);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    CELL0_CHECK(command.feed(bytes.substr(0, step)));
  }
  CELL0_CHECK(command.finish());
  return told.all;
}

std::string streamed(std::string_view bytes, std::size_t step) {
  Told told;
  RunOutput output(told, kOutputBytesMax);
  ChatStream chat(output);
  SseParser parser;
  auto state = ChatStream::State::kGoesOn;
  bool goes_on = true;
  for (; goes_on && !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    const auto fed = parser.feed(bytes.substr(0, step), [&](std::string_view data) {
      state = chat.on_data(data);
      return state == ChatStream::State::kGoesOn;
    });
    goes_on = fed.ok() && state == ChatStream::State::kGoesOn;
  }
  CELL0_CHECK(parse_json(chat.details_json()).ok());
  CELL0_CHECK(told.all.size() < 16 * kOutputBytesMax);
  return told.all + "\n" + chat.why() + std::to_string(static_cast<int>(state));
}

}  // namespace

void fuzz(std::string_view input) {
  if (input.empty()) return;
  const std::size_t step = 1 + static_cast<unsigned char>(input.front()) % 9;
  input.remove_prefix(1);
  CELL0_CHECK(printed(input, step) == printed(input, input.size() + 1));
  CELL0_CHECK(streamed(input, step) == streamed(input, input.size() + 1));
}

}  // namespace cell0
