#include "tests/sim/sqlite_log.h"

#include <algorithm>
#include <iterator>

#include "common/store/scan.h"

namespace cell0::sim {
namespace {

constexpr const char* kPath = "log.db";

// In a simulation reading always works.
template <typename T>
T must(Result<T> result) {
  if (!result) throw Violation("the log can be read", result.error().text);
  return std::move(*result);
}

}  // namespace

// ---- the worker

void VirtualWorker::run(std::function<void()> job, std::function<void()> done) {
  waiting_.push_back({std::move(job), std::move(done)});
  next();
}

void VirtualWorker::next() {
  if (busy_ || waiting_.empty()) return;
  busy_ = true;
  auto work = std::make_shared<Work>(std::move(waiting_.front()));
  waiting_.pop_front();
  world_.after(takes_(), life_, [this, work] {
    work->job();
    if (after_job_) after_job_();
    world_.after(world_.dice().delay(microseconds(1), milliseconds(1)), life_, [this, work] {
      busy_ = false;
      work->done();
      next();
    });
  });
}

// ---- while a broker runs

namespace {

// Knows what is being committed.
struct WatchedSequencer final : broker::Sequencer {
  void on_committed(OnCommitted handler) override { real->on_committed(std::move(handler)); }
  void append(std::unique_ptr<broker::Drafts> drafts, WallTime now, Done done) override {
    in_flight = drafts.get();
    real->append(std::move(drafts), now,
                 [this, done = std::move(done)](std::unique_ptr<broker::Drafts> back, auto result) {
                   in_flight = nullptr;
                   done(std::move(back), std::move(result));
                 });
  }
  bool busy() const override { return real->busy(); }
  Kept kept() const override { return real->kept(); }
  std::string trouble() const override { return real->trouble(); }
  Seq start() const override { return real->start(); }
  Seq head() const override { return real->head(); }

  broker::Sequencer* real = nullptr;
  broker::Drafts* in_flight = nullptr;
};

}  // namespace

class SqliteStore::Running final : public RunningLog {
 public:
  Running(SqliteStore& owner, OnStored on_stored)
      : owner_(owner),
        writer_(
            owner.world_,
            [&owner] { return owner.world_.dice().delay(owner.times_.commit_min, owner.times_.commit_max); },
            [this, on_stored = std::move(on_stored)] {
              if (watcher_) owner_.look(*watcher_, sequencer_watch_.in_flight, on_stored);
            }),
        reader_(owner.world_, [&owner] { return owner.world_.dice().delay(microseconds(20), owner.times_.page_max); },
                {}) {}

  // What its connections would still do at their end does not happen: the process was killed.
  ~Running() override {
    owner_.disk_.freeze();
    history_.reset();
    sequencer_.reset();
    watcher_.reset();
    owner_.disk_.thaw();
  }

  Result<void> open() {
    broker::LogSequencer::Options options;
    options.log.path = kPath;
    options.log.vfs = kMemoryVfs;
    options.log.keep = {owner_.limits_.store_events_max, owner_.limits_.store_bytes_max};
    options.log.machine = std::to_string(owner_.machine_);
    options.seq_block = owner_.limits_.seq_block;
    options.trim_rows = owner_.limits_.trim_records_per_slice;
    auto sequencer =
        broker::LogSequencer::create(options, owner_.rules_, owner_.reserve_, writer_, owner_.world_.clock());
    if (!sequencer) return sequencer.error();
    sequencer_ = std::move(*sequencer);
    sequencer_watch_.real = sequencer_.get();
    owner_.holes_ = sequencer_->holes();
    history_ = std::make_unique<broker::LogHistory>(
        broker::LogHistory::Options{kPath, owner_.limits_.scan_records_per_slice, kMemoryVfs}, owner_.rules_,
        owner_.holes_, reader_);
    watcher_ = must(store::LogReader::open(kPath, kMemoryVfs));
    owner_.look(*watcher_, nullptr, {});
    return {};
  }

  broker::Sequencer& sequencer() override { return sequencer_watch_; }
  broker::History& history() override { return *history_; }
  std::vector<broker::OriginNote> origins() const override { return sequencer_->restored().origins; }
  void keep_house() override { sequencer_->keep_house(); }

