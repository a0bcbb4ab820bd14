// broker_bench: cell0-broker beside zmq_proxy, in the same run. See run.sh for what is compared and how to read it.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "common/json.h"
#include "tests/bench/broker/load.h"

namespace cell0::bench {
namespace {

struct Options {
  std::string broker;
  std::string self;
  int repetitions = 15;
  int seconds = 1;
  LoadOptions load;
};

struct Contender {
  const char* name;
  Path path;
};
constexpr std::array kContenders{Contender{"proxy", Path::kProxy}, Contender{"broker_unbatched", Path::kPub},
                                 Contender{"broker_batched_16", Path::kPublish}};

using Results = std::map<std::string, std::vector<LoadResult>>;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<double> column(const std::vector<LoadResult>& results, double LoadResult::*value) {
  std::vector<double> values;
  for (const LoadResult& result : results) values.push_back(result.*value);
  return values;
}

// The median over the repetitions of this one's rate by the proxy's next to it.
double ratio_to_proxy(const Results& results, const char* name) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < results.at(name).size(); ++i) {
    ratios.push_back(results.at(name)[i].events_per_s / results.at("proxy")[i].events_per_s);
  }
  return median(ratios);
}

LoadResult measure_proxy(const Options& options) {
  const Endpoints at = free_endpoints();
  const Subject proxy(options.self, {"--be-proxy", at.ingest, at.fanout}, at);
  return run_load(proxy, Path::kProxy, options.load);
}

LoadResult measure_broker(const Options& options, Path path) {
  const Endpoints at = free_endpoints();
  char dir[] = "/tmp/cell0-broker-bench.XXXXXX";
  CELL0_CHECK(::mkdtemp(dir) != nullptr);
  const std::string config = std::string(dir) + "/cell0.toml";
  std::ofstream(config) << "[[rule]]\ndurability = \"ephemeral\"\n";
  LoadResult result;
  {
    const Subject broker(
        options.broker,
        {"--config", config, "--set", "broker.ingest=" + at.ingest, "--set", "broker.fanout=" + at.fanout, "--set",
         "broker.control=" + at.control, "--set", "broker.admin=", "--set", std::string("state.dir=") + dir, "--set",
         "log.level=warn", "--set", "broker.limits.ingest_queue_messages_max=100000", "--set",
         "broker.limits.fanout_queue_messages_max=100000"},
        at);
    result = run_load(broker, path, options.load);
  }
  std::filesystem::remove_all(dir);
  return result;
}

Results measure(const Options& options) {
  Results results;
  for (int repetition = 0; repetition < options.repetitions; ++repetition) {
    for (const Contender& contender : kContenders) {
      const LoadResult result =
          contender.path == Path::kProxy ? measure_proxy(options) : measure_broker(options, contender.path);
      CELL0_CHECK(result.events_per_s > 0);  // else it did not start, and there is nothing to compare
      std::fprintf(stderr, "%d/%d %-18s %9.0f events/s  %5.2f us CPU/event  %6.1f events/message%s\n", repetition + 1,
                   options.repetitions, contender.name, result.events_per_s, result.cpu_us_per_event,
                   result.events_per_batch, result.lost == 0 ? "" : "  LOST EVENTS");
      results[contender.name].push_back(result);
    }
  }
  return results;
}

std::string report(const Results& results, const Options& options) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("event_bytes", 200);
  json.member("publishers", options.load.publishers);
  json.member("subscribers", options.load.subscribers);
  json.member("repetitions", options.repetitions);
  for (const Contender& contender : kContenders) {
    const auto& of = results.at(contender.name);
    std::uint64_t lost = 0;
    for (const LoadResult& result : of) lost += result.lost;
    json.key(contender.name);
    json.begin_object();
    json.member("events_per_s", median(column(of, &LoadResult::events_per_s)));
    json.member("cpu_us_per_event", median(column(of, &LoadResult::cpu_us_per_event)));
    json.member("events_per_message", median(column(of, &LoadResult::events_per_batch)));
    json.member("lost", lost);
    json.end_object();
  }
  json.member("ratio_unbatched", ratio_to_proxy(results, "broker_unbatched"));
  json.member("ratio_batched_16", ratio_to_proxy(results, "broker_batched_16"));
  json.end_object();
  return out;
}

int run(const Options& options) {
  const Results results = measure(options);
  std::printf("%s\n", report(results, options).c_str());
  const double unbatched = ratio_to_proxy(results, "broker_unbatched");
  const double batched = ratio_to_proxy(results, "broker_batched_16");
  std::printf("unbatched:     %.2f x zmq_proxy (wanted: 0.8)\n", unbatched);
  std::printf("batched by 16: %.2f x zmq_proxy (wanted: 2.0)\n", batched);
  return unbatched >= 0.8 && batched >= 2.0 ? 0 : 1;
}

}  // namespace
}  // namespace cell0::bench

int main(int argc, char** argv) {
  // What is freed is kept: else the load's threads give Batches back to the kernel and take them again, page by page
  // (10,000 page faults a second).
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  ::mallopt(M_MMAP_THRESHOLD, 1 << 24);
  cell0::bench::Options options;
  options.self = std::filesystem::read_symlink("/proc/self/exe").string();
  options.broker = (std::filesystem::path(options.self).parent_path() / "cell0-broker").string();
  std::vector<std::string> proxy;
  CLI::App app("Events per second through cell0-broker, beside zmq_proxy's.");
  app.add_option("--broker", options.broker, "The program to measure")->check(CLI::ExistingFile);
  app.add_option("--repetitions", options.repetitions, "Of all three, interleaved")->check(CLI::Range(1, 100));
  app.add_option("--seconds", options.seconds, "Measured of each, after half a second")->check(CLI::Range(1, 600));
  app.add_option("--publishers", options.load.publishers)->check(CLI::Range(1, 64));
  app.add_option("--subscribers", options.load.subscribers)->check(CLI::Range(1, 64));
  app.add_option("--window", options.load.window_events, "Events under way at a time")->check(CLI::Range(64, 50'000));
  app.add_option("--be-proxy", proxy, "Be zmq_proxy between these two endpoints")->expected(2);
  CLI11_PARSE(app, argc, argv);
  if (!proxy.empty()) cell0::bench::run_proxy({proxy[0], proxy[1], ""});
  options.load.measure = std::chrono::seconds(options.seconds);
  return cell0::bench::run(options);
}
