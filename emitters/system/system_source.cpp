#include "emitters/system/system_source.h"

#include "common/json.h"
#include "common/version.h"
#include "emitters/sdk/cell0d.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kGpuLineBytesMax = 4096;
constexpr double kMiB = 1024.0 * 1024.0;

void write_names(JsonWriter& json, std::string_view key, const std::set<std::string>& names) {
  json.key(key);
  json.begin_array();
  for (const std::string& name : names) json.string(name);
  json.end_array();
}

}  // namespace

SystemSource::SystemSource(Host& host)
    : host_(host),
      machine_(host.clock, host.config.emit.system.disks),
      metrics_machine_(host.clock, {}),
      broker_(host.emitter.control()),
      metrics_(host.emitter, "cell0d.system"),
      has_gpus_(host.config.emit.system.gpu),
      status_timer_(host.io, MonoTime::clock::now() + kBrokerPatience),
      metrics_timer_(host.io, MonoTime::clock::now()),
      heartbeat_timer_(host.io, MonoTime::clock::now()) {
  const EmitSystemConfig& config = host.config.emit.system;
  look_at_gpus();
  status_timer_.async_wait([this](const asio::error_code& error) {
    if (!error) every(status_timer_, host_.config.emit.system.interval, [this] { ask_and_emit_status(); });
  });
  every(metrics_timer_, config.metrics_interval, [this] { emit_metrics(); });
  every(heartbeat_timer_, kHeartbeatInterval, [this] { beat(); });
}

// Now, and then at each interval, whatever the acts cost.
void SystemSource::every(asio::steady_timer& timer, Duration interval, std::function<void()> act) {
  act();
  timer.expires_at(std::max(timer.expiry() + interval, MonoTime::clock::now()));
  timer.async_wait([this, &timer, interval, act = std::move(act)](const asio::error_code& error) {
    if (!error) every(timer, interval, act);
  });
}

void SystemSource::ask_and_emit_status() {
  broker_.refresh([this] { emit_status(); });
}

void SystemSource::emit_status() {
  sample_ = machine_.sample();
  const std::string json = details();
  static_cast<void>(emit_system_status(
      host_.emitter, {.status = "periodic_update", .details_json = json, .uptime_s = sample_.uptime_s}));
}

std::string SystemSource::details() const {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.member("status", "running");
  json.member("version", version());
  json.member("uptime_seconds", sample_.uptime_s);
  write_names(json, "models_loaded", broker_.activity().models_loaded());
  write_names(json, "active_kernels", broker_.activity().active_kernels());
  json.member("connected_clients", broker_.connected_clients());
  json.member("event_queue_size", broker_.queued());
  json.end_object();
  text.back() = ',';
  text += machine_json(sample_, gpus_);
  text += '}';
  return text;
}

void SystemSource::emit_metrics() {
  look_at_gpus();
  const Sample sample = metrics_machine_.sample();
  std::optional<double> vram;
  for (const Gpu& gpu : gpus_) vram = vram.value_or(0) + gpu.memory_used_mb;
  static_cast<void>(metrics_.system_metrics(static_cast<double>(sample.memory.used()) / kMiB, sample.cpu_percent,
                                            sample.uptime_s, vram));
}

void SystemSource::beat() {
  static_cast<void>(emit_heartbeat(
      host_.emitter, {.client_id = "server", .sequence = ++beats_, .time_us = to_unix_us(host_.clock.wall())}));
}

// nvidia-smi takes up to a second, so its answer is for the next event. Once it is not there it is not asked again.
void SystemSource::look_at_gpus() {
  if (!has_gpus_ || gpu_query_) return;
  gpus_found_.clear();
  auto query = ChildLines::start(
      host_.io, kGpuQuery, kGpuLineBytesMax,
      [this](const LineSplitter::Line& line) {
        Gpu gpu;
        if (parse_gpu(line.text, gpu)) gpus_found_.push_back(std::move(gpu));
      },
      [this](int status) {
        gpus_ = std::move(gpus_found_);
        has_gpus_ = status == 0;
        gpu_query_.reset();
      });
  if (query)
    gpu_query_ = std::move(*query);
  else
    has_gpus_ = false;
}

}  // namespace cell0::emit
