// What a process counts and measures, for /metrics (Prometheus text format 0.0.4).
//
// Names are cell0_<component>_<what>_<unit>, counters end in _total. Labels name kinds (a dialect, a reason), never
// clients: each combination of labels costs memory for good. No singleton: a Metrics is passed by reference.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace cell0 {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Handles: copied freely, valid as long as their Metrics. Any thread. A default-made one counts nothing.
class Counter {
 public:
  Counter() = default;
  explicit Counter(prometheus::Counter* to) : to_(to) {}
  void inc(double by = 1.0);  // REQUIRES: by >= 0

 private:
  prometheus::Counter* to_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(prometheus::Gauge* to) : to_(to) {}
  void set(double value);
  void inc(double by = 1.0);
  void dec(double by = 1.0);

 private:
  prometheus::Gauge* to_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(prometheus::Histogram* to) : to_(to) {}
  void observe(double value);  // takes a lock and a walk over the buckets: not for every event of a hot path

 private:
  prometheus::Histogram* to_ = nullptr;
};

class Metrics {
 public:
  // Upper bounds for times in seconds, from 50 microseconds to 10 seconds.
  static const std::vector<double> kSecondsBuckets;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels give the same metric. REQUIRES: a name [a-z0-9_] that begins with cell0_, used with one
  // kind and one help only; label names [a-z0-9_]; buckets that increase.
  Counter counter(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                      const MetricLabels& labels = {});

  // Sampled when text() is called, in its thread: the cheapest for a part that counts in plain integers anyway.
  // `sample` is called as long as this Metrics lives.
  using Sample = std::function<double()>;
  void sampled_counter(const std::string& name, const std::string& help, Sample sample,
                       const MetricLabels& labels = {});
  void sampled_gauge(const std::string& name, const std::string& help, Sample sample, const MetricLabels& labels = {});

  // Everything, in the text format.
  std::string text() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// cell0_process_resident_bytes, _cpu_seconds_total, _open_files and _start_time_seconds of this process.
void add_process_metrics(Metrics& metrics);

}  // namespace cell0
