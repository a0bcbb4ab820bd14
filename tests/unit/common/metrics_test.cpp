#include "common/metrics.h"

#include <doctest/doctest.h>

#include <string>

using namespace cell0;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("counters, gauges and histograms are written in the text format") {
  Metrics metrics;
  Counter events = metrics.counter("cell0_test_events_total", "Events.", {{"dialect", "cell0d"}});
  events.inc();
  events.inc(2);
  Gauge bytes = metrics.gauge("cell0_test_queue_bytes", "Bytes.");
  bytes.set(10);
  bytes.inc(5);
  bytes.dec();
  Histogram wait = metrics.histogram("cell0_test_wait_seconds", "Waits.", {0.1, 1});
  wait.observe(0.05);
  wait.observe(0.5);
  wait.observe(5);

  const std::string text = metrics.text();
  CHECK(has_line(text, "# HELP cell0_test_events_total Events."));
  CHECK(has_line(text, "# TYPE cell0_test_events_total counter"));
  CHECK(has_line(text, "cell0_test_events_total{dialect=\"cell0d\"} 3"));
  CHECK(has_line(text, "cell0_test_queue_bytes 14"));
  CHECK(has_line(text, "cell0_test_wait_seconds_bucket{le=\"0.1\"} 1"));
  CHECK(has_line(text, "cell0_test_wait_seconds_bucket{le=\"+Inf\"} 3"));
  CHECK(has_line(text, "cell0_test_wait_seconds_count 3"));
}

TEST_CASE("the same name and labels are the same metric, other labels another of the same family") {
  Metrics metrics;
  metrics.counter("cell0_test_total", "T.", {{"kind", "a"}}).inc();
  metrics.counter("cell0_test_total", "T.", {{"kind", "a"}}).inc();
  metrics.counter("cell0_test_total", "T.", {{"kind", "b"}}).inc();
  const std::string text = metrics.text();
  CHECK(has_line(text, "cell0_test_total{kind=\"a\"} 2"));
  CHECK(has_line(text, "cell0_test_total{kind=\"b\"} 1"));
  CHECK(text.find("# HELP cell0_test_total") == text.rfind("# HELP cell0_test_total"));
}

TEST_CASE("samples are taken when someone asks") {
  Metrics metrics;
  double depth = 1;
  metrics.sampled_gauge("cell0_test_depth_events", "Depth.", [&] { return depth; }, {{"queue", "a"}});
  metrics.sampled_gauge("cell0_test_depth_events", "Depth.", [] { return 9.0; }, {{"queue", "b"}});
  metrics.sampled_counter("cell0_test_seen_total", "Seen.", [&] { return depth * 10; });
  CHECK(has_line(metrics.text(), "cell0_test_depth_events{queue=\"a\"} 1"));
  depth = 2;
  const std::string text = metrics.text();
  CHECK(has_line(text, "# TYPE cell0_test_depth_events gauge"));
  CHECK(has_line(text, "cell0_test_depth_events{queue=\"a\"} 2"));
  CHECK(has_line(text, "cell0_test_depth_events{queue=\"b\"} 9"));
  CHECK(has_line(text, "# TYPE cell0_test_seen_total counter"));
  CHECK(has_line(text, "cell0_test_seen_total 20"));
}

TEST_CASE("a label's value is escaped") {
  Metrics metrics;
  metrics.counter("cell0_test_total", "T.", {{"kind", "a\"b\\c\nd"}}).inc();
  CHECK(has_line(metrics.text(), R"(cell0_test_total{kind="a\"b\\c\nd"} 1)"));
}

TEST_CASE("a default-made handle counts nothing") {
  Counter().inc();
  Gauge().set(1);
  Histogram().observe(1);
}

TEST_CASE("the process knows its own size") {
  Metrics metrics;
  add_process_metrics(metrics);
  const std::string text = metrics.text();
  const std::string name = "\ncell0_process_resident_bytes ";
  const std::size_t at = text.find(name);
  REQUIRE(at != std::string::npos);
  CHECK(std::stod(text.substr(at + name.size())) > 100'000);
  CHECK(text.find("\ncell0_process_open_files ") != std::string::npos);
  CHECK(text.find("\ncell0_process_cpu_seconds_total ") != std::string::npos);
}
