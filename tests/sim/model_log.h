// The broker's log as a model: what it orders and keeps goes to the Disk, in virtual time.
#pragma once

#include <functional>
#include <memory>

#include "broker/history.h"
#include "broker/seq_source.h"
#include "broker/sequencer.h"
#include "tests/sim/disk.h"

namespace cell0::sim {

struct DiskTimes {
  Duration commit_min = microseconds(200);
  Duration commit_max = milliseconds(3);
  Duration page_max = milliseconds(2);
};

// Commits end after append() has returned: first the transaction stands, a moment later the loop hears of it. A process
// that dies between the two has stored what nobody was told.
class ModelSequencer final : public broker::Sequencer {
 public:
  // Called when a transaction stands, before anyone is told.
  using OnStored = std::function<void(const Transaction&)>;

  ModelSequencer(World& world, const DiskTimes& times, Disk& disk, broker::SeqSource& seqs, OnStored on_stored);

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
  OnStored on_stored_;
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

}  // namespace cell0::sim
