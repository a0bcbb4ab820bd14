// `cell0 sub`: straight from the broker's fanout, with history for the gaps.
#include <csignal>

#include "cli/broker_session.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/follower.h"
#include "cli/printer.h"
#include "cli/render.h"
#include "common/link/socket.h"
#include "common/process.h"

namespace cell0::cli {
namespace {

constexpr auto kAnswerTimeout = std::chrono::seconds(10);
constexpr std::size_t kFanoutMessageBytesMax = 16u << 20;

class Subscription {
 public:
  Subscription(const Arguments& arguments, const Config& config, BrokerSession& session, EventFilter filter)
      : arguments_(arguments),
        config_(config),
        session_(session),
        filter_(std::move(filter)),
        printer_(arguments.sub.pretty),
        patience_(session.io()),
        follower_(arguments.sub.since, {[this](const v1::Delivered& event) { on_event(event); },
                                        [this](std::uint64_t from, std::uint64_t to) { on_missing(from, to); }}) {}

  int run() {
    link::SocketOptions options;
    options.message_bytes_max = kFanoutMessageBytesMax;
    auto socket = link::Socket::create(session_.io(), session_.context(), link::SocketType::kSub, options);
    if (!socket) return fail(socket.error());
    socket_ = std::move(*socket);
    if (auto connected = socket_->connect(config_.link.fanout); !connected) return fail(connected.error());
    socket_->start([this](link::FrameViews frames) { on_message(frames); }, [this] { on_turn_end(); });
    session_.control().on_state([this](bool connected) { on_state(connected); });
    session_.control().start();
    const ProcessSignals signals(session_.io(), [this] { end(kExitOk); });
    if (!arguments_.sub.wait) wait_for_the_first();
    session_.io().run();
    return exit_code_;
  }

 private:
  int fail(const Error& error) {
    complain("link.fanout: " + error.text);
    return error.code == ErrorCode::kInvalid ? kExitUsage : kExitFailed;
  }

  // The broker's heartbeat comes every second: silence is no broker.
  void wait_for_the_first() {
    patience_.expires_after(arguments_.timeout);
    patience_.async_wait([this](const asio::error_code& error) {
      if (error || follower_.began()) return;
      complain(session_.control().connected() ? config_.link.fanout + ": nothing comes from the broker's fanout"
                                              : session_.control().unavailable().text);
      end(kExitUnavailable);
    });
  }

  void on_message(link::FrameViews frames) {
    if (ended_ || frames.size() != 2) return;
    v1::Batch batch;
    const std::string_view bytes = frames[1];
    if (!batch.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return complain("a message from the fanout is no batch");
    }
    follower_.on_batch(std::move(batch));
    ask();
  }

  void on_turn_end() {
    if (!printer_.flush()) end(kExitOk);
  }

  void ask() {
    const auto question = follower_.take_question();
    if (!question) return;
    v1::Request request;
    v1::HistoryRequest& history = *request.mutable_history();
    *history.mutable_filter() = filter_.proto();
    history.set_since(question->since);
    history.set_through(question->through);
    session_.control().request(std::move(request), kAnswerTimeout, [this](const Result<v1::Response>& answer) {
      if (ended_) return;
      if (answer && answer->has_history())
        follower_.on_page(answer->history());
      else
        follower_.on_failure();
      on_turn_end();
      ask();
    });
  }

  void on_event(const v1::Delivered& event) {
    if (ended_) return;
    v1::Envelope envelope;
    if (!envelope.ParseFromString(event.envelope()) || !filter_.admits(facts_of(event, envelope))) return;
    if (!printer_.print(event)) return end(kExitOk);
    if (arguments_.sub.count > 0 && printer_.printed() >= arguments_.sub.count) end(kExitOk);
  }

  void on_missing(std::uint64_t from, std::uint64_t to) {
    complain("events from seq " + std::to_string(from) + " to " + std::to_string(to) + " may be missing");
  }

  void on_state(bool connected) {
    if (!connected) complain(config_.link.control + ": the broker is gone; waiting for it");
  }

  void end(int exit_code) {
    if (std::exchange(ended_, true)) return;
    exit_code_ = exit_code;
    session_.io().stop();
  }

  const Arguments& arguments_;
  const Config& config_;
  BrokerSession& session_;
  EventFilter filter_;
  Printer printer_;
  asio::steady_timer patience_;
  Follower follower_;
  std::unique_ptr<link::Socket> socket_;
  bool ended_ = false;
  int exit_code_ = kExitOk;
};

}  // namespace

int run_sub(const Arguments& arguments, const Config& config) {
  const auto filter = filter_of(arguments.sub.filter);
  if (!filter) return complain(filter.error().text), kExitUsage;
  auto session = BrokerSession::create(config.link.control);
  if (!session) return complain(session.error().text), kExitUsage;
  // filter_of has checked it.
  return Subscription(arguments, config, **session, *EventFilter::create(*filter)).run();
}

}  // namespace cell0::cli
