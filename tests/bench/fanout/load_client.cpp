// cell0-bench-load: many WebSocket clients, what they receive checked, counted and timed. See README.md.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/fanout/load_worker.h"
#include "tests/bench/fanout/options.h"

namespace {

using namespace cell0::bench;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kUsage =
    R"(usage: cell0-bench-load [options]; prints one JSON line when connected and one at the end
  --target HOST:PORT    where to connect; several times: connections go round (127.0.0.1:8765)
  --path PATH           the request target (/)
  --connections N       (100)
  --threads N           (1)
  --rate N              handshakes a second, all together (2000)
  --stalled N           how many of the connections never read (0)
  --send TEXT           a message that every connection sends when it is open; several times
  --protocols TEXT      Sec-WebSocket-Protocol
  --match TEXT          what a frame must hold to count as an event ({"type":"event",)
  --latency KEY         where events carry their time: a number of Unix microseconds or an ISO string (sent_us)
  --from-start 0|1      1: everything counts from the first handshake on, and the time too (0)
  --ports-per-address N how many connections share an address of ours, 127.0.0.1 and on (20000)
  --settle SECONDS      between the last handshake and the first line (0.5)
  --duration SECONDS    of measuring; 0: until SIGTERM, SIGINT or --events (0)
  --stay SECONDS        connections stay open so long after the last line (0)
  --events N            stop when every reading connection has that many; 0: never (0)
)";

std::atomic<bool> stop_requested{false};

struct Plan {
  LoadSettings settings;
  std::size_t connections = 100;
  std::size_t threads = 1;
  std::size_t stalled = 0;
  double settle = 0.5;
  double duration = 0;
  std::uint64_t events = 0;
  int from_start = 0;
  double stay = 0;
};

// "127.0.0.1:8765" or "[::1]:8765".
bool parse_target(const std::string& text, Target& target) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  std::string host = text.substr(0, colon);
  const auto port = static_cast<std::uint16_t>(std::strtoul(text.c_str() + colon + 1, nullptr, 10));
  target.host = text;
  if (host.size() > 2 && host.front() == '[') {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    host = host.substr(1, host.size() - 2);
    std::memcpy(&target.address, &v6, sizeof v6);
    target.size = sizeof v6;
    return ::inet_pton(AF_INET6, host.c_str(), &reinterpret_cast<sockaddr_in6*>(&target.address)->sin6_addr) == 1;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  const bool ok = ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1;
  std::memcpy(&target.address, &v4, sizeof v4);
  target.size = sizeof v4;
  return ok && port != 0;
}

Plan parse(int argc, char** argv) {
  Plan plan;
  double rate = plan.settings.handshakes_per_second;
  Options options(kUsage);
  options.each("--target",
               [&](const std::string& value) { return parse_target(value, plan.settings.targets.emplace_back()); });
  options.each("--send", [&](const std::string& value) { return plan.settings.first_messages.push_back(value), true; });
  options.text("--path", plan.settings.path);
  options.text("--protocols", plan.settings.protocols);
  options.text("--match", plan.settings.match);
  options.text("--latency", plan.settings.latency_key);
  options.number("--connections", plan.connections);
  options.number("--threads", plan.threads);
  options.number("--rate", rate);
  options.number("--stalled", plan.stalled);
  options.number("--from-start", plan.from_start);
  options.number("--ports-per-address", plan.settings.ports_per_address);
  options.number("--settle", plan.settle);
  options.number("--duration", plan.duration);
  options.number("--events", plan.events);
  options.number("--stay", plan.stay);
  options.parse(argc, argv);
  if (plan.settings.targets.empty()) parse_target("127.0.0.1:8765", plan.settings.targets.emplace_back());
  if (plan.settings.ports_per_address == 0) options.fail("--ports-per-address: at least 1");
  if (plan.threads == 0 || plan.connections < plan.threads) options.fail("--threads: between 1 and --connections");
  if (plan.stalled > plan.connections) options.fail("--stalled: no more than --connections");
  plan.settings.handshakes_per_second = rate / static_cast<double>(plan.threads);
  return plan;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

struct Fleet {
  explicit Fleet(const Plan& plan) : measuring(plan.from_start != 0) {
    std::size_t first = 0;
    for (std::size_t i = 0; i < plan.threads; ++i) {
      const std::size_t end = plan.connections * (i + 1) / plan.threads;
      const std::size_t stalled = plan.stalled * (i + 1) / plan.threads - plan.stalled * i / plan.threads;
      workers.push_back(std::make_unique<LoadWorker>(plan.settings, end - first, stalled, first));
      first = end;
    }
    for (auto& worker : workers) threads.emplace_back([this, &worker] { worker->run(measuring, stop); });
  }
  void join() {
    stop = true;
    for (std::thread& thread : threads) thread.join();
  }
  template <typename Fn>
  std::uint64_t sum(Fn value_of) const {
    std::uint64_t total = 0;
    for (const auto& worker : workers) total += value_of(*worker);
    return total;
  }
  std::uint64_t open() const {
    return sum([](const LoadWorker& w) { return w.open(); });
  }
  std::uint64_t failed() const {
    return sum([](const LoadWorker& w) { return w.failed(); });
  }
  std::uint64_t events() const {
    return sum([](const LoadWorker& w) { return w.events(); });
  }

  std::atomic<bool> measuring;
  std::atomic<bool> stop{false};
  std::vector<std::unique_ptr<LoadWorker>> workers;
  std::vector<std::thread> threads;
};

void nap() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

void print_closed(const LoadCounts& counts) {
  std::printf("\"closed\":{");
  const char* separator = "";
  for (const auto& [code, count] : counts.closed) {
    std::printf("%s\"%u\":%llu", separator, static_cast<unsigned>(code), static_cast<unsigned long long>(count));
    separator = ",";
  }
  std::printf("},");
}

void report(const Fleet& fleet, double seconds, double cpu) {
  LoadCounts all;
  std::set<LoadWorker::Stream> distinct;
  std::uint64_t least = UINT64_MAX;
  std::uint64_t most = 0;
  for (const auto& worker : fleet.workers) {
    const LoadCounts& counts = worker->counts();
    all.frames += counts.frames;
    all.bytes += counts.bytes;
    all.events += counts.events;
    all.duplicates += counts.duplicates;
    all.gaps += counts.gaps;
    all.protocol_errors += counts.protocol_errors;
    all.latency.add(counts.latency);
    for (const auto& [code, count] : counts.closed) all.closed[code] += count;
    for (const LoadWorker::Stream& stream : worker->streams()) {
      distinct.insert(stream);
      least = std::min(least, stream.events);
      most = std::max(most, stream.events);
    }
  }
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("{\"state\":\"done\",\"open\":%llu,\"failed\":%llu,", number(fleet.open()), number(fleet.failed()));
  print_closed(all);
  std::printf("\"seconds\":%.3f,\"frames\":%llu,\"bytes\":%llu,\"deliveries\":%llu,\"deliveries_per_s\":%.0f,", seconds,
              number(all.frames), number(all.bytes), number(all.events), static_cast<double>(all.events) / seconds);
  std::printf("\"events_per_connection_min\":%llu,\"events_per_connection_max\":%llu,\"distinct_streams\":%zu,",
              number(distinct.empty() ? 0 : least), number(most), distinct.size());
  std::printf("\"duplicates\":%llu,\"gaps\":%llu,\"protocol_errors\":%llu,", number(all.duplicates), number(all.gaps),
              number(all.protocol_errors));
  std::printf("\"latency_us\":{\"count\":%llu,\"p50\":%llu,\"p90\":%llu,\"p99\":%llu,\"max\":%llu},",
              number(all.latency.count()), number(all.latency.quantile(0.5)), number(all.latency.quantile(0.9)),
              number(all.latency.quantile(0.99)), number(all.latency.max()));
  std::printf("\"client_cpu_s\":%.3f}\n", cpu);
  std::fflush(stdout);
}

bool enough(const Plan& plan, const Fleet& fleet, Clock::time_point begin) {
  if (fleet.open() == 0) return true;
  if (plan.duration > 0 && seconds_since(begin) >= plan.duration) return true;
  return plan.events > 0 && fleet.events() >= plan.events * (plan.connections - plan.stalled);
}

}  // namespace

int main(int argc, char** argv) {
  const Plan plan = parse(argc, argv);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  std::signal(SIGTERM, [](int) { stop_requested = true; });
  std::signal(SIGINT, [](int) { stop_requested = true; });

  const auto begin = Clock::now();
  Fleet fleet(plan);
  while (!stop_requested && fleet.open() + fleet.failed() < plan.connections) nap();
  const double connecting = seconds_since(begin);
  if (!stop_requested && fleet.failed() > 0) {
    std::fprintf(stderr, "%llu of %zu connections could not be opened\n",
                 static_cast<unsigned long long>(fleet.failed()), plan.connections);
    fleet.join();
    return 1;
  }
  const auto settled = Clock::now();
  while (!stop_requested && plan.from_start == 0 && seconds_since(settled) < plan.settle) nap();

  fleet.measuring = true;
  std::printf("{\"state\":\"connected\",\"open\":%llu,\"failed\":%llu,\"seconds\":%.3f}\n",
              static_cast<unsigned long long>(fleet.open()), static_cast<unsigned long long>(fleet.failed()),
              connecting);
  std::fflush(stdout);
  const auto measured = plan.from_start != 0 ? begin : Clock::now();
  const double cpu = cpu_seconds();
  while (!stop_requested && !enough(plan, fleet, measured)) nap();

  const double seconds = seconds_since(measured);
  fleet.join();
  report(fleet, seconds, cpu_seconds() - cpu);
  const auto reported = Clock::now();
  while (!stop_requested && seconds_since(reported) < plan.stay) nap();
  return fleet.failed() == 0 ? 0 : 1;
}
