// Metrics on prometheus-cpp's core. What is sampled is turned into its metric families when someone asks.
#include "common/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>

#include "common/check.h"

namespace cell0 {
namespace {

bool is_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Checks what the library would throw about or, worse, write out.
prometheus::Labels checked(const std::string& name, const MetricLabels& labels) {
  CELL0_CHECK(is_name(name) && name.starts_with("cell0_"));
  prometheus::Labels checked_labels;
  for (const auto& [label, value] : labels) {
    CELL0_CHECK(is_name(label) && label.front() > '9');
    checked_labels.emplace(label, value);
  }
  return checked_labels;
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double all_pages = 0, resident_pages = 0;
  statm >> all_pages >> resident_pages;
  return resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator entries("/proc/self/fd", error);
  return error ? 0.0 : static_cast<double>(std::distance(begin(entries), end(entries)));
}

}  // namespace

class Metrics::Impl {
 public:
  template <typename Builder>
  auto& family(Builder builder, const std::string& name, const std::string& help) {
    return builder.Name(name).Help(help).Register(registry_);
  }

  void add_sample(prometheus::MetricType type, const std::string& name, const std::string& help, Sample sample,
                  const MetricLabels& labels) {
    const prometheus::Labels all = checked(name, labels);
    Sampled& sampled = sampled_[name];
    CELL0_CHECK(sampled.rows.empty() || sampled.type == type);
    sampled.type = type;
    sampled.help = help;
    Row row{{}, std::move(sample)};
    for (const auto& [label, value] : all) row.labels.push_back({label, value});
    const auto same = [&](const Row& other) { return other.labels == row.labels; };
    CELL0_CHECK(std::none_of(sampled.rows.begin(), sampled.rows.end(), same));  // a scraper refuses duplicates
    sampled.rows.push_back(std::move(row));
  }

  std::string text() const {
    std::vector<prometheus::MetricFamily> families = registry_.Collect();
    for (const auto& [name, sampled] : sampled_) families.push_back(collect(name, sampled));
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  struct Row {
    std::vector<prometheus::ClientMetric::Label> labels;
    Sample sample;
  };
  struct Sampled {
    prometheus::MetricType type = prometheus::MetricType::Untyped;
    std::string help;
    std::vector<Row> rows;
  };

  static prometheus::MetricFamily collect(const std::string& name, const Sampled& sampled) {
    prometheus::MetricFamily family;
    family.name = name;
    family.help = sampled.help;
    family.type = sampled.type;
    for (const Row& row : sampled.rows) {
      prometheus::ClientMetric metric;
      metric.label = row.labels;
      (sampled.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = row.sample();
      family.metric.push_back(std::move(metric));
    }
    return family;
  }

  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Merge};
  std::map<std::string, Sampled> sampled_;
};

const std::vector<double> Metrics::kSecondsBuckets = {
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const MetricLabels& labels) {
  const prometheus::Labels all = checked(name, labels);
  return Counter(&impl_->family(prometheus::BuildCounter(), name, help).Add(all));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
  const prometheus::Labels all = checked(name, labels);
  return Gauge(&impl_->family(prometheus::BuildGauge(), name, help).Add(all));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                             const MetricLabels& labels) {
  const prometheus::Labels all = checked(name, labels);
  CELL0_CHECK(std::is_sorted(buckets.begin(), buckets.end(), std::less_equal<>()));
  return Histogram(&impl_->family(prometheus::BuildHistogram(), name, help).Add(all, buckets));
}

void Metrics::sampled_counter(const std::string& name, const std::string& help, Sample sample,
                              const MetricLabels& labels) {
  impl_->add_sample(prometheus::MetricType::Counter, name, help, std::move(sample), labels);
}

void Metrics::sampled_gauge(const std::string& name, const std::string& help, Sample sample,
                            const MetricLabels& labels) {
  impl_->add_sample(prometheus::MetricType::Gauge, name, help, std::move(sample), labels);
}

std::string Metrics::text() const { return impl_->text(); }

void Counter::inc(double by) {
  if (to_ != nullptr) to_->Increment(by);
}

void Gauge::set(double value) {
  if (to_ != nullptr) to_->Set(value);
}

void Gauge::inc(double by) {
  if (to_ != nullptr) to_->Increment(by);
}

void Gauge::dec(double by) {
  if (to_ != nullptr) to_->Decrement(by);
}

void Histogram::observe(double value) {
  if (to_ != nullptr) to_->Observe(value);
}

void add_process_metrics(Metrics& metrics) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  metrics.gauge("cell0_process_start_time_seconds", "When the process started, since 1970 UTC.")
      .set(std::chrono::duration<double>(now).count());
  metrics.sampled_gauge("cell0_process_resident_bytes", "Memory of the process that is in RAM.", resident_bytes);
  metrics.sampled_counter("cell0_process_cpu_seconds_total", "Processor time used, user and system.", cpu_seconds);
  metrics.sampled_gauge("cell0_process_open_files", "Open file descriptors.", open_files);
}

}  // namespace cell0
