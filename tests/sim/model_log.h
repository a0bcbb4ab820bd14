// The broker's log as a model: what it orders and keeps goes to the Disk, in virtual time.
#pragma once

#include <functional>
#include <memory>

#include "broker/history.h"
#include "broker/seq_source.h"
#include "broker/sequencer.h"
#include "tests/sim/disk.h"

namespace cell0::sim {

// Commits end after append() has returned: first the transaction stands, a moment later the loop hears of it. A process
// that dies between the two has stored what nobody was told.
class ModelSequencer final : public broker::Sequencer {
 public:
  ModelSequencer(World& world, const DiskTimes& times, Disk& disk, broker::SeqSource& seqs, Store::OnStored on_stored);

  void on_committed(OnCommitted handler) override { on_committed_ = std::move(handler); }
  void append(std::unique_ptr<broker::Drafts> drafts, WallTime now, Done done) override;
  bool busy() const override { return busy_; }
  Kept kept() const override { return {disk_.events().size(), 0}; }
  std::string trouble() const override { return disk_.is_full() ? "the disk is full" : ""; }
  Seq start() const override { return seqs_.start(); }
  Seq head() const override { return head_; }

 private:
  void commit(std::shared_ptr<broker::Drafts> drafts, Transaction transaction, Done done);
  void settle(const std::shared_ptr<broker::Drafts>& drafts, const Done& done);

  World& world_;
  const DiskTimes& times_;
  Disk& disk_;
  broker::SeqSource& seqs_;
  Store::OnStored on_stored_;
  OnCommitted on_committed_;
  Life life_;
  Seq head_;
  bool busy_ = false;
};

class ModelHistory final : public broker::History {
 public:
  ModelHistory(World& world, const DiskTimes& times, const Disk& disk) : world_(world), times_(times), disk_(disk) {}
  void page(broker::HistoryQuery query, Done done) override;

 private:
  World& world_;
  const DiskTimes& times_;
  const Disk& disk_;
  Life life_;
};

class ModelStore final : public Store {
 public:
  // All outlive it.
  ModelStore(World& world, const DiskTimes& times, const broker::RuleTable& rules, std::uint64_t seq_block)
      : world_(world), times_(times), seq_block_(seq_block), disk_(rules) {}

  Result<std::unique_ptr<RunningLog>> open(OnStored on_stored) override;
  void cut_power(Dice& dice) override { disk_.cut_power(dice); }
  bool is_full() const override { return disk_.is_full(); }
  void set_full(bool full) override { disk_.set_full(full); }

  bool holds(Seq seq) const override { return disk_.holds(seq); }
  bool was_trimmed(Seq seq) const override { return disk_.was_trimmed(seq); }
  Seq trimmed_through(const EventFilter& filter) const override { return disk_.trimmed_through(filter); }

 private:
  World& world_;
  const DiskTimes& times_;
  std::uint64_t seq_block_;
  Disk disk_;
};

}  // namespace cell0::sim
