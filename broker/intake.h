// Where every event enters: decoded and checked once, stamped, and gathered until the turn's commit.
//
// One commit in flight (design, section 2): what comes while one runs gathers and is the next. Of a commit that fails
// the ephemeral events, which no log has to take, go out all the same.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "broker/counters.h"
#include "broker/limits.h"
#include "broker/quick_check.h"
#include "broker/sequencer.h"
#include "broker/topics.h"
#include "common/clock.h"
#include "common/result.h"

namespace cell0::broker {

class Intake {
 public:
  // In one commit:
  static constexpr std::size_t kBusyEvents = 16;     // emitters have more under way
  static constexpr std::size_t kLoadedEvents = 256;  // the next one waits for the whole of commit_interval_max
  static constexpr std::size_t kFullBatches = 4;     // by events, or one by bytes: wait for no more

  // Where a taken event is: turn of its drafts, and index in them.
  struct Place {
    std::uint64_t turn = 0;
    std::size_t index = 0;
  };
  // After a turn's commit: with the drafts' seqs; those of an event that was taken out are 0, and `result` says why.
  using OnSettled = std::function<void(Drafts& drafts, const Result<void>& result)>;
  // A commit has failed. Takes out of the failed drafts and of those that gather what cannot be kept without what has
  // failed; the failed ones lose all but their ephemeral events afterwards.
  using OnFailed = std::function<void(Drafts& failed, Drafts& gathered, const Error& error)>;

  // All outlive it.
  Intake(const Limits& limits, const RuleTable& rules, Topics& topics, Sequencer& sequencer, const Clock& clock);

  void on_settled(OnSettled handler) { on_settled_ = std::move(handler); }
  void on_failed(OnFailed handler) { on_failed_ = std::move(handler); }

  // Of somebody else. kInvalid, kTooLarge: the event is wrong, the text names the field; kForbidden: only the broker
  // publishes on its topic (common/control_topics.h). kFull: too many wait for a commit; later may work.
  Result<Place> take(std::string_view encoded_envelope);
  // The broker's own.
  Result<Place> take_own(std::string_view encoded_envelope);

  // Whether take() would say that the event is wrong.
  Result<void> check(std::string_view encoded_envelope);

  // What the last take() decoded, whatever became of it; null if it did not have to (it has no origin then) or could
  // not.
  const v1::Envelope* envelope() const { return decoded_ ? &envelope_ : nullptr; }

  // The turn that an answer has to wait for, so that all taken so far is settled; 0: none.
  std::uint64_t unsettled_turn() const;

  // What is to be committed with the turn that gathers: its events, or alone if there are none.
  Notes& notes() { return gathered_->notes; }

  // Commits what has gathered, unless a commit runs.
  void commit();

  // The end of a socket's turn: commits; or, after a commit of many events, lets more gather, up to commit_interval_max
  // after that one began, and for as large a part of it as that one had of kLoadedEvents. Below kBusyEvents nothing
  // waits: so it is for whoever alone publishes one event after the other's answer.
  void end_turn();

  // Has to call waited() after that time, or after that of the last call if there was another meanwhile.
  void on_wait(std::function<void(Duration)> handler) { on_wait_ = std::move(handler); }
  void waited() {
    if (waits_) commit();  // else there was enough before
  }

  // Nothing, events or notes, waits to be settled.
  bool idle() const { return gathered_->empty() && gathered_->notes.empty() && in_flight_turn_ == 0; }

  // Of what gathers now, also if that is notes alone: settled with this number.
  std::uint64_t gathered_turn() const { return gathered_->turn; }

  // Taken, and not settled.
  std::size_t queued() const { return gathered_->size() + in_flight_; }

 private:
  Result<void> check_size(std::string_view encoded_envelope) const;
  Result<void> decode(std::string_view encoded_envelope);
  Result<Place> take_decoded(std::string_view encoded_envelope, bool own);
  Result<Place> add(std::string_view topic, const EventType& type, std::string_view type_name, std::uint32_t priority,
                    std::string_view encoded_envelope);
  bool full() const;
  Duration pause() const;
  void append(std::unique_ptr<Drafts> drafts, Result<void> before);
  void fail(std::unique_ptr<Drafts> drafts, const Error& error);
  void settle(std::unique_ptr<Drafts> drafts, const Result<void>& result);
  std::unique_ptr<Drafts> new_drafts();

  const Limits& limits_;
  const RuleTable& rules_;
  Topics& topics_;
  Sequencer& sequencer_;
  const Clock& clock_;
  OnSettled on_settled_;
  OnFailed on_failed_;
  std::function<void(Duration)> on_wait_;
  QuickCheck quick_;
  v1::Envelope envelope_;  // kept, so that its strings keep their memory
  bool decoded_ = false;
  std::unique_ptr<Drafts> spare_;
  std::size_t in_flight_ = 0;         // events
  std::uint64_t in_flight_turn_ = 0;  // 0: no commit runs
  MonoTime committed_{};              // when the last commit began
  std::size_t committed_events_ = 0;  // of that one
  bool waits_ = false;                // on_wait_ was called, commit() not yet
  std::uint64_t turn_ = 0;
  WallTime turn_began_{};
  std::unique_ptr<Drafts> gathered_;  // made by new_drafts(), which needs what stands above
};

}  // namespace cell0::broker
