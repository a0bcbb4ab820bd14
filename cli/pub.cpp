// `cell0 pub`: publishes over the acknowledged path and prints what became of each event, one JSON line each.
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "cli/broker_session.h"
#include "cli/commands.h"
#include "cli/event_line.h"
#include "cli/exit_codes.h"
#include "cli/printer.h"
#include "common/event_check.h"
#include "common/json.h"
#include "common/line_reader.h"
#include "common/link/publisher.h"
#include "common/process.h"
#include "common/random.h"
#include "common/uuid.h"

namespace cell0::cli {
namespace {

constexpr std::size_t kLineBytesMax = 2u << 20;

// A name for each run: nobody else continues its numbers.
std::string new_emitter_id(Random& random) { return "cell0-cli." + std::to_string(random.u64() % 1'000'000'000); }

class Publication {
 public:
  Publication(const Arguments& arguments, BrokerSession& session)
      : arguments_(arguments),
        session_(session),
        ids_(session.clock(), random_),
        publisher_(session.io(), session.control(), session.clock(), random_,
                   {.emitter_id = new_emitter_id(random_),
                    .incarnation = 0,
                    .limits = limits(),
                    .when_full = link::WhenFull::kRejectNew,
                    .answer_timeout = arguments.timeout}),
        patience_(session.io()) {}

  int run() {
    const ProcessSignals signals(session_.io(), [this] { session_.io().stop(); });
    if (arguments_.pub.data) {
      publish(*arguments_.pub.data);
      finish();
    } else {
      reader_.emplace(
          session_.io(), STDIN_FILENO, kLineBytesMax, [this](const LineSplitter::Line& line) { on_line(line); },
          [this] { finish(); });
    }
    session_.io().run();
    return exit_code_;
  }

 private:
  // Reading stops while half of this is unanswered: a torrent of input waits in its pipe.
  static link::PublishLimits limits() { return {}; }

  void on_line(const LineSplitter::Line& line) {
    ++line_;
    if (line.text.find_first_not_of(" \t") == std::string_view::npos) return;
    if (line.cut) return complain_of_line({ErrorCode::kTooLarge, "longer than 2 MiB"});
    make_room();
    publish(line.text);
  }

  // The reader hands out up to a buffer's lines at once, which may be more than the window takes.
  void make_room() {
    const auto full = [this] {
      const auto& stats = publisher_.stats();
      return stats.held_events >= limits().held_events_max / 2 || stats.held_bytes >= limits().held_bytes_max / 2;
    };
    const MonoTime until = session_.clock().mono() + arguments_.timeout;
    while (full() && !session_.io().stopped() && session_.clock().mono() < until) session_.io().run_one_until(until);
  }

  void publish(std::string_view text) {
    auto envelope = envelope_of_line(text, arguments_.pub);
    if (!envelope) return complain_of_line(envelope.error());
    envelope->set_id(std::string(ids_.next().raw()));
    envelope->set_time_us(to_unix_us(session_.clock().wall()));
    if (auto checked = check_event(*envelope, EventLimits{}); !checked) return complain_of_line(checked.error());
    auto taken = publisher_.publish(
        *envelope, [this, line = line_](const link::PublishResult& result) { on_result(line, result); });
    if (!taken) complain_of_line(taken.error());
  }

  void complain_of_line(const Error& error) {
    const bool from_input = !arguments_.pub.data.has_value();
    complain((from_input ? "line " + std::to_string(line_) : std::string("--data")) + ": " + error.text);
    exit_code_ = error.code == ErrorCode::kFull ? kExitUnavailable : kExitUsage;
  }

  void on_result(std::uint64_t line, const link::PublishResult& result) {
    if (!result.ok()) {
      complain((line > 0 ? "line " + std::to_string(line) + ": " : std::string()) + "rejected: " + result.error);
      exit_code_ = kExitFailed;
    } else if (!arguments_.pub.quiet) {
      print(result);
    }
  }

  static void print(const link::PublishResult& result) {
    std::string text;
    JsonWriter json(text);
    json.begin_object();
    json.member("seq", result.seq.value);
    json.member("duplicate", result.status == link::PublishResult::Status::kDuplicate);
    json.end_object();
    text += '\n';
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  void finish() {
    patience_.expires_after(arguments_.timeout);
    patience_.async_wait([this](const asio::error_code& error) {
      if (error) return;
      complain(std::to_string(publisher_.stats().held_events) + " events without an answer; " +
               session_.control().unavailable().text);
      exit_code_ = kExitUnavailable;
      session_.io().stop();
    });
    publisher_.flush([this] { session_.io().stop(); });
  }

  const Arguments& arguments_;
  BrokerSession& session_;
  SystemRandom random_;
  UuidGenerator ids_;
  link::Publisher publisher_;
  asio::steady_timer patience_;
  std::optional<LineReader> reader_;
  std::uint64_t line_ = 0;
  int exit_code_ = kExitOk;
};

}  // namespace

int run_pub(const Arguments& arguments, const Config& config) {
  auto session = BrokerSession::create(config.link.control);
  if (!session) return complain(session.error().text), kExitUsage;
  if (auto connected = (*session)->connect(arguments.timeout); !connected) {
    return complain(connected.error().text), kExitUnavailable;
  }
  return Publication(arguments, **session).run();
}

}  // namespace cell0::cli
