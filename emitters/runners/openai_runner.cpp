#include "emitters/runners/openai_runner.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <utility>

#include "emitters/runners/chat_stream.h"
#include "emitters/runners/http_stream.h"
#include "emitters/runners/loop_timer.h"
#include "emitters/runners/run_output.h"
#include "emitters/runners/sse_parser.h"

namespace cell0::emit {
namespace {

constexpr int kStatusOk = 200;
constexpr std::size_t kErrorBodyBytesMax = 8u << 10;
constexpr std::chrono::milliseconds kConnectMax{10'000};
constexpr std::string_view kEventStream = "text/event-stream";

std::string endpoint_of(const RunnerConfig& config) {
  std::string url = config.url;
  while (url.ends_with('/')) url.pop_back();
  return url + "/chat/completions";
}

class OpenaiRun final : public Run {
 public:
  OpenaiRun(asio::io_context& io, const RunnerConfig& config, RunObserver& observer, RunSlots::Slot slot)
      : slot_(std::move(slot)),
        config_(config),
        url_(endpoint_of(config)),
        output_(observer, config.output_bytes_max),
        chat_(output_),
        deadline_(io),
        stall_(io),
        cancel_(io) {}

  Result<void> open(asio::io_context& io, const std::string& api_key, std::string body) {
    HttpPost post{
        url_, {"Content-Type: application/json", "Accept: text/event-stream", "Expect:"}, std::move(body), kConnectMax};
    if (!api_key.empty()) post.headers.push_back("Authorization: Bearer " + api_key);
    auto stream = HttpStream::start(
        io, post,
        {[this](const HttpHead& head, std::string_view bytes) { on_bytes(head, bytes); },
         [this](HttpEnd end, const HttpHead& head, const std::string& why) { on_end(end, head, why); }});
    if (!stream) return stream.error();
    stream_ = std::move(*stream);
    deadline_.start(config_.timeout, [this] {
      fail(run_error::kTimeout, "not done after " + std::to_string(config_.timeout.count()) + " ms");
    });
    watch_for_stall();
    return {};
  }

  void cancel() override {
    cancel_.start(Duration(0), [this] { fail(run_error::kCancelled, "the task was stopped"); });
  }

  void pause(bool paused) override {
    if (!stream_) return;
    if (paused)
      stall_.stop();  // nobody asks it for anything
    else
      watch_for_stall();
    stream_->pause(paused);
  }

 private:
  void watch_for_stall() {
    stall_.start(config_.stall, [this] {
      fail(run_error::kStalled, url_ + ": nothing for " + std::to_string(config_.stall.count()) + " ms");
    });
  }

  void on_bytes(const HttpHead& head, std::string_view bytes) {
    watch_for_stall();
    if (head.status != kStatusOk) {
      error_body_.append(bytes.substr(0, kErrorBodyBytesMax - error_body_.size()));
      return;
    }
    if (!head.content_type.starts_with(kEventStream)) {
      return fail(run_error::kBadStream, url_ + ": answered " + head.content_type + ", not text/event-stream");
    }
    ChatStream::State state = ChatStream::State::kGoesOn;
    const auto fed = parser_.feed(bytes, [&](std::string_view data) {
      state = chat_.on_data(data);
      return state == ChatStream::State::kGoesOn;
    });
    if (!fed) return fail(run_error::kBadStream, url_ + ": " + fed.error().text);
    if (state != ChatStream::State::kGoesOn) on_last(state);
  }

  void on_last(ChatStream::State state) {
    if (state == ChatStream::State::kDone) return succeed();
    if (state == ChatStream::State::kBad) return fail(run_error::kBadStream, url_ + ": " + chat_.why());
    if (state == ChatStream::State::kError) return fail(run_error::kServerError, url_ + ": " + chat_.why());
    stop();
    output_.fail_over_bound();
  }

  void on_end(HttpEnd end, const HttpHead& head, const std::string& why) {
    if (end == HttpEnd::kUnreachable) return fail(run_error::kUnreachable, url_ + ": " + why);
    if (head.status != kStatusOk && head.status != 0) {
      const std::string message = error_body_.empty() ? "" : ": " + error_message(error_body_);
      return fail(run_error::kHttpStatus, url_ + ": answered " + std::to_string(head.status) + message);
    }
    if (end == HttpEnd::kComplete && chat_.has_finish_reason()) return succeed();
    fail(run_error::kDisconnected,
         url_ + ": " + (end == HttpEnd::kComplete ? "closed before the end of its answer" : why));
  }

  // Nothing may call back after an end.
  void stop() {
    deadline_.stop();
    stall_.stop();
    cancel_.stop();
    stream_.reset();
  }

  void succeed() {
    stop();
    output_.succeed(chat_.details_json());
  }

  void fail(std::string_view code, const std::string& what) {
    stop();
    output_.fail(code, what, chat_.details_json());
  }

  RunSlots::Slot slot_;
  const RunnerConfig& config_;  // the runner's, which outlives its runs
  std::string url_;
  RunOutput output_;
  SseParser parser_;
  ChatStream chat_;
  std::string error_body_;
  LoopTimer deadline_, stall_, cancel_;
  std::unique_ptr<HttpStream> stream_;
};

Result<std::string> read_key(const RunnerConfig& config) {
  if (config.api_key_file.empty()) return std::string();
  std::ifstream file(config.api_key_file);
  std::string key;
  if (!std::getline(file, key) || key.empty() ||
      !std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7F; })) {
    return Error{ErrorCode::kInvalid, "runner " + config.name + ": " + config.api_key_file +
                                          ": no such file, or its first line is no key (printable, without blanks)"};
  }
  return key;
}

}  // namespace

Result<std::unique_ptr<Runner>> OpenaiRunner::create(asio::io_context& io, const RunnerConfig& config) {
  auto key = read_key(config);
  if (!key) return key.error();
  return std::unique_ptr<Runner>(new OpenaiRunner(io, config, std::move(*key)));
}

Result<std::unique_ptr<Run>> OpenaiRunner::start(RunRequest request, RunObserver& observer) {
  auto slot = slots_.take(name());
  if (!slot) return slot.error();
  auto run = std::make_unique<OpenaiRun>(io_, config(), observer, std::move(*slot));
  if (auto opened = run->open(io_, api_key_, chat_request(config(), request)); !opened) return opened.error();
  return std::unique_ptr<Run>(std::move(run));
}

}  // namespace cell0::emit
