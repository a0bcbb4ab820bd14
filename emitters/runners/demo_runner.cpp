#include "emitters/runners/demo_runner.h"

#include <utility>

#include "common/json.h"
#include "common/utf8.h"
#include "emitters/runners/loop_timer.h"
#include "emitters/runners/run_output.h"

namespace cell0::emit {
namespace {

constexpr std::string_view kTool = "count_words";
constexpr std::string_view kSpace = " \t\r\n";

// `text` in pieces of a word with the blanks behind it.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    std::size_t end = text.find_first_of(kSpace);
    if (end != std::string_view::npos) end = text.find_first_not_of(kSpace, end);
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(words.back().size());
  }
  return words;
}

class DemoRun final : public Run {
 public:
  DemoRun(asio::io_context& io, const RunnerConfig& config, const RunRequest& request, RunObserver& observer,
          RunSlots::Slot slot)
      : slot_(std::move(slot)),
        output_(observer, config.output_bytes_max),
        interval_(config.interval),
        words_(words_of(to_utf8(request.prompt))),
        step_timer_(io),
        deadline_(io) {
    deadline_.start(config.timeout, [this, after = config.timeout] { end_late(after); });
    step_soon();
  }

  void cancel() override {
    cancelled_ = true;
    step_soon();
  }

  void pause(bool paused) override {
    if (std::exchange(paused_, paused) && !paused) step_soon();
  }

 private:
  void step_soon() {
    step_timer_.start(cancelled_ ? std::chrono::milliseconds(0) : interval_, [this] { step(); });
  }

  // Nothing comes after an end.
  void stop_timers() {
    step_timer_.stop();
    deadline_.stop();
  }

  void end_late(std::chrono::milliseconds after) {
    stop_timers();
    output_.fail(run_error::kTimeout, "not done after " + std::to_string(after.count()) + " ms");
  }

  void step() {
    if (paused_ && !cancelled_) return;
    if (!cancelled_ && next_ < words_.size() + 3) {
      if (put_out(next_++)) return step_soon();
      stop_timers();
      return output_.fail_over_bound();
    }
    stop_timers();
    if (cancelled_) return output_.fail(run_error::kCancelled, "the task was stopped");
    output_.succeed("{\"words\":" + std::to_string(words_.size()) + "}");
  }

  // The first three steps are the thought and the tool; then one word each.
  bool put_out(std::size_t step) {
    if (step == 0) return output_.chunk(ChunkType::kThinking, "Let me see how much there is to say.");
    if (step == 1) return output_.tool_start(kTool, R"({"of":"prompt"})");
    if (step == 2) return output_.tool_result(kTool, "{\"words\":" + std::to_string(words_.size()) + "}", "");
    return output_.chunk(ChunkType::kText, words_[step - 3]);
  }

  RunSlots::Slot slot_;
  RunOutput output_;
  std::chrono::milliseconds interval_;
  std::vector<std::string> words_;
  LoopTimer step_timer_;
  LoopTimer deadline_;
  std::size_t next_ = 0;
  bool cancelled_ = false;
  bool paused_ = false;
};

}  // namespace

Result<std::unique_ptr<Run>> DemoRunner::start(RunRequest request, RunObserver& observer) {
  auto slot = slots_.take(name());
  if (!slot) return slot.error();
  return std::unique_ptr<Run>(std::make_unique<DemoRun>(io_, config(), request, observer, std::move(*slot)));
}

}  // namespace cell0::emit
