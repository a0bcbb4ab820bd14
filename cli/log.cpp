// `cell0 log`: looks into a log file, and takes events out of one or into a new one. Reading is safe while a broker
// runs.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/log_line.h"
#include "cli/printer.h"
#include "common/json.h"
#include "common/store/append.h"
#include "common/store/schema.h"
#include "common/store/summary.h"
#include "common/store/verify.h"

namespace cell0::cli {
namespace {

constexpr std::size_t kRowsPerSnapshot = 20'000;
constexpr std::uint64_t kEventsPerCommit = 5'000;
constexpr std::uint64_t kEventsPerProgress = 100'000;

int fail(const Error& error) {
  complain(error.text);
  return error.code == ErrorCode::kInvalid ? kExitUsage : kExitFailed;
}

std::filesystem::path file_of(const LogCommand& options, const Config& config) {
  if (!options.file.empty()) return options.file;
  return std::filesystem::path(config.state.dir) / "log.db";
}

// "exported 1200000 events", on standard error, where a person looks at it.
class Progress {
 public:
  explicit Progress(const char* what) : what_(what), shown_(::isatty(STDERR_FILENO) != 0) {}
  void at(std::uint64_t events) {
    if (!shown_ || events < next_) return;
    next_ = events + kEventsPerProgress;
    std::fprintf(stderr, "\r%s %llu events", what_, static_cast<unsigned long long>(events));
    drawn_ = true;
  }
  ~Progress() {
    if (drawn_) std::fputc('\n', stderr);
  }

