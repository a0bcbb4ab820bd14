#include "emitters/demo/script.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace cell0::emit {
namespace {

using std::chrono::nanoseconds;

constexpr std::array<std::string_view, 4> kUsers = {"ada", "grace", "linus", "margaret"};
constexpr std::array<std::string_view, 3> kModels = {"qwen2.5-7b", "llama3.1-8b", "phi-4"};
constexpr std::array<std::string_view, 3> kKernels = {"kernel_001", "kernel_002", "matmul_f16"};
constexpr std::array<std::string_view, 3> kTasks = {"write a haiku", "explain this log", "name three rivers"};

struct Daemon {
  std::string_view name;
  std::string_view role;
};
constexpr std::array<Daemon, 3> kDaemons = {{{"claude", "Keeper of Logic and Reason"},
                                             {"gemini", "Weaver of Dreams and Innovation"},
                                             {"liquidmetal", "Master of Transformation and Flow"}}};

struct Exchange {
  std::string_view question;
  std::string_view answer;
};
constexpr std::array<Exchange, 5> kExchanges = {
    {{"What is the state of the fabric?", "All gateways are ready, and none of their clients waits."},
     {"Summarise the log of the last hour.", "Nothing unusual: three warnings, all of them about the same slow disk."},
     {"How many clients are connected?", "A thousand, on three gateways, and the newest came a minute ago."},
     {"Load the smaller model, please.", "Done. It took a moment, and uses half of the memory."},
     {"Grüße! Läuft alles? 👍", "Ja, alles läuft: nichts wartet, nichts ist verloren."}}};

std::string decimals(double value, double step) {
  std::string text = std::to_string(std::floor(value / step) * step);  // no exponents: it is JSON and for people
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::uint64_t between(std::uint64_t low, std::uint64_t high, Random& random) {
  return low + random.u64() % (high - low + 1);
}

template <typename List>
const auto& pick(const List& list, Random& random) {
  return list[static_cast<std::size_t>(random.u64() % list.size())];
}

// Each with the space behind it.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::size_t size = space == std::string_view::npos ? text.size() : space + 1;
    words.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return words;
}

std::string_view spoken(Each each, const Round& round) {
  return each == Each::kQuestion ? std::string_view(round.question) : std::string_view(round.answer);
}

std::string piece_value(std::string_view word, const Round& round, std::size_t piece, Each each) {
  const std::string_view text = spoken(each, round);
  const auto words = words_of(text);
  if (word == "index") return std::to_string(piece);
  if (piece >= words.size()) return {};
  const std::size_t begin = static_cast<std::size_t>(words[piece].data() - text.data());
  return std::string(word == "piece" ? words[piece] : text.substr(0, begin + words[piece].size()));
}

std::string round_value(std::string_view word, const Round& round) {
  if (word == "user") return round.user;
  if (word == "model") return round.model;
  if (word == "kernel") return round.kernel;
  if (word == "daemon") return round.daemon;
  if (word == "role") return round.role;
  if (word == "task") return round.task;
  if (word == "question") return round.question;
  if (word == "answer") return round.answer;
  const std::string n = std::to_string(round.n);
  if (word == "n") return n;
  if (word == "words") return std::to_string(words_of(round.answer).size());
  if (word == "voice") return "demo-voice-" + n;
  if (word == "agent") return "demo-session-" + n;
  if (word == "broken") return "demo-session-" + n + "-broken";
  return "$" + std::string(word);
}

std::string word_value(std::string_view word, const Round& round, Random& random, std::size_t piece, Each each) {
  if (word == "ms") return std::to_string(between(10, 2000, random));
  if (word == "count") return std::to_string(between(1, 200, random));
  if (word == "percent") return decimals(random.unit() * 100, 0.1);
  if (word == "share") return decimals(random.unit(), 0.01);
  if (word == "piece" || word == "sofar" || word == "index") return piece_value(word, round, piece, each);
  return round_value(word, round);
}

std::size_t times(const Step& step, const Round& round) {
  return step.each == Each::kOnce ? 1 : words_of(spoken(step.each, round)).size();
}

Cue make_cue(const Step& step, nanoseconds at, std::size_t piece, const Round& round, Random& random) {
  const auto filled = [&](std::string_view text) { return fill_in(text, round, random, piece, step.each); };
  return {at, step.type, step.source, filled(step.data), filled(step.session), filled(step.topic)};
}

nanoseconds varied(nanoseconds pause, Random& random) {
  return nanoseconds(static_cast<std::int64_t>(static_cast<double>(pause.count()) * (0.75 + random.unit() / 2)));
}

// The strand's cues; returns when it ends.
nanoseconds add_strand(const Strand& strand, const Round& round, Random& random, std::vector<Cue>& cues) {
  nanoseconds at = strand.begin;
  for (const Step& step : strand.steps) {
    for (std::size_t piece = 0; piece < times(step, round); ++piece) {
      at += varied(step.after, random);
      cues.push_back(make_cue(step, at, piece, round, random));
    }
  }
  return at;
}

}  // namespace

const Step* find_step(std::string_view type) {
  for (const Strand& strand : strands()) {
    for (const Step& step : strand.steps) {
      if (step.type == type) return &step;
    }
  }
  return nullptr;
}

Round make_round(std::uint64_t n, Random& random) {
  const Daemon& daemon = pick(kDaemons, random);
  const Exchange& exchange = pick(kExchanges, random);
  Round round;
  round.n = n;
  round.user = pick(kUsers, random);
  round.model = pick(kModels, random);
  round.kernel = pick(kKernels, random);
  round.daemon = daemon.name;
  round.role = daemon.role;
  round.task = pick(kTasks, random);
  round.question = exchange.question;
  round.answer = exchange.answer;
  return round;
}

std::string fill_in(std::string_view text, const Round& round, Random& random, std::size_t piece, Each each) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    filled += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    std::size_t end = 0;
    while (end < text.size() && text[end] >= 'a' && text[end] <= 'z') ++end;
    filled += word_value(text.substr(0, end), round, random, piece, each);
    text.remove_prefix(end);
  }
  return filled;
}

Plan plan_round(const Round& round, Random& random, double events_per_second) {
  Plan plan;
  for (const Strand& strand : strands()) {
    plan.length = std::max(plan.length, add_strand(strand, round, random, plan.cues));
  }
  std::stable_sort(plan.cues.begin(), plan.cues.end(), [](const Cue& a, const Cue& b) { return a.at < b.at; });
  const double wanted_ns = static_cast<double>(plan.cues.size()) / events_per_second * 1e9;
  const double stretch = wanted_ns / static_cast<double>(plan.length.count());
  for (Cue& cue : plan.cues) {
    cue.at = nanoseconds(static_cast<std::int64_t>(static_cast<double>(cue.at.count()) * stretch));
  }
  plan.length = nanoseconds(static_cast<std::int64_t>(wanted_ns));
  return plan;
}

}  // namespace cell0::emit
