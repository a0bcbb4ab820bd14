// The hub: from one stream of events to every client, encoded once per kind of client and turn.
//
// Live clients of one subscription share a blob per flush; a client whose socket fills becomes a cursor and goes on
// from the ring (or, if it was promised, from history) at its own pace, until it stands where the last flush ended and
// joins its set again, within one call: no gap and no repetition. A slow client holds at most the blob that is half
// sent.
//
// Knows no dialect and no broker. One thread. Calls on connections never come back into the hub synchronously.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/clock.h"
#include "common/event_filter.h"
#include "gateway/client_view.h"
#include "gateway/history_pages.h"
#include "gateway/limits.h"
#include "gateway/receiver.h"
#include "gateway/ring.h"

namespace cell0::gateway {

// What a filter admits of the ring in (from, through]: so that a crowd that resumes is not each a walk over the ring.
struct ScannedRing {
  Seq from;
  Seq through;
  std::optional<Seq> first;
  std::optional<Seq> last;
};

// The last event that a filter admits of history up to `through`, if there is one.
struct NewestStored {
  Seq through;
  std::optional<Seq> last;
};

// All clients with the same filter and renderer.
struct SubscriptionSet {
  // Which events it is looked at for: every one, those of its filter's topics (which are exact), those of its session.
  enum class FoundBy : std::uint8_t { kAlways, kTopics, kSession };

  std::uint64_t id = 0;  // never used again
  const Renderer* renderer = nullptr;
  EventFilter filter;
  std::string key;
  std::vector<Receiver*> live;
  std::vector<Receiver*> waiting;  // for history pages, or for the stream to begin
  std::size_t members = 0;         // live or not
  std::string turn;                // frames since the last flush
  std::uint64_t turn_events = 0;
  std::optional<ScannedRing> scanned;
  std::optional<NewestStored> newest;
  bool newest_asked = false;
  std::size_t slot = 0;  // in the hub's list of all
  FoundBy found_by = FoundBy::kAlways;
  bool due = false;  // has a turn to flush
};

struct HubStats {
  std::uint64_t events = 0;      // that came in
  std::uint64_t deliveries = 0;  // events handed to a client's socket
  std::uint64_t flushes = 0;
  std::uint64_t demotions = 0;  // live clients whose socket was full
  std::uint64_t skips_told = 0;
  std::uint64_t events_skipped = 0;  // of those whose number is known
  std::size_t live = 0;
  std::size_t cursors = 0;
  std::size_t sets = 0;
};

class Hub {
 public:
  using OnResumed = std::function<void(const Resumed&)>;
  // Something is pending: call flush() (after kFlush) or run() (after kRun) soon. Asked once until it was called.
  enum class Wake { kFlush, kRun };
  using OnWake = std::function<void(Wake)>;

  Hub(const CoreLimits& limits, HistorySource& history, OnWake on_wake);

  // The stream begins after `head`; `earlier` is what came before, complete after `base`. Clients may have subscribed
  // already: they wait for this. REQUIRES: called once.
  void start(Seq base, Seq head, const std::vector<EventPtr>& earlier);

  // The next event of the stream, or a hole in it. REQUIRES: started; seq above every one before.
  void publish(EventPtr event);

  // Writes what was published since the last flush to the live clients, then lets the cursors go on that waited for it.
  void flush();

  // One slice for each cursor that has more to send.
  void run();

  // Asks again for history that could not be had. Call about once a second.
  void on_tick();

  // From now on: what `filter` admits after the newest event. A client that had a subscription has this one instead,
  // from where it stands. kFull: too many different subscriptions. Those to a few exact topics or to one session cost
  // nothing while other events come, and have a bound of their own.
  Result<void> subscribe(Receiver& client, const Renderer& renderer, const EventFilter& filter);

  // As subscribe(), from `since`. `done` is called once, before the first event is sent: at once if the ring reaches
  // back far enough, else when history has answered; never if the client leaves before. REQUIRES: not subscribed.
  Result<void> resume(Receiver& client, const Renderer& renderer, const EventFilter& filter, Seq since, OnResumed done);

  // From now on nothing is left out for the client, however far it falls behind: history serves it, and what is no
  // longer retained is told as such. For good.
  void keep_all(Receiver& client);

  // The client has gone.
  void remove(Receiver& client);

  // Its socket is empty again.
  void on_writable(Receiver& client);

  // The newest events that `filter` and `wanted` admit, oldest first, out of the ring; at most scan_max are looked at.
  using Wanted = std::function<bool(const Event&)>;
  std::vector<EventPtr> newest(const EventFilter& filter, std::size_t count, std::size_t scan_max,
                               const Wanted& wanted = {}) const;

