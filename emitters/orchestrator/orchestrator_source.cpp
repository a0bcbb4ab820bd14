#include "emitters/orchestrator/orchestrator_source.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "emitters/sdk/emitter.h"

namespace cell0::emit {
namespace {

constexpr Duration kSweepInterval = std::chrono::seconds(1);
constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kWillBytesMax = 8u << 10;  // a session's record without its memory

// One of a kind on this host: "orchestrator.host.4711".
std::string worker_name(const OrchestratorConfig& config) {
  if (!config.name.empty()) return config.name;
  const std::string process = "." + std::to_string(::getpid());
  return default_emitter_id("orchestrator").substr(0, kNameBytesMax - process.size()) + process;
}

SessionService::Options service_options(const Config& config, const std::string& name) {
  SessionService::Options options;
  options.source = "orchestrator." + name;
  options.config = config.orchestrator;
  // The other half is for what is not output.
  options.held_events_max = config.emit.queue_events_max / 2;
  options.held_bytes_max = config.emit.queue_bytes_max / 2;
  return options;
}

link::WorkerOptions worker_options(const OrchestratorConfig& config, const std::string& name) {
  link::WorkerOptions options;
  options.service = "sessions";
  options.name = name;
  options.capacity = static_cast<std::uint32_t>(config.sessions_max);
  options.keys_bytes_max = std::max(options.keys_bytes_max, config.sessions_max * kWillBytesMax);
  return options;
}

}  // namespace

Result<std::unique_ptr<Source>> OrchestratorSource::create(Host& host) {
  auto runners = RunnerSet::create(host.io, host.config.orchestrator.runners);
  if (!runners) return runners.error();
  return std::unique_ptr<Source>(
      new OrchestratorSource(host, std::move(*runners), worker_name(host.config.orchestrator)));
}

OrchestratorSource::OrchestratorSource(Host& host, RunnerSet runners, const std::string& name)
    : host_(host),
      runners_(std::move(runners)),
      sessions_(host.io, host.clock, host.random, *this, runners_, service_options(host.config, name)),
      sweep_timer_(host.io),
      go_on_timer_(host.io),
      worker_(host.io, host.emitter.control(), host.clock, host.random, worker_options(host.config.orchestrator, name),
              *this) {
  worker_.guard(host.emitter.publisher());
  add_metrics();
  sweep_soon();
}

void OrchestratorSource::on_call(link::IncomingCall call) {
  if (ending_) return worker_.fail(call.id, "busy", "the orchestrator stops");
  SessionService::Answer answer = sessions_.on_call(call);
  if (answer.error_code.empty()) return worker_.reply(call.id, std::move(answer.body));
  worker_.fail(call.id, std::move(answer.error_code), std::move(answer.error_text));
}

void OrchestratorSource::on_active(std::optional<std::string>) {
  host_.log.info("sessions are served", {{"sessions", sessions_.live_sessions()}});
}

void OrchestratorSource::on_fenced(std::vector<std::string> lost_keys) {
  host_.log.warn("sessions were lost: the broker had not heard of us", {{"sessions", lost_keys.size()}});
  sessions_.on_lost(lost_keys);
}

Result<void> OrchestratorSource::publish(v1::Envelope event, std::function<void()> answered) {
  link::OnPublished done;
  if (answered) done = [answered = std::move(answered)](const PublishResult&) { answered(); };
  return host_.emitter.emit(std::move(event), std::move(done));
}

Result<void> OrchestratorSource::own(const std::string& session_id, const std::optional<v1::Envelope>& will) {
  return worker_.own(session_id, will);
}

void OrchestratorSource::disown(const std::string& session_id) { worker_.disown(session_id); }

void OrchestratorSource::bury(std::unique_ptr<TaskRun> run, bool silently) {
  const auto place = dying_.insert(dying_.end(), std::move(run));
  const auto gone = [this, place] {
    dying_.erase(place);
    run_ended();
  };
  if (silently)
    (*place)->stop_silently(gone);
  else
    (*place)->stop(gone);
}

void OrchestratorSource::run_ended() {
  go_on_timer_.start(Duration(0), [this] { sessions_.go_on(); });
}

void OrchestratorSource::sweep_soon() {
  sweep_timer_.start(kSweepInterval, [this] {
    sessions_.sweep();
    sweep_soon();
  });
}

void OrchestratorSource::drain() {
  ending_ = true;
  sweep_timer_.stop();
  go_on_timer_.stop();
  sessions_.terminate_all();
}

void OrchestratorSource::leave(std::function<void()> done) {
  sessions_.give_back();
  worker_.stop(std::move(done));
}

void OrchestratorSource::add_metrics() {
  Metrics& metrics = host_.metrics;
  const auto total = [&](const char* what, const char* help, std::uint64_t SessionTotals::*figure) {
    metrics.sampled_counter(std::string("cell0_orchestrator_") + what + "_total", help,
                            [this, figure] { return static_cast<double>(sessions_.totals().*figure); });
  };
  total("sessions", "Sessions that were begun.", &SessionTotals::spawned);
  total("tasks", "Tasks that ended, in whatever way.", &SessionTotals::tasks);
  total("tasks_failed", "Tasks that failed or were stopped.", &SessionTotals::failed);
  total("tokens", "Tokens used, as the runners say; chunks where they do not.", &SessionTotals::tokens);
  metrics.sampled_gauge("cell0_orchestrator_open_sessions", "Sessions that are not over.",
                        [this] { return static_cast<double>(sessions_.live_sessions()); });
  metrics.sampled_gauge("cell0_orchestrator_waiting_tasks", "Tasks that wait in their sessions.",
                        [this] { return static_cast<double>(sessions_.waiting_tasks()); });
}

}  // namespace cell0::emit
