// The broker's real log in a simulation: LogSequencer and LogHistory over SQLite, on workers that run in virtual time
// and on a disk in memory that can lose its power.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/limits.h"
#include "broker/log/log_history.h"
#include "broker/log/log_sequencer.h"
#include "broker/seq_reserve.h"
#include "broker/worker.h"
#include "tests/sim/store.h"
#include "tests/support/memory_vfs.h"

namespace cell0::sim {

// First the job is done, a moment later the loop hears of it. A process that dies between the two has done what nobody
// was told.
class VirtualWorker final : public broker::Worker {
 public:
  VirtualWorker(World& world, std::function<Duration()> takes, std::function<void()> after_job)
      : world_(world), takes_(std::move(takes)), after_job_(std::move(after_job)) {}
  void run(std::function<void()> job, std::function<void()> done) override;

 private:
  struct Work {
    std::function<void()> job, done;
  };
  void next();

  World& world_;
  std::function<Duration()> takes_;
  std::function<void()> after_job_;
  Life life_;
  std::deque<Work> waiting_;
  bool busy_ = false;
};

class SqliteStore final : public Store {
 public:
  // All outlive it.
  SqliteStore(World& world, const DiskTimes& times, const broker::RuleTable& rules, const broker::Limits& limits)
      : world_(world), times_(times), rules_(rules), limits_(limits) {}

  Result<std::unique_ptr<RunningLog>> open(OnStored on_stored) override;
  void cut_power(Dice& dice) override;
  bool is_full() const override { return full_; }
  void set_full(bool full) override;

  bool holds(Seq seq) const override { return held_.count(seq) != 0; }
  bool was_trimmed(Seq seq) const override { return trimmed_.count(seq) != 0; }
  Seq trimmed_through(const EventFilter& filter) const override;

 private:
  class Running;
  // The reservation of seqs: a small file, synced at once.
  struct Reserve final : broker::SeqReserve {
    explicit Reserve(const SqliteStore& s) : store_(s) {}
    Result<Seq> load() override { return reserved; }
    Result<void> store(Seq last) override;
    const SqliteStore& store_;
    Seq reserved;
  };

  // Looks at the file as another process would.
  void look(cell0::store::LogReader& reader, broker::Drafts* in_flight, const OnStored& on_stored);
  void look_at_rules(cell0::store::LogReader& reader);
  std::map<Seq, StoredEvent> new_ones(cell0::store::LogReader& reader) const;
  void add_trimmed_at_once(broker::Drafts& in_flight, std::map<Seq, StoredEvent>& events);
  void look_at_all(cell0::store::LogReader& reader);

  World& world_;
  const DiskTimes& times_;
  const broker::RuleTable& rules_;
  const broker::Limits& limits_;
  MemoryDisk disk_;
  Reserve reserve_{*this};
  std::vector<broker::Hole> holes_;
  Seq newest_;  // ever seen
  std::set<Seq> held_;
  std::set<Seq> trimmed_;
  std::map<broker::RuleId, Seq> trimmed_through_;
  std::uint64_t machine_ = 1;       // counts its starts
  std::uint64_t machine_seen_ = 1;  // at the last look
  bool full_ = false;
};

}  // namespace cell0::sim
