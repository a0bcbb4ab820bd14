#include "emitters/sdk/performance.h"

#include <algorithm>

#include "common/json.h"

namespace cell0::emit::coda {
namespace {

constexpr double kMiB = 1 << 20;

const Clock& system_clock() {
  static const SystemClock clock;  // without state
  return clock;
}

double processors() { return std::max(1u, std::thread::hardware_concurrency()); }

}  // namespace

Performance::Performance(Source& source, Duration interval)
    : Performance(source, interval, system_clock(), "/proc/self") {}

Performance::Performance(Source& source, Duration interval, const Clock& clock, std::string proc)
    : source_(source),
      interval_(interval),
      clock_(clock),
      proc_(std::move(proc)),
      began_(clock.mono()),
      usage_(read_process_usage(proc_)),
      usage_at_(began_) {}

// ---- at intervals

void Performance::start() {
  if (thread_.joinable()) return;
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
}

void Performance::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_one();
  thread_.join();
  publish();
}

void Performance::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, interval_, [this] { return stopping_; })) {
    lock.unlock();
    publish();
    lock.lock();
  }
}

// ---- operations

Result<void> Performance::track_operation(std::string_view component, std::string_view operation, double duration_ms,
                                          std::string_view metadata_json) {
  gather(component, operation, duration_ms);
  return source_.track_operation(component, operation, duration_ms, metadata_json);
}

ScopeTimer Performance::time_operation(std::string_view component, std::string_view operation) {
  return ScopeTimer(
      [this](std::string_view of, std::string_view what, double ms, std::string_view metadata) {
        static_cast<void>(track_operation(of, what, ms, metadata));
      },
      clock_, component, operation);
}

void Performance::gather(std::string_view component, std::string_view operation, double duration_ms) {
  const std::lock_guard lock(mutex_);
  auto of = timings_.find(component);
  if (of == timings_.end()) {
    if (timings_.size() >= kNamesMax) return;
    of = timings_.emplace(component, Timings()).first;
  }
  auto timing = of->second.find(operation);
  if (timing == of->second.end()) {
    if (of->second.size() >= kNamesMax) return;
    timing = of->second.emplace(operation, Timing{0, 0, duration_ms, duration_ms}).first;
  }
  Timing& sum = timing->second;
  ++sum.count;
  sum.sum_ms += duration_ms;
  sum.min_ms = std::min(sum.min_ms, duration_ms);
  sum.max_ms = std::max(sum.max_ms, duration_ms);
}

void Performance::publish() {
  std::map<std::string, Timings, std::less<>> gathered;
  {
    const std::lock_guard lock(mutex_);
    gathered.swap(timings_);
  }
  for (const auto& [component, timings] : gathered) {
    std::string json;
    JsonWriter out(json);
    out.begin_object();
    for (const auto& [operation, timing] : timings) {
      out.key(operation);
      out.begin_object();
      out.member("count", timing.count);
      out.member("mean_ms", timing.sum_ms / static_cast<double>(timing.count));
      out.member("min_ms", timing.min_ms);
      out.member("max_ms", timing.max_ms);
      out.end_object();
    }
    out.end_object();
    static_cast<void>(source_.component_timing(component, json));
  }
  publish_usage();
}

void Performance::publish_usage() {
  const ProcessUsage now = read_process_usage(proc_);
  const MonoTime at = clock_.mono();
  double cpu_percent = 0;
  {
    const std::lock_guard lock(mutex_);
    const std::chrono::duration<double> passed = at - std::exchange(usage_at_, at);
    const double used = now.cpu_s - std::exchange(usage_, now).cpu_s;
    if (passed.count() > 0) cpu_percent = std::clamp(100 * used / passed.count() / processors(), 0.0, 100.0);
  }
  const std::chrono::duration<double> up = at - began_;
  static_cast<void>(source_.system_metrics(static_cast<double>(now.memory) / kMiB, cpu_percent, up.count()));
}

}  // namespace cell0::emit::coda