 private:
  const char* what_;
  bool shown_;
  bool drawn_ = false;
  std::uint64_t next_ = kEventsPerProgress;
};

std::string json_of(const store::Summary& log, const std::filesystem::path& path) {
  std::error_code error;
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("file", path.string());
  json.member("version", log.version);
  json.member("written_by", log.written_by);
  json.member("ended_cleanly", log.ended_cleanly);
  json.member("file_bytes", std::filesystem::file_size(path, error));
  json.member("free_bytes", log.free_bytes);
  json.member("events", log.events);
  json.member("first_seq", log.first.value);
  json.member("first_taken", to_iso8601(log.first_taken));
  json.member("last_seq", log.last.value);
  json.member("last_taken", to_iso8601(log.last_taken));
  json.key("types");
  json.begin_object();
  for (const auto& type : log.types) json.member(type.name, type.events);
  json.end_object();
  json.key("rules");
  json.begin_array();
  for (const auto& rule : log.rules) {
    json.begin_object();
    json.member("topic", rule.topic);
    json.member("type", rule.type);
    json.member("events", rule.events);
    json.member("bytes", rule.bytes);
    json.member("trimmed_through", rule.trimmed_through.value);
    json.end_object();
  }
  json.end_array();
  json.key("holes");
  json.begin_array();
  for (const auto& hole : log.holes) {
    json.begin_object();
    json.member("after", hole.after.value);
    json.member("start", hole.start.value);
    json.member("only_relaxed", hole.relaxed);
    json.end_object();
  }
  json.end_array();
  json.member("topics", log.topics);
  json.member("emitters", log.origins);
  json.member("idempotency_keys", log.keys);
  json.member("consumers", log.consumers);
  json.end_object();
  return out;
}

void print_for_people(const store::Summary& log, const std::filesystem::path& path) {
  std::error_code error;
  const auto mib = [](std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); };
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("%s: log version %lld, written by cell0 %s, %s\n", path.c_str(), static_cast<long long>(log.version),
              log.written_by.c_str(), log.ended_cleanly ? "ended cleanly" : "in use, or not ended cleanly");
  std::printf("%.1f MiB, of them %.1f free inside\n", mib(std::filesystem::file_size(path, error)),
              mib(log.free_bytes));
  std::printf("%llu events", number(log.events));
  if (log.events > 0) {
    std::printf(", seq %llu (%s) to %llu (%s)", number(log.first.value), to_iso8601(log.first_taken).c_str(),
                number(log.last.value), to_iso8601(log.last_taken).c_str());
  }
  std::printf("\n%llu topics, %llu emitters, %llu idempotency keys, %llu consumers\n", number(log.topics),
              number(log.origins), number(log.keys), number(log.consumers));
  for (const auto& type : log.types) std::printf("  %12llu %s\n", number(type.events), type.name.c_str());
  for (const auto& rule : log.rules) {
    std::printf("rule topic \"%s\" type \"%s\": %llu events, %.1f MiB", rule.topic.c_str(), rule.type.c_str(),
                number(rule.events), mib(rule.bytes));
    if (rule.trimmed_through > Seq{}) std::printf(", trimmed through %llu", number(rule.trimmed_through.value));
    std::printf("\n");
  }
  for (const auto& hole : log.holes) {
    std::printf("hole after %llu, before %llu: %s events may be missing\n", number(hole.after.value),
                number(hole.start.value), hole.relaxed ? "relaxed" : "any");
  }
}

int run_info(const LogCommand& options, const std::filesystem::path& path) {
  auto log = store::LogReader::open(path);
  if (!log) return fail(log.error());
  const auto summary = store::summarise(**log);
  if (!summary) return fail(summary.error());
  if (options.json)
    std::printf("%s\n", json_of(*summary, path).c_str());
  else
    print_for_people(*summary, path);
  return kExitOk;
}

int run_verify(const LogCommand&, const std::filesystem::path& path) {
  auto log = store::LogReader::open(path);
  if (!log) {
    complain(log.error().text);
    return kExitFailed;
  }
  Progress progress("verified");
  const auto verified = store::verify(**log, {[](const std::string& problem) { std::printf("%s\n", problem.c_str()); },
                                              [&](std::uint64_t events) { progress.at(events); }});
  if (!verified) return fail(verified.error());
  std::printf("%s: %llu events are whole, %llu problems\n", path.c_str(),
              static_cast<unsigned long long>(verified->events), static_cast<unsigned long long>(verified->problems));
  return verified->problems == 0 ? kExitOk : kExitFailed;
}

// Writes one snapshot's worth of lines. True: there may be more.
Result<bool> export_slice(store::LogReader& log, store::RowFilter& filter, store::Range& range, std::ostream& out,
                          std::uint64_t& events) {
  auto snapshot = log.begin();
  if (!snapshot) return snapshot.error();
  auto walk = log.walk(filter, range, store::Direction::kForward);
  if (!walk) return walk.error();
  std::size_t rows = kRowsPerSnapshot;
  auto more = walk->next(rows);
  for (; more && *more; more = walk->next(rows)) {
    const auto type = log.type_name(walk->type());
    const auto topic = log.topic_name(walk->topic());
    if (!type || !topic) return type ? topic.error() : type.error();
    const auto line = text_of({walk->seq(), to_unix_us(walk->taken()), std::string(*type), std::string(*topic),
                               walk->priority(), walk->relaxed(), std::string(walk->body())});
    if (!line) return line.error();
    out << *line << '\n';
    ++events;
  }
  if (!more) return more.error();
  range.after = walk->reached();
  return !walk->ended();
}

int run_export(const LogCommand& options, const std::filesystem::path& path) {
  auto chosen = filter_of(options.filter);
  if (!chosen) return fail(chosen.error());
  auto filter = EventFilter::create(*chosen);
  if (!filter) return fail(filter.error());
  auto log = store::LogReader::open(path);
  if (!log) return fail(log.error());
  std::ofstream file;
  if (!options.output.empty()) file.open(options.output, std::ios::binary);
  std::ostream& out = options.output.empty() ? std::cout : file;
  store::RowFilter rows(*filter);
  const auto newest = (*log)->newest();  // what comes while we write is not ours
  if (!newest) return fail(newest.error());
  store::Range range{Seq{options.since}, *newest};
  std::uint64_t events = 0;
  Progress progress("exported");
  Result<bool> more = true;
  while (more && *more && out) {
    more = export_slice(**log, rows, range, out, events);
    progress.at(events);
  }
  if (!more) return fail(more.error());
  out.flush();
  if (!out)
    return fail({ErrorCode::kUnavailable,
                 (options.output.empty() ? "standard output" : options.output) + ": cannot be written"});
  return kExitOk;
}

// Lines of `in` into a transaction; how many. 0: there are no more.
Result<std::uint64_t> import_slice(std::istream& in, store::Database& database, store::Appender& appender,
                                   LogLine& last, std::uint64_t& line_number) {
  auto transaction = store::Transaction::begin(database, store::Transaction::Kind::kWrite);
  if (!transaction) return transaction.error();
  std::uint64_t events = 0;
  for (std::string text; events < kEventsPerCommit && std::getline(in, text);) {
    ++line_number;
    if (text.empty()) continue;
    const auto here = [&](const std::string& what) {
      return Error{ErrorCode::kInvalid, "line " + std::to_string(line_number) + ": " + what};
    };
    auto event = log_line_of(text);
    if (!event) return here(event.error().text);
    if (event->seq <= last.seq) return here("seq: not above the line before it");
    if (event->taken_us < last.taken_us) return here("taken_us: before that of the line before it");
    const store::NewEvent made{event->seq,      event->taken_us, event->type,    event->topic,
                               event->priority, event->relaxed,  event->envelope};
    if (auto appended = appender.append(made); !appended) return appended.error();
    last = std::move(*event);
    ++events;
  }
  if (auto committed = transaction->commit(); !committed) return committed.error();
  return events;
}

Result<std::uint64_t> import_all(std::istream& in, const std::filesystem::path& path) {
  store::Database::Options options;
  options.access = store::Database::Access::kCreate;
  auto database = store::Database::open(path, options);
  if (!database) return database.error();
  if (auto made = store::make_schema(*database); !made) return made.error();
  if (auto configured = store::configure_writer(*database); !configured) return configured.error();
  if (auto set = store::set_synced(*database, false); !set) return set.error();
  auto appender = store::Appender::create(*database);
  if (!appender) return appender.error();
  Progress progress("imported");
  LogLine last;
  std::uint64_t events = 0;
  std::uint64_t lines = 0;
  auto taken = import_slice(in, *database, *appender, last, lines);
  for (; taken && *taken > 0; taken = import_slice(in, *database, *appender, last, lines)) {
    events += *taken;
    progress.at(events);
  }
  if (!taken) return taken.error();
  if (auto written = database->execute("PRAGMA wal_checkpoint(TRUNCATE)"); !written) return written.error();
  return events;
}

int run_import(const LogCommand& options, const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) {
    return fail({ErrorCode::kInvalid, path.string() + ": is there; import makes a new log. Name another file, or move "
                                                      "this one away (with a broker stopped)"});
  }
  std::ifstream file;
  if (!options.input.empty()) file.open(options.input, std::ios::binary);
  if (!options.input.empty() && !file) return fail({ErrorCode::kInvalid, options.input + ": cannot be read"});
  const auto events = import_all(options.input.empty() ? std::cin : file, path);
  if (!events) {
    std::error_code ignored;
    for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + part, ignored);
    return fail(events.error());
  }
  std::printf("%s: %llu events\n", path.c_str(), static_cast<unsigned long long>(*events));
  return kExitOk;
}

}  // namespace

int run_log(const Arguments& arguments, const Config& config) {
  const LogCommand& options = arguments.log;
  const auto path = file_of(options, config);
  switch (options.what) {
    case LogCommand::What::kInfo:
      return run_info(options, path);
    case LogCommand::What::kVerify:
      return run_verify(options, path);
    case LogCommand::What::kExport:
      return run_export(options, path);
    case LogCommand::What::kImport:
      return run_import(options, path);
  }
  return kExitUsage;
}

}  // namespace cell0::cli
