#include "tests/sim/model_log.h"

namespace cell0::sim {
namespace {

Transaction transaction_of(broker::Drafts& drafts) {
  Transaction transaction;
  transaction.origins = drafts.notes.origins;
  if (drafts.empty()) {
    transaction.synced = true;
    return transaction;
  }
  transaction.last = drafts.last();
  Seq seq = drafts.first();
  for (const broker::EventBlock& block : drafts.blocks()) {
    for (const broker::EventBlock::Event& event : block.events()) {
      if (event.durability != v1::EPHEMERAL) {
        transaction.events[seq] = {event.rule, event.durability, std::string(block.delivered(event))};
      }
      if (event.durability == v1::DURABLE) transaction.synced = true;  // a mixed batch commits as its strictest
      seq = seq.next();
    }
  }
  return transaction;
}

}  // namespace

ModelSequencer::ModelSequencer(World& world, const DiskTimes& times, Disk& disk, broker::SeqSource& seqs,
                               Store::OnStored on_stored)
    : world_(world),
      times_(times),
      disk_(disk),
      seqs_(seqs),
      on_stored_(std::move(on_stored)),
      head_(seqs.start().prev()) {}

void ModelSequencer::append(std::unique_ptr<broker::Drafts> drafts, WallTime, Done done) {
  CELL0_CHECK(!busy_ && !(drafts->empty() && drafts->notes.empty()));
  if (!drafts->empty()) {
    const auto first = seqs_.take(drafts->size());
    if (!first) return done(std::move(drafts), first.error());
    drafts->number(*first);
  }
  busy_ = true;
  Transaction transaction = transaction_of(*drafts);
  const std::shared_ptr<broker::Drafts> held = std::move(drafts);
  if (transaction.events.empty() && !held->empty()) return settle(held, done);  // all ephemeral: past the log
  world_.after(world_.dice().delay(times_.commit_min, times_.commit_max), life_,
               [this, held, transaction = std::move(transaction), done = std::move(done)]() mutable {
                 commit(held, std::move(transaction), std::move(done));
               });
}

void ModelSequencer::commit(std::shared_ptr<broker::Drafts> drafts, Transaction transaction, Done done) {
  if (disk_.is_full()) {
    busy_ = false;
    return done(std::make_unique<broker::Drafts>(std::move(*drafts)), Error{ErrorCode::kFull, "the disk is full"});
  }
  disk_.commit(transaction);
  on_stored_(transaction.events);
  world_.after(world_.dice().delay(microseconds(1), milliseconds(1)), life_,
               [this, drafts = std::move(drafts), done = std::move(done)] { settle(drafts, done); });
}

void ModelSequencer::settle(const std::shared_ptr<broker::Drafts>& drafts, const Done& done) {
  if (!drafts->empty()) {
    head_ = drafts->last();
    on_committed_(*drafts);
  }
  busy_ = false;
  done(std::make_unique<broker::Drafts>(std::move(*drafts)), {});
}

void ModelHistory::page(broker::HistoryQuery query, Done done) {
  world_.after(world_.dice().delay(microseconds(20), times_.page_max), life_,
               [this, query = std::move(query), done = std::move(done)] { done(disk_.page(query)); });
}

namespace {

class RunningModel final : public RunningLog {
 public:
  RunningModel(World& world, const DiskTimes& times, Disk& disk, broker::SeqSource seqs, Store::OnStored on_stored)
      : disk_(disk),
        seqs_(std::move(seqs)),
        sequencer_(world, times, disk, seqs_, std::move(on_stored)),
        history_(world, times, disk) {}

  broker::Sequencer& sequencer() override { return sequencer_; }
  broker::History& history() override { return history_; }
  std::vector<broker::OriginNote> origins() const override {
    std::vector<broker::OriginNote> notes;
    for (const auto& [origin, last_n] : disk_.origins()) notes.push_back({origin.first, origin.second, last_n});
    return notes;
  }
  void keep_house() override {}

 private:
  Disk& disk_;
  broker::SeqSource seqs_;
  ModelSequencer sequencer_;
  ModelHistory history_;
};

}  // namespace

Result<std::unique_ptr<RunningLog>> ModelStore::open(OnStored on_stored) {
  auto seqs = broker::SeqSource::create(disk_, disk_.last(), world_.clock().wall(), seq_block_);
  if (!seqs) return seqs.error();
  disk_.recover(seqs->start());
  return std::unique_ptr<RunningLog>(
      std::make_unique<RunningModel>(world_, times_, disk_, std::move(*seqs), std::move(on_stored)));
}

}  // namespace cell0::sim
