// time_operation: measures a scope and says how long it took, as Coda's `time_operation` does.
//
//   {
//     auto timing = time_operation(voice, "stt", "transcribe");
//     ...
//     timing.note(R"({"samples": 16000})");
//   }  // a latency_trace leaves here
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "emitters/sdk/coda.h"

namespace cell0::emit {

class ScopeTimer {
 public:
  // Source and clock outlive it.
  ScopeTimer(coda::Source& source, const Clock& clock, std::string_view component, std::string_view operation)
      : source_(source), clock_(clock), component_(component), operation_(operation), begin_(clock.mono()) {}

  // An event that cannot be queued is the sink's to count: a measured scope never fails for its measurement.
  ~ScopeTimer() {
    const std::chrono::duration<double, std::milli> took = clock_.mono() - begin_;
    static_cast<void>(source_.track_operation(component_, operation_, took.count(), metadata_json_));
  }
  ScopeTimer(const ScopeTimer&) = delete;
  ScopeTimer& operator=(const ScopeTimer&) = delete;

  // The trace's metadata: a JSON object.
  void note(std::string_view metadata_json) { metadata_json_ = metadata_json; }

 private:
  coda::Source& source_;
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
