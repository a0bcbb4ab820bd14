#include "emitters/daemons/daemons_source.h"

#include <unistd.h>

#include <utility>

#include "emitters/sdk/emitter.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::uint32_t kQuickCalls = 256;  // that need no runner, at once

// One of a kind on this host: "daemons.host.4711".
std::string worker_name(const DaemonsConfig& config) {
  const std::string process = "." + std::to_string(::getpid());
  const std::string name = config.name.empty() ? default_emitter_id("daemons") : config.name;
  if (!config.name.empty()) return name;
  return name.substr(0, kNameBytesMax - process.size()) + process;
}

link::WorkerOptions worker_options(const DaemonsConfig& config, const std::string& name) {
  link::WorkerOptions options;
  options.service = "daemons";
  options.name = name;
  options.capacity = static_cast<std::uint32_t>(config.invokes_max) + kQuickCalls;
  options.exclusive = true;
  return options;
}

}  // namespace

Result<std::unique_ptr<Source>> DaemonsSource::create(Host& host) {
  if (auto checked = check_daemons(host.config.daemons, host.config.orchestrator.runners); !checked) {
    return checked.error();
  }
  auto runners = RunnerSet::create(host.io, host.config.orchestrator.runners);
  if (!runners) return runners.error();
  return std::unique_ptr<Source>(new DaemonsSource(host, std::move(*runners), worker_name(host.config.daemons)));
}

DaemonsSource::DaemonsSource(Host& host, RunnerSet runners, const std::string& name)
    : host_(host),
      runners_(std::move(runners)),
      desk_(host.io, host.clock, *this, runners_, host.config.daemons,
            name + "/" + std::to_string(to_unix_us(host.clock.wall()))),
      worker_(host.io, host.emitter.control(), host.clock, host.random, worker_options(host.config.daemons, name),
              *this) {
  worker_.guard(host.emitter.publisher());
  add_metrics();
}

void DaemonsSource::on_call(link::IncomingCall call) {
  ++calls_;
  desk_.on_call(call);
}

void DaemonsSource::on_active(std::optional<std::string> state) {
  desk_.on_active(state);
  host_.log.info("the daemons are served", {{"revision", desk_.registry().revision()}});
}

void DaemonsSource::on_standby() {
  desk_.on_replaced({ErrorCode::kUnavailable, "another registry serves"});
  host_.log.info("another registry serves the daemons; this one stands by");
}

void DaemonsSource::on_fenced(std::vector<std::string>) {
  host_.log.warn("the broker had not heard of us for too long: what was under way is lost");
}

void DaemonsSource::put_state(std::string state, StateKeeper::Done done) {
  worker_.put_state(std::move(state), std::move(done));
}

void DaemonsSource::publish(v1::Envelope spell) {
  // What is refused is told in the log by the emitter; the call is served all the same.
  static_cast<void>(host_.emitter.emit(std::move(spell)));
}

void DaemonsSource::drain() { desk_.close(); }

void DaemonsSource::add_metrics() {
  host_.metrics.sampled_counter("cell0_daemons_calls_total", "Calls of the service that were taken.",
                                [this] { return static_cast<double>(calls_); });
  host_.metrics.sampled_gauge("cell0_daemons_running_invocations", "Tasks of daemons that are under way.",
                              [this] { return static_cast<double>(desk_.invocations()); });
}

}  // namespace cell0::emit