  // How far behind the client is at this time.
  Lag lag_of(const Receiver& client, WallTime now) const;

  const Ring& ring() const { return ring_; }
  HubStats stats() const;
  std::uint64_t history_requests() const { return pages_.requests(); }

 private:
  struct Rendered {  // of the event being published, once per renderer
    const Renderer* renderer;
    std::string frames;
    bool done;
  };
  struct Slice {  // what a cursor would send next, and where it would stand then
    Cursor after;
    std::string frames;
    std::uint64_t events = 0;
    std::uint64_t skipped = 0;
    bool told = false;
    bool waits = false;        // for history
    bool shareable = true;     // every cursor of the set would be sent the same there
    std::optional<Seq> first;  // where what is sent begins
  };
  // What one cursor of a set was sent, for the next one that stands between the same events: when thousands fall behind
  // or come back at once, rendering for each alone would keep them behind. `frames` is empty if nothing lay between.
  struct SharedSlice {
    std::uint64_t set = 0;
    bool from_ring = false;  // history has no ephemeral events
    Seq from;
    Seq first;  // a cursor from `from` on and before `first` is sent the same
    Seq to;
    BlobPtr frames;
    std::uint64_t events = 0;
  };

  Result<SubscriptionSet*> set_for(const Renderer& renderer, const EventFilter& filter);
  void add_set(std::unique_ptr<SubscriptionSet> set);
  void drop_set(SubscriptionSet& set);
  bool offer(SubscriptionSet& set, const Event& event);
  void enter(Receiver& client, SubscriptionSet& set, Cursor cursor);
  void leave_set(Receiver& client);
  void place(Receiver& client, Receiver::Place where);
  std::vector<Receiver*>* list_of(Receiver& client);
  const std::string& rendered(const Renderer& renderer, const Event& event);

  void flush_set(SubscriptionSet& set);
  void demote(Receiver& client, Seq pos);
  void pump(Receiver& client);
  bool send_slice(Receiver& client);
  void read_ring(const SubscriptionSet& set, Slice& slice);
  void read_page(SubscriptionSet& set, Slice& slice);
  const SharedSlice* find_shared(const Receiver& client) const;
  bool send_shared(Receiver& client);
  void share(const Receiver& client, const Slice& slice, const BlobPtr& frames);
  bool may_be_behind(const Cursor& cursor) const;
  void shed_if_behind(const SubscriptionSet& set, Slice& slice);
  void tell(const SubscriptionSet& set, Slice& slice, const Skipped& skipped);

  void advance_parked();
  void advance(Receiver& client);
  bool plan_resume(Receiver& client);
  void ask_head();
  void on_head(const std::vector<std::weak_ptr<PendingResume>>& ahead, const Result<v1::HistoryPage>& page);
  bool find_first(Receiver& client);
  bool find_last(Receiver& client);
  void ask_newest(SubscriptionSet& set);
  void on_newest(const std::string& set_key, Seq through, const Result<v1::HistoryPage>& page);
  void advance_waiting(SubscriptionSet& set);
  void scan_ring(SubscriptionSet& set, Seq after, Resumed& found) const;
  std::optional<Seq> first_admitted(const SubscriptionSet& set, Seq after) const;

  void on_pages(const std::string& filter, bool failed);
  void wake(Wake what);

  CoreLimits limits_;
  OnWake on_wake_;
  Ring ring_;
  bool started_ = false;
  Seq flushed_;  // live clients have everything up to here
  HistorySource& history_;
  HistoryPages pages_;
  std::unordered_map<std::string, std::unique_ptr<SubscriptionSet>> sets_;
  std::vector<SubscriptionSet*> set_list_;  // the same, for walks
  std::vector<SubscriptionSet*> general_;   // those of them that are looked at for every event
  // The others, by each topic of theirs (an agent's inbox, a channel) or by their session. There may be thousands.
  std::unordered_map<std::string, std::vector<SubscriptionSet*>> by_topic_;
  std::unordered_map<std::string, std::vector<SubscriptionSet*>> by_session_;
  std::vector<SubscriptionSet*> due_;  // have a turn to flush
  std::vector<Receiver*> parked_;
  std::vector<Receiver*> queued_;
  std::vector<Rendered> rendered_;
  std::vector<SharedSlice> shared_;  // a ring of kSharedSlicesMax
  std::size_t shared_next_ = 0;
  std::uint64_t next_set_id_ = 1;
  bool flush_asked_ = false;
  bool run_asked_ = false;
  HubStats stats_;
  bool head_asked_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // gone for answers that come after the hub
};

}  // namespace cell0::gateway
