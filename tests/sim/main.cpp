// sim: runs the simulation of one seed, or of many.
//
//   sim --seed 17 [--steps 4000] [--verbose]    replays it exactly
//   sim --seeds 1..10000 [--steps 4000]         stops at the first failure: seed, step, and what happened last
//
// --log model or --log sqlite: what keeps the events; else SQLite for every eighth seed.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include "tests/sim/simulation.h"

namespace {

using namespace cell0;

constexpr std::uint64_t kSteps = 4'000;
constexpr std::size_t kLinesShown = 40;

struct Options {
  std::uint64_t from = 1;
  std::uint64_t to = 300;
  std::uint64_t steps = kSteps;
  bool verbose = false;
  sim::LogKind log = sim::LogKind::kBySeed;
};

// What runs now, for the handler below: an abort() of the production code (CELL0_CHECK) leaves no other way.
struct {
  std::uint64_t seed = 0;
  sim::World* world = nullptr;
} running;

void show_failure(const char* invariant, const char* text) {
  std::printf("\nsim: seed %llu, step %llu: %s\n  %s\n", static_cast<unsigned long long>(running.seed),
              static_cast<unsigned long long>(running.world == nullptr ? 0 : running.world->steps()), invariant, text);
  if (running.world != nullptr) {
    const auto& lines = running.world->last_lines();
    const std::size_t first = lines.size() > kLinesShown ? lines.size() - kLinesShown : 0;
    std::printf("  what happened last:\n");
    for (std::size_t i = first; i < lines.size(); ++i) std::printf("    %s\n", lines[i].c_str());
  }
  std::printf("  again: sim --seed %llu --verbose\n", static_cast<unsigned long long>(running.seed));
  std::fflush(stdout);
}

void on_abort(int) {
  show_failure("an invariant of the production code", "see above");
  std::_Exit(1);
}

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--verbose") {
      options.verbose = true;
      continue;
    }
    if (i + 1 == argc) return std::nullopt;
    const std::string_view value = argv[i + 1];
    if (name == "--log" && (value == "model" || value == "sqlite")) {
      options.log = value == "model" ? sim::LogKind::kModel : sim::LogKind::kSqlite;
      ++i;
      continue;
    }
    char* end = argv[++i];
    const std::uint64_t number = std::strtoull(end, &end, 10);
    if (name == "--seed" && *end == '\0') {
      options.from = options.to = number;
    } else if (name == "--steps" && *end == '\0') {
      options.steps = number;
    } else if (name == "--seeds" && std::strncmp(end, "..", 2) == 0) {
      options.from = number;
      options.to = std::strtoull(end + 2, &end, 10);
      if (*end != '\0' || options.to < options.from) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

struct Totals {
  std::uint64_t steps = 0;
  std::uint64_t events = 0;
  Duration virtual_time{0};
};

bool run_one(std::uint64_t seed, const Options& options, Log& log, Totals& totals) {
  sim::Simulation simulation(seed, options.log, options.verbose, log);
  running = {seed, &simulation.world()};
  try {
    simulation.run(options.steps);
  } catch (const sim::Violation& violation) {
    show_failure(violation.invariant().c_str(), violation.what());
    return false;
  }
  running.world = nullptr;
  totals.steps += simulation.world().steps();
  totals.events += simulation.events();
  totals.virtual_time += simulation.world().clock().elapsed();
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (!options) {
    std::fprintf(stderr, "usage: sim [--seed S | --seeds FROM..TO] [--steps N] [--log model|sqlite] [--verbose]\n");
    return 2;
  }
  std::signal(SIGABRT, &on_abort);
  Log log({.program = "sim", .level = LogLevel::kOff}, [](std::string_view) {});
  Totals totals;
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [begin] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  for (std::uint64_t seed = options->from; seed <= options->to; ++seed) {
    if (!run_one(seed, *options, log, totals)) return 1;
    const std::uint64_t done = seed - options->from + 1;
    if (done % (terminal ? 10 : 1000) != 0) continue;
    std::printf(terminal ? "\r%llu seeds, %.0f s" : "%llu seeds, %.0f s\n", static_cast<unsigned long long>(done),
                elapsed());
    std::fflush(stdout);
  }
  std::printf("%ssim: seeds %llu..%llu are clean: %llu steps, %llu events, %.0f s of virtual time in %.1f s\n",
              terminal ? "\r" : "", static_cast<unsigned long long>(options->from),
              static_cast<unsigned long long>(options->to), static_cast<unsigned long long>(totals.steps),
              static_cast<unsigned long long>(totals.events),
              std::chrono::duration<double>(totals.virtual_time).count(), elapsed());
  return 0;
}
