// log_bench: the broker's log beside plain SQLite, in the same run. See run.sh for what is compared.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "common/check.h"
#include "common/json.h"
#include "tests/bench/broker/load.h"
#include "tests/bench/log/plain.h"
#include "tests/bench/log/stored_log.h"

namespace cell0::bench {
namespace {

struct Options {
  std::string broker;
  std::filesystem::path dir = std::filesystem::temp_directory_path();
  int repetitions = 3;
  int seconds = 3;
  std::uint64_t events = 2'000'000;
  std::size_t commits = 1000;
};

// A directory of its own, gone afterwards.
class Scratch {
 public:
  explicit Scratch(const Options& options) {
    std::string name = (options.dir / "cell0-log-bench.XXXXXX").string();
    CELL0_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

double at(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

struct Durable {
  std::vector<double> plain, log;
  double ratio() const {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < plain.size(); ++i) ratios.push_back(log[i] / plain[i]);
    return at(ratios, 0.5);
  }
};

// Events that emitters have an acknowledgement for, through the whole broker.
double broker_durable_events_per_s(const Options& options) {
  const Scratch scratch(options);
  const Endpoints at = free_endpoints();
  const std::string config = (scratch.path() / "cell0.toml").string();
  std::ofstream(config) << "[[rule]]\ndurability = \"durable\"\n";
  const Subject broker(
      options.broker,
      {"--config", config, "--set", "broker.ingest=" + at.ingest, "--set", "broker.fanout=" + at.fanout, "--set",
       "broker.control=" + at.control, "--set", "broker.admin=", "--set", "state.dir=" + scratch.path().string(),
       "--set", "log.level=warn", "--set", "broker.limits.fanout_queue_messages_max=100000"},
      at);
  LoadOptions load;
  load.subscribers = 1;
  load.batch_events = 64;
  load.window_events = 16'384;
  load.measure = std::chrono::seconds(options.seconds);
  const LoadResult result = run_load(broker, Path::kPublish, load);
  CELL0_CHECK(result.lost == 0);
  return result.events_per_s;
}

Durable measure_durable(const Options& options) {
  Durable durable;
  for (int i = 0; i < options.repetitions; ++i) {
    const Scratch scratch(options);
    durable.plain.push_back(
        plain_durable_events_per_s(scratch.path() / "plain.db", 1000, std::chrono::seconds(options.seconds)));
    durable.log.push_back(broker_durable_events_per_s(options));
    std::fprintf(stderr, "%d/%d durable events/s: plain SQLite %.0f, the broker %.0f\n", i + 1, options.repetitions,
                 durable.plain.back(), durable.log.back());
  }
  return durable;
}

struct Latencies {
  std::vector<double> plain, log;
};

Latencies measure_commits(const Options& options, std::size_t batch) {
  const Scratch scratch(options);
  Latencies latencies;
  latencies.plain = plain_commit_seconds(scratch.path() / "plain.db", batch, options.commits);
  StoredLog log(scratch.path());
  for (std::size_t i = 0; i < options.commits; ++i) latencies.log.push_back(log.commit(batch, v1::DURABLE));
  return latencies;
}

struct Reading {
  std::vector<double> last_50_at_10k, last_50_at_all;
  std::vector<double> replay, plain_replay;  // events/s
  double bytes_per_event = 0;
  double open_seconds = 0;
};

Reading measure_reading(const Options& options) {
  const Scratch scratch(options);
  Reading reading;
  {
    StoredLog log(scratch.path());
    log.commit(10'000, v1::RELAXED);
    reading.last_50_at_10k = log.last_50_seconds(200);
    while (log.events() < options.events) log.commit(10'000, v1::RELAXED);
    reading.last_50_at_all = log.last_50_seconds(200);
  }
  const auto file = scratch.path() / "log.db";
  reading.bytes_per_event = static_cast<double>(std::filesystem::file_size(file)) / static_cast<double>(options.events);
  for (int i = 0; i < options.repetitions; ++i) {
    reading.plain_replay.push_back(plain_replay_events_per_s(file));
    StoredLog log(scratch.path());
    reading.open_seconds = log.open_seconds();
    reading.replay.push_back(log.replay_events_per_s());
    std::fprintf(stderr, "%d/%d replayed events/s: plain SQLite %.0f, the log %.0f\n", i + 1, options.repetitions,
                 reading.plain_replay.back(), reading.replay.back());
  }
  return reading;
}

void write_latencies(JsonWriter& json, const char* name, const std::vector<double>& seconds) {
  json.key(name);
  json.begin_object();
  json.member("p50_us", at(seconds, 0.5) * 1e6);
  json.member("p90_us", at(seconds, 0.9) * 1e6);
  json.member("p99_us", at(seconds, 0.99) * 1e6);
  json.member("max_us", at(seconds, 1.0) * 1e6);
  json.end_object();
}

std::string report(const Durable& durable, const Latencies& ones, const Latencies& hundreds, const Reading& reading,
                   const Options& options) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("event_bytes", 200);
  json.member("durable_events_per_s", at(durable.log, 0.5));
  json.member("plain_durable_events_per_s", at(durable.plain, 0.5));
  json.member("ratio_durable", durable.ratio());
  write_latencies(json, "commit_of_1", ones.log);
  write_latencies(json, "plain_commit_of_1", ones.plain);
  write_latencies(json, "commit_of_100", hundreds.log);
  write_latencies(json, "plain_commit_of_100", hundreds.plain);
  json.member("events", options.events);
  json.member("replay_events_per_s", at(reading.replay, 0.5));
  json.member("plain_replay_events_per_s", at(reading.plain_replay, 0.5));
  json.member("last_50_of_a_type_at_10k_us", at(reading.last_50_at_10k, 0.5) * 1e6);
  json.member("last_50_of_a_type_at_all_us", at(reading.last_50_at_all, 0.5) * 1e6);
  json.member("bytes_per_event", reading.bytes_per_event);
  json.member("open_ms", reading.open_seconds * 1e3);
  json.end_object();
  return out;
}

int run(const Options& options) {
  const Durable durable = measure_durable(options);
  const Latencies ones = measure_commits(options, 1);
  const Latencies hundreds = measure_commits(options, 100);
  const Reading reading = measure_reading(options);
  std::printf("%s\n", report(durable, ones, hundreds, reading, options).c_str());
  const double flat = at(reading.last_50_at_all, 0.5) / at(reading.last_50_at_10k, 0.5);
  std::printf("acknowledged durable events: %.2f x plain SQLite (wanted: 0.7)\n", durable.ratio());
  std::printf("last 50 of a type, all events by 10 k: %.2f x (wanted: at most 3)\n", flat);
  return durable.ratio() >= 0.7 && flat <= 3 ? 0 : 1;
}

}  // namespace
}  // namespace cell0::bench

int main(int argc, char** argv) {
  cell0::bench::Options options;
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  options.broker = (self.parent_path() / "cell0-broker").string();
  CLI::App app("The broker's log beside plain SQLite.");
  app.add_option("--broker", options.broker, "The program to measure")->check(CLI::ExistingFile);
  app.add_option("--dir", options.dir, "On the disk to measure")->check(CLI::ExistingDirectory);
  app.add_option("--repetitions", options.repetitions)->check(CLI::Range(1, 100));
  app.add_option("--seconds", options.seconds, "Of each durable run")->check(CLI::Range(1, 600));
  app.add_option("--events", options.events, "In the log that is read")->check(CLI::Range(100'000, 100'000'000));
  app.add_option("--commits", options.commits, "Whose latency is measured")->check(CLI::Range(10, 1'000'000));
  CLI11_PARSE(app, argc, argv);
  return cell0::bench::run(options);
}
