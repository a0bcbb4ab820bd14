#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "broker/sequencer.h"

namespace cell0::broker {

// A sequencer whose commits end when the test says so, as one on a disk will.
class SlowSequencer final : public Sequencer {
 public:
  void on_committed(OnCommitted handler) override { on_committed_ = std::move(handler); }
  void append(std::unique_ptr<Drafts> drafts, WallTime, Done done) override {
    REQUIRE_FALSE(busy());
    drafts_ = std::move(drafts);
    done_ = std::move(done);
  }
  bool busy() const override { return drafts_ != nullptr; }
  std::string trouble() const override { return ""; }
  Seq start() const override { return Seq{100}; }
  Seq head() const override { return next_.prev(); }
  Kept kept() const override { return {}; }

  std::size_t under_way() const { return drafts_ ? drafts_->size() : 0; }
  Drafts& drafts() { return *drafts_; }  // REQUIRES: busy()
  void succeed() {
    drafts_->number(next_);
    if (!drafts_->empty()) next_ = drafts_->last().next();
    on_committed_(*drafts_);
    Done done = std::move(done_);
    done(std::move(drafts_), {});
  }
  void fail(ErrorCode code) {
    Done done = std::move(done_);
    done(std::move(drafts_), Error{code, "the disk is full"});
  }

 private:
  OnCommitted on_committed_;
  std::unique_ptr<Drafts> drafts_;
  Done done_;
  Seq next_{100};
};

}  // namespace cell0::broker
