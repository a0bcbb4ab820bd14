// time_operation: measures a scope and says how long it took, as Coda's `time_operation` does.
//
//   {
//     auto timing = time_operation(voice, "stt", "transcribe");
//     ...
//     timing.note(R"({"samples": 16000})");
//   }  // a latency_trace leaves here
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "common/clock.h"
#include "emitters/sdk/coda.h"

namespace cell0::emit {

class ScopeTimer {
 public:
  using Track = std::function<void(std::string_view component, std::string_view operation, double duration_ms,
                                   std::string_view metadata_json)>;

  // `track` is called once, at the end of the scope. The clock outlives it.
  ScopeTimer(Track track, const Clock& clock, std::string_view component, std::string_view operation)
      : track_(std::move(track)), clock_(clock), component_(component), operation_(operation), begin_(clock.mono()) {}
  // A latency_trace of the source, which outlives it. An event that cannot be queued is the sink's to count: a measured
  // scope never fails for its measurement.
  ScopeTimer(coda::Source& source, const Clock& clock, std::string_view component, std::string_view operation)
      : ScopeTimer(
            [&source](std::string_view of, std::string_view what, double ms, std::string_view metadata) {
              static_cast<void>(source.track_operation(of, what, ms, metadata));
            },
            clock, component, operation) {}

  ~ScopeTimer() {
    const std::chrono::duration<double, std::milli> took = clock_.mono() - begin_;
    track_(component_, operation_, took.count(), metadata_json_);
  }
  ScopeTimer(const ScopeTimer&) = delete;
  ScopeTimer& operator=(const ScopeTimer&) = delete;

  // The trace's metadata: a JSON object.
  void note(std::string_view metadata_json) { metadata_json_ = metadata_json; }

 private:
  Track track_;
  const Clock& clock_;
  std::string component_;
  std::string operation_;
  std::string metadata_json_;
  MonoTime begin_;
};

[[nodiscard]] inline ScopeTimer time_operation(coda::Source& source, std::string_view component,
                                               std::string_view operation) {
  static const SystemClock clock;  // without state
  return ScopeTimer(source, clock, component, operation);
}

}  // namespace cell0::emit
