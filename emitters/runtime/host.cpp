#include "emitters/runtime/host.h"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <optional>
#include <utility>

#include "common/config/reload.h"
#include "common/process.h"
#include "emitters/runtime/admin.h"
#include "emitters/sdk/emitter.h"

namespace cell0::emit {
namespace {

constexpr Duration kFlushMax = std::chrono::seconds(3);  // at the end, for events without an answer

OutletOptions outlet_options(const ProgramInfo& program, const Config& config) {
  OutletOptions options;
  options.name = program.text.name;
  options.emitter_id = config.emit.emitter_id.empty() ? default_emitter_id(program.text.name) : config.emit.emitter_id;
  options.endpoint = config.link.control;
  options.limits.held_events_max = config.emit.queue_events_max;
  options.limits.held_bytes_max = config.emit.queue_bytes_max;
  options.limits.batch_events_max = config.emit.batch_events_max;
  options.limits.requests_max = config.emit.window_batches_max;
  options.answer_timeout = config.emit.ack_timeout;
  // A source does not wait: what is urgent is worth more than what is not, and what is new than what is old.
  options.when_full = link::WhenFull::kDropLeastUrgentUnsent;
  return options;
}

// The parts of a running emitter, in the order in which they need one another.
class EmitterProcess {
 public:
  EmitterProcess(const ProgramInfo& program, const LoadedConfig& loaded)
      : program_(program),
        loaded_(loaded),
        config_(loaded.config),
        log_({.program = program.text.name, .level = config_.log.level, .format = config_.log.format}),
        notifier_(process_environment()),
        end_timer_(io_) {}

  int run(const MakeSource& make_source) {
    auto emitter = LoopEmitter::create(io_, context_, clock_, random_, log_, outlet_options(program_, config_));
    if (!emitter) return fail(emitter.error());
    emitter_ = std::move(*emitter);
    host_.emplace(Host{io_, clock_, random_, log_, config_, *emitter_, metrics_, [this](int code) { finish(code); }});
    auto source = make_source(*host_);
    if (!source) return fail(source.error());
    source_ = std::move(*source);
    add_emitter_metrics(metrics_, *emitter_);
    admin_ = open_emitter_admin(io_, config_.emit, program_.text.name, *emitter_, metrics_, log_);
    const ProcessSignals signals(
        io_, [this] { finish(kExitStopped); }, [this] { reload(loaded_, program_, log_); });
    notifier_.watch(io_);
    notifier_.ready();
    log_.info("started", {{"version", program_.text.version}, {"broker", config_.link.control}});
    io_.run();
    return exit_code_;
  }

 private:
  int fail(const Error& error) {
    log_.error(error.text);
    return error.code == ErrorCode::kInvalid ? kExitBadConfig : kExitFailed;
  }

  // Nothing new, then what is under way, then the end.
  void finish(int exit_code) {
    if (std::exchange(ending_, true)) return;
    notifier_.stopping();
    exit_code_ = exit_code;
    asio::post(io_, [this] {
      if (source_) source_->drain();
      emitter_->close();
      emitter_->flush([this] { leave(); });
      end_timer_.expires_after(kFlushMax);
      end_timer_.async_wait([this](const asio::error_code&) { give_up(); });
    });
  }

  void leave() {
    if (!source_) return io_.stop();
    source_->leave([this] { io_.stop(); });
  }

  void give_up() {
    const auto stats = emitter_->stats();
    if (stats.publish.held_events > 0) {
      log_.warn("stopped with events that the broker has not answered", {{"events", stats.publish.held_events}});
    }
    io_.stop();
  }

  const ProgramInfo& program_;
  const LoadedConfig& loaded_;
  const Config& config_;
  Log log_;
  SystemClock clock_;
  SystemRandom random_;
  link::Context context_;
  asio::io_context io_;
  ServiceNotifier notifier_;
  asio::steady_timer end_timer_;
  std::unique_ptr<LoopEmitter> emitter_;
  Metrics metrics_;
  std::optional<Host> host_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<AdminServer> admin_;
  bool ending_ = false;
  int exit_code_ = kExitStopped;
};

}  // namespace

int run_emitter(int argc, const char* const* argv, const ProgramInfo& program, const MakeSource& make_source) {
  const LoadedConfig loaded = load_config(argc, argv, program);
  if (!loaded.run) return loaded.exit_code;
  return EmitterProcess(program, loaded).run(make_source);
}

}  // namespace cell0::emit
