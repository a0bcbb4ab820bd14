// What must hold, whatever happens (design, section 3). The actors report what they see; a promise that is broken is
// thrown as a Violation at once, at the step that broke it.
//
// `Invariants` knows the whole truth: what was stored, published and acknowledged. `StreamView` is one reader's side of
// the stream, a gateway's or a client's: in order, once, and nothing left out that it was not told of before.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/event_filter.h"
#include "common/link/publish_window.h"
#include "common/seq.h"
#include "gateway/broker_stream.h"
#include "tests/sim/store.h"

namespace cell0::sim {

// Which event of which emitter, in the 16 bytes of its id; and back.
struct EventName {
  std::uint32_t emitter = 0;
  std::uint32_t life = 0;  // of the emitter: a restarted one begins anew
  std::uint64_t k = 0;     // counts its events, from 1

  std::string id() const;
  static EventName of(std::string_view id);
  std::string text() const;  // "e1.2/17"
  auto operator<=>(const EventName&) const = default;
};

// An event that has a seq: stored, or published, or both.
struct Fact {
  EventName name;
  std::string topic;
  std::string type;
  std::string source;
  std::uint32_t priority = 5;
  v1::Durability durability = v1::DURABLE;
  bool published = false;

  bool kept() const { return durability != v1::EPHEMERAL; }  // part of the promise of resume
  EventFacts facts() const { return {type, topic, source, {}, priority}; }
};
using Facts = std::map<Seq, Fact>;

class Invariants {
 public:
  explicit Invariants(const LogView& log) : log_(log) {}

  // ---- the broker
  void on_stored(const std::map<Seq, StoredEvent>& events);  // they stand in the log
  void on_published(const v1::Batch& batch);
  void on_broker_start(Seq start);
  void on_power_cut();
  void on_page(const broker::HistoryQuery& query, const v1::HistoryPage& page) const;

  // ---- the gateways
  void on_beginning(const std::string& gateway, const gateway::Beginning& beginning) const;

  // ---- the emitters
  void on_pushed(const EventName& name, v1::Durability durability) { pushed_[name].durability = durability; }
  void on_refused(const EventName& name) { pushed_.erase(name); }  // by the window, at once
  void on_result(const EventName& name, bool valid, const link::PublishResult& result);

  // ---- at the end, when nothing fails any more
  void check_emitter_is_done(const std::string& emitter, bool idle) const;
  void check_all_settled(const std::set<std::pair<std::uint32_t, std::uint32_t>>& lives) const;

  const Facts& facts() const { return facts_; }
  Seq newest() const { return newest_; }
  bool is_held(Seq seq) const { return log_.holds(seq); }
  bool was_gone(Seq seq) const { return !log_.holds(seq) || log_.was_trimmed(seq); }  // when somebody read it
  Seq trimmed_through(const EventFilter& filter) const { return log_.trimmed_through(filter); }

 private:
  struct Pushed {
    v1::Durability durability = v1::DURABLE;
    bool settled = false;
  };
  void note(Seq seq, const v1::Delivered& delivered);
  void on_kept(Seq seq, const EventName& name);

  const LogView& log_;
  Facts facts_;
  Seq newest_;                       // the highest seq ever given out
  Seq published_;                    // the highest ever published
  std::map<EventName, Seq> stored_;  // every event that is or was in the log, but for those that a power cut took
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> newest_k_;  // in the log, of each emitter's life
  std::map<EventName, Pushed> pushed_;
  std::map<Seq, EventName> promised_;  // durable and acknowledged or published: in the log until trimmed
};

// One reader of the stream.
class StreamView {
 public:
  // `who`: for the texts. Both outlive it.
  StreamView(std::string who, const Invariants& truth) : who_(std::move(who)), truth_(truth) {}

  // From now on it wants what `filter` admits after `since`. What it was told before still counts.
  void begin(const EventFilter& filter, Seq since);

  void see_event(Seq seq, const EventName& name);
  void see_skipped(const gateway::Skipped& skipped);
  // Answers begin(): what a resume found.
  void see_resumed(const gateway::Resumed& resumed);

  // Up to here it has had everything, or been told.
  void account(Seq through);

  Seq since() const { return since_; }
  // Where a reader would go on that has seen what this one saw.
  Seq position() const { return position_; }
  bool has_position() const { return has_position_; }
  Seq accounted() const { return accounted_; }

 private:
  struct Notice {
    Seq from, to;
    std::uint32_t above;
    bool whole;  // all of it is left out: nothing of it may follow
  };
  bool excused(Seq seq, const Fact& fact) const;
  [[noreturn]] void fail(const char* invariant, const std::string& text) const;

  std::string who_;
  const Invariants& truth_;
  EventFilter filter_;
  Seq since_;
  Seq last_;  // event seen since begin()
  Seq accounted_;
  Seq position_;
  bool has_position_ = false;
  bool recovered_ = true;
  std::optional<Seq> promised_first_;
  std::vector<Notice> notices_;
};

}  // namespace cell0::sim
