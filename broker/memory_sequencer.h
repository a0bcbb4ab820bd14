// Orders events by itself and keeps them in the in-memory Store: commits at once, and only as durable as this process.
#pragma once

#include "broker/seq_source.h"
#include "broker/sequencer.h"
#include "broker/store.h"

namespace cell0::broker {

class MemorySequencer final : public Sequencer {
 public:
  // Both outlive it.
  MemorySequencer(SeqSource& seqs, Store& store) : seqs_(seqs), store_(store), head_(seqs.start().prev()) {}

  void on_committed(OnCommitted handler) override { on_committed_ = std::move(handler); }
  void append(std::unique_ptr<Drafts> drafts, WallTime now, Done done) override;
  bool busy() const override { return busy_; }
  std::string trouble() const override { return seqs_.trouble(); }
  Seq start() const override { return seqs_.start(); }
  Seq head() const override { return head_; }

 private:
  void keep(Drafts& drafts, WallTime now);

  SeqSource& seqs_;
  Store& store_;
  OnCommitted on_committed_;
  Seq head_;
  bool busy_ = false;
};

}  // namespace cell0::broker