 private:
  SqliteStore& owner_;
  VirtualWorker writer_, reader_;
  std::unique_ptr<broker::LogSequencer> sequencer_;
  WatchedSequencer sequencer_watch_;
  std::unique_ptr<broker::LogHistory> history_;
  std::unique_ptr<store::LogReader> watcher_;
};

Result<std::unique_ptr<RunningLog>> SqliteStore::open(OnStored on_stored) {
  auto running = std::make_unique<Running>(*this, std::move(on_stored));
  if (auto opened = running->open(); !opened) return opened.error();
  return std::unique_ptr<RunningLog>(std::move(running));
}

// ---- the machine

Result<void> SqliteStore::Reserve::store(Seq last) {
  if (store_.full_) return Error{ErrorCode::kUnavailable, "seq.reserve: the disk is full"};
  reserved = last;
  return {};
}

void SqliteStore::set_full(bool full) {
  full_ = full;
  disk_.set_room(full ? 0 : INT64_MAX);
}

void SqliteStore::cut_power(Dice& dice) {
  ++machine_;
  for (const auto& [name, file] : disk_.files()) file->lose(dice.below(file->unsynced() + 1));
  if (disk_.files().count(kPath) == 0) return;
  // Reading it would bring the file in order, which is for the next broker to do: the same is looked at, and put back.
  std::map<std::string, MemoryFile> as_found;
  for (const auto& [name, file] : disk_.files()) as_found[name] = *file;
  if (auto reader = store::LogReader::open(kPath, kMemoryVfs)) look_at_all(**reader);
  disk_.freeze();
  disk_.thaw();
  disk_.files().clear();
  for (auto& [name, file] : as_found) disk_.files()[name] = std::make_shared<MemoryFile>(std::move(file));
}

Seq SqliteStore::trimmed_through(const EventFilter& filter) const {
  Seq through = broker::holes_through(holes_, rules_, filter);
  for (const broker::RuleId rule : rules_.touched(filter)) {
    const auto trimmed = trimmed_through_.find(rule);
    if (trimmed != trimmed_through_.end()) through = std::max(through, trimmed->second);
  }
  return through;
}

// ---- looking at the file

void SqliteStore::look(store::LogReader& reader, broker::Drafts* in_flight, const OnStored& on_stored) {
  look_at_rules(reader);
  std::map<Seq, StoredEvent> events = new_ones(reader);
  for (const auto& [seq, event] : events) held_.insert(seq);
  if (in_flight != nullptr && !in_flight->empty() && in_flight->first() > newest_) {
    add_trimmed_at_once(*in_flight, events);
  }
  if (!events.empty()) newest_ = events.rbegin()->first;
  if (on_stored && !events.empty()) on_stored(events);
  const auto count = must(reader.database().integer("SELECT count(*) FROM ev"));
  if (static_cast<std::size_t>(count) != held_.size()) look_at_all(reader);
}

void SqliteStore::look_at_rules(store::LogReader& reader) {
  auto rules = must(reader.database().prepare("SELECT id, trimmed_through FROM rule"));
  while (must(rules.step())) {
    trimmed_through_[static_cast<broker::RuleId>(rules.integer(0))] = Seq{static_cast<std::uint64_t>(rules.integer(1))};
  }
}

std::map<Seq, StoredEvent> SqliteStore::new_ones(store::LogReader& reader) const {
  broker::HistoryQuery query;
  query.since = newest_;
  query.through = kSeqMax;
  query.bytes_max = SIZE_MAX;
  broker::PageScan scan(query, rules_.touched(query.filter), Seq{});
  while (!must(scan.step(reader, 100'000))) {
  }
  v1::HistoryPage page;
  CELL0_CHECK(page.ParseFromString(scan.take_page()));
  std::map<Seq, StoredEvent> events;
  for (const v1::Delivered& event : page.events()) {
    events[Seq{event.seq()}] = {0, event.durability(), event.SerializeAsString()};
  }
  return events;
}

// A transaction may trim what it stores: nobody ever sees it there, but its rule says that it went.
void SqliteStore::add_trimmed_at_once(broker::Drafts& in_flight, std::map<Seq, StoredEvent>& events) {
  Seq seq = in_flight.first();
  for (const broker::EventBlock& block : in_flight.blocks()) {
    for (const broker::EventBlock::Event& event : block.events()) {
      const bool kept = event.durability != v1::EPHEMERAL;
      if (kept && events.count(seq) == 0 && seq <= trimmed_through_[event.rule]) {
        events[seq] = {event.rule, event.durability, std::string(block.delivered(event))};
        trimmed_.insert(seq);
      }
      seq = seq.next();
    }
  }
}

// What is gone was trimmed, unless the power was cut: then nobody calls it so.
void SqliteStore::look_at_all(store::LogReader& reader) {
  const bool running = !held_.empty() && machine_seen_ == machine_;
  std::set<Seq> there;
  auto rows = must(reader.database().prepare("SELECT seq FROM ev"));
  while (must(rows.step())) there.insert(Seq{static_cast<std::uint64_t>(rows.integer(0))});
  if (running) {
    std::set_difference(held_.begin(), held_.end(), there.begin(), there.end(),
                        std::inserter(trimmed_, trimmed_.end()));
  }
  machine_seen_ = machine_;
  held_ = std::move(there);
}

}  // namespace cell0::sim
