// Performance: what a program's operations cost and what its process uses, told at intervals, as Coda's
// WebSocketPerfIntegration does.
//
//   coda::Performance performance(voice, std::chrono::seconds(5));
//   performance.start();
//   {
//     auto timing = performance.time_operation("stt", "transcribe");
//     ...
//   }
//   performance.track_operation("llm", "generate", 1200.0, R"({"tokens": 45})");
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "common/clock.h"
#include "emitters/sdk/coda.h"
#include "emitters/sdk/process_usage.h"
#include "emitters/sdk/scope_timer.h"

namespace cell0::emit::coda {

// Any thread, if the source's sink takes any (an Emitter does). Bounded: kNamesMax components and operations of each;
// of further ones only the latency_trace leaves.
class Performance {
 public:
  static constexpr std::size_t kNamesMax = 64;

  // Source and clock outlive it. `proc`: of this process, for tests.
  explicit Performance(Source& source, Duration interval = std::chrono::seconds(5));
  Performance(Source& source, Duration interval, const Clock& clock, std::string proc);
  ~Performance() { stop(); }
  Performance(const Performance&) = delete;
  Performance& operator=(const Performance&) = delete;

  // From now on publish() every interval, on a thread of its own. stop() ends that, and tells what has gathered.
  void start();
  void stop();

  // A latency_trace at once; and it counts in its component's next component_timing. Errors as Sink::emit.
  Result<void> track_operation(std::string_view component, std::string_view operation, double duration_ms,
                               std::string_view metadata_json = {});
  [[nodiscard]] ScopeTimer time_operation(std::string_view component, std::string_view operation);

  // What has gathered since the last time, now: a component_timing for each component that had operations, {"<operation>":
  // {"count","mean_ms","min_ms","max_ms"}}, and a system_metrics of this process. An event that cannot be queued is the
  // sink's to count.
  void publish();

 private:
  struct Timing {
    std::uint64_t count = 0;
    double sum_ms = 0;
    double min_ms = 0;
    double max_ms = 0;
  };
  using Timings = std::map<std::string, Timing, std::less<>>;  // by operation

  void gather(std::string_view component, std::string_view operation, double duration_ms);
  void publish_usage();
  void run();

  Source& source_;
  const Duration interval_;
  const Clock& clock_;
  const std::string proc_;
  const MonoTime began_;
  std::mutex mutex_;
  std::map<std::string, Timings, std::less<>> timings_;  // by component
  ProcessUsage usage_;
  MonoTime usage_at_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cell0::emit::coda
