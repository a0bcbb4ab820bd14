// What a program's operations cost and its process uses.
#include "emitters/sdk/performance.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "common/event_json.h"
#include "common/event_schema.h"
#include "emitters/sdk/process_usage.h"

using namespace cell0;
using namespace cell0::emit;

namespace {

// A /proc/self of this test's own; removed at the end.
struct Proc {
  Proc() { std::filesystem::create_directory(path); }
  ~Proc() { std::filesystem::remove_all(path); }
  void set(std::uint64_t ticks, std::uint64_t pages) const {
    std::ofstream(path + "/stat") << "7 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 " << ticks << " 0 0 0 20 0 3 0 99\n";
    std::ofstream(path + "/statm") << "1000 " << pages << " 3 4 0 6 0\n";
  }
  const std::string path = (std::filesystem::temp_directory_path() / ("cell0-proc-" + std::to_string(::getpid()))).string();
};

// "type {data}" of each, in order; from any thread.
struct List final : Sink {
  Result<void> emit(v1::Envelope envelope, OnPublished) override {
    const std::lock_guard lock(mutex);
    std::string text = std::string(type_of(envelope)) + ' ';
    JsonWriter out(text);
    write_event_data(out, envelope);
    events.push_back(text);
    came.notify_all();
    return {};
  }
  using Sink::emit;
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex);
    return std::exchange(events, {});
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    return came.wait_for(lock, std::chrono::seconds(20), [&] { return events.size() >= count; });
  }
  std::mutex mutex;
  std::condition_variable came;
  std::vector<std::string> events;
};

}  // namespace

TEST_CASE("what a process uses is read whatever its name is; what is missing is 0") {
  const ProcessUsage usage = parse_process_usage("7 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0", "1000 300 1", 100, 4096);
  CHECK(usage.cpu_s == 3);
  CHECK(usage.memory == 300 * 4096);
  for (const char* text : {"", "7 (a", "7 (a) S 1", "7 (a) S 1 2 3 4 5 6 7 8 9 10 x y", ")"}) {
    CAPTURE(text);
    CHECK(parse_process_usage(text, text, 100, 4096).cpu_s == 0);
  }
  CHECK(parse_process_usage("", "", 0, 0).memory == 0);
  CHECK(read_process_usage().memory > 0);
  CHECK(read_process_usage("/nowhere").memory == 0);
}

TEST_CASE("operations are traced at once, and gathered by component; then it begins anew") {
  const Proc proc;
  proc.set(100, 256);
  ManualClock clock;
  List list;
  coda::Source source(list, "coda.voice");
  coda::Performance performance(source, std::chrono::seconds(5), clock, proc.path);
  REQUIRE(performance.track_operation("stt", "transcribe", 1500, R"({"samples":1})").ok());
  REQUIRE(performance.track_operation("stt", "transcribe", 500).ok());
  {
    const auto timing = performance.time_operation("llm", "generate");
    clock.advance(std::chrono::milliseconds(1000));
  }
  CHECK(list.take() ==
        std::vector<std::string>{
            R"(latency_trace {"component":"stt","operation":"transcribe","duration_ms":1500,"metadata":{"samples":1}})",
            R"(latency_trace {"component":"stt","operation":"transcribe","duration_ms":500})",
            R"(latency_trace {"component":"llm","operation":"generate","duration_ms":1000})"});
  performance.publish();
  const auto events = list.take();
  REQUIRE(events.size() == 3);
  CHECK(
      events[0] ==
      R"(component_timing {"component":"llm","timings":{"generate":{"count":1,"mean_ms":1000,"min_ms":1000,"max_ms":1000}}})");
  CHECK(
      events[1] ==
      R"(component_timing {"component":"stt","timings":{"transcribe":{"count":2,"mean_ms":1000,"min_ms":500,"max_ms":1500}}})");
  performance.publish();
  CHECK(list.take().size() == 1);  // nothing was done: the process's figures only
}

TEST_CASE("the process's figures are of the time since they were last told") {
  const Proc proc;
  proc.set(0, 256);
  ManualClock clock;
  List list;
  coda::Source source(list, "coda.voice");
  coda::Performance performance(source, std::chrono::seconds(5), clock, proc.path);
  clock.advance(std::chrono::seconds(4));
  const long ticks = ::sysconf(_SC_CLK_TCK) * static_cast<long>(std::thread::hardware_concurrency());
  proc.set(static_cast<std::uint64_t>(ticks), 256);  // one second of all processors, of four
  performance.publish();
  clock.advance(std::chrono::seconds(1));
  performance.publish();
  const std::string memory = std::to_string(256 * ::sysconf(_SC_PAGESIZE) / (1 << 20));
  CHECK(list.take() ==
        std::vector<std::string>{
            R"(system_metrics {"memory_mb":)" + memory + R"(,"cpu_percent":25,"uptime_seconds":4})",
            R"(system_metrics {"memory_mb":)" + memory + R"(,"cpu_percent":0,"uptime_seconds":5})"});
}

TEST_CASE("names beyond the bound are traced, and not gathered") {
  ManualClock clock;
  List list;
  coda::Source source(list, "coda.voice");
  coda::Performance performance(source, std::chrono::seconds(5), clock, "/nowhere");
  for (std::size_t i = 0; i <= coda::Performance::kNamesMax; ++i) {
    REQUIRE(performance.track_operation("c" + std::to_string(i), "o", 1).ok());
  }
  CHECK(list.take().size() == coda::Performance::kNamesMax + 1);
  performance.publish();
  CHECK(list.take().size() == coda::Performance::kNamesMax + 1);  // and the process's figures
}

TEST_CASE("started, it tells by itself; stopped, it tells what has gathered, once") {
  List list;
  coda::Source source(list, "coda.voice");
  coda::Performance performance(source, std::chrono::milliseconds(1));
  performance.start();
  performance.start();
  CHECK(list.wait_for(2));
  performance.stop();
  list.take();
  performance.stop();
  CHECK(list.take().empty());
}
