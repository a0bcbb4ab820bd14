// What the broker's machine keeps while no broker runs: the model of the log and the reservation of seqs.
//
// A commit is one transaction: events, notes, and the trimming that follows from them. kill -9 leaves every commit; a
// power cut only the synced ones, and perhaps some of the first of those after (a write-ahead log is read back as far
// as it is whole).
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/event_block.h"
#include "broker/history.h"
#include "broker/notes.h"
#include "broker/rules.h"
#include "broker/seq_reserve.h"
#include "tests/sim/store.h"

namespace cell0::sim {

struct Transaction {
  std::map<Seq, StoredEvent> events;
  std::vector<broker::OriginNote> origins;
  Seq last;             // the newest seq given out with it
  bool synced = false;  // fsynced, with all before it
};

class Disk final : public broker::SeqReserve {
 public:
  // `rules` outlive it.
  explicit Disk(const broker::RuleTable& rules) : rules_(rules) {}

  void commit(Transaction transaction);
  void cut_power(Dice& dice);
  bool is_full() const { return full_; }
  void set_full(bool full) { full_ = full; }

  // A broker starts with this seq: after a power cut what was not synced may be missing up to there.
  void recover(Seq start);

  // Reservations are synced at once. Full: none can be stored.
  Result<Seq> load() override { return reserved_; }
  Result<void> store(Seq last) override;

  const std::map<Seq, StoredEvent>& events() const { return state_.events; }
  const std::map<std::pair<std::string, std::uint64_t>, std::uint64_t>& origins() const { return state_.origins; }
  bool holds(Seq seq) const { return state_.events.count(seq) != 0; }
  bool was_trimmed(Seq seq) const { return trimmed_.count(seq) != 0; }  // as LogView
  Seq last() const { return state_.last; }
  Seq trimmed_through(const EventFilter& filter) const;

  // The encoded page, without its head_seq.
  std::string page(const broker::HistoryQuery& query) const;

 private:
  struct State {
    std::map<Seq, StoredEvent> events;
    std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> origins;
    std::map<broker::RuleId, Seq> trimmed;
    std::map<broker::RuleId, std::size_t> counts;
    Seq last;
  };
  void apply(State& state, const Transaction& transaction);

  const broker::RuleTable& rules_;
  State state_;                        // what a process of the machine reads
  State synced_;                       // what survives a power cut for certain
  std::vector<Transaction> unsynced_;  // between the two
  std::set<Seq> trimmed_;              // at any time
  Seq reserved_;
  bool power_was_cut_ = false;
  bool full_ = false;
};

}  // namespace cell0::sim
