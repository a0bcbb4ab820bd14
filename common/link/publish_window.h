// The emitter's half of the acknowledged path (design, section 3): numbers events, batches them, keeps what is not yet
// answered, and sends it again, in order, until the broker has answered for it.
//
// Pure state: no socket, no clock, one thread. The owner asks next() for requests to send and hands back what became of
// them, with the time. Invariants: numbers count up from 1 without a gap in the order of push(); an event leaves when
// it is answered or dropped, and only what was never sent can be dropped; requests are for numbers in order, so the
// broker takes the events in order. Cost: one copy of each event per sending.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/link/backoff.h"
#include "common/random.h"
#include "common/result.h"
#include "common/seq.h"

namespace cell0::link {

enum class WhenFull {
  kRejectNew,         // push() says kFull
  kDropOldestUnsent,  // the oldest event that was never sent goes (kDropped); kFull if there is none
  // Of the events that were never sent the least urgent goes, the oldest of equals; kFull if the new one is less urgent
  // than all of them. O(events held) at worst, when full; quick when many are alike.
  kDropLeastUrgentUnsent,
};

struct PublishLimits {
  std::size_t held_events_max = 10'000;      // queued and unanswered together
  std::size_t held_bytes_max = 16u << 20;    // of their envelopes
  std::size_t event_bytes_max = 1u << 20;    // of one envelope; the broker's hello may lower it
  std::size_t batch_events_max = 256;        // of one request; so this
  std::size_t batch_bytes_max = 256u << 10;  // of one request; and this. A single larger event goes alone
  std::size_t requests_max = 4;              // unanswered at a time
  Duration backoff_min = std::chrono::milliseconds(50);
  Duration backoff_max = std::chrono::seconds(5);
};

// What became of one event.
struct PublishResult {
  enum class Status {
    kAccepted,   // in the stream as `seq`, as durable as its rule says
    kDuplicate,  // in the stream since an earlier sending, or one with its key; `seq` if it is still known, else 0
    kRejected,   // wrong, will never be taken: `error` names the field
    kKeyReused,  // its idempotency key belongs to a different event, `seq`; it will never be taken
    kDropped,    // never sent: the queue was full, or the publisher ended
    kFenced,     // its worker serves no more, another may have taken over; it will never be taken
  };
  Status status = Status::kDropped;
  Seq seq;
  std::string error;

  bool ok() const { return status == Status::kAccepted || status == Status::kDuplicate; }
};

// Idempotency: the broker takes only one event with this key, from whatever emitter it comes (dialects.md, section 6).
struct PublishKey {
  std::string entity;        // whose key it is, 1-255 bytes
  std::string key;           // 1-263 bytes
  std::uint64_t digest = 0;  // of what is published: the same key with another digest is kKeyReused
};

// Called once for each event. It may push() again; it must not destroy the window.
using OnPublished = std::function<void(const PublishResult&)>;

struct PublishStats {
  std::uint64_t pushed = 0;
  std::uint64_t accepted = 0;  // duplicates included
  std::uint64_t rejected = 0;  // by the broker
  std::uint64_t fenced = 0;
  std::uint64_t refused = 0;    // by push(), with kFull
  std::uint64_t dropped = 0;    // by kDropOldestUnsent or kDropLeastUrgentUnsent
  std::uint64_t resent = 0;     // events sent again
  std::size_t held_events = 0;  // now
  std::size_t held_bytes = 0;   // now
};

class PublishWindow {
 public:
  struct Outgoing {
    std::uint64_t token = 0;  // for answered() and failed()
    v1::PublishRequest request;
  };

  // REQUIRES: is_emitter_id(emitter_id), limits above 0; `incarnation` is new for this emitter_id. Random, for jitter,
  // outlives the window.
  PublishWindow(std::string emitter_id, std::uint64_t incarnation, PublishLimits limits, WhenFull when_full,
                Random& random);

  // Takes an encoded Envelope. `priority`: its own, 1-10, for kDropLeastUrgentUnsent. kTooLarge: over event_bytes_max;
  // kFull: see WhenFull. Then `done` is not called.
  Result<void> push(std::string envelope, OnPublished done, std::optional<PublishKey> key = {},
                    std::uint32_t priority = 5);

  // The next request to send, if there is one and the window is open; call until it gives nothing.
  std::optional<Outgoing> next(MonoTime now);

  // When next() may give something although it gives nothing now: the end of a backoff.
  std::optional<MonoTime> wake_at() const { return hold_until_; }

  // The broker's answer. Late ones (after failed()) count too as far as they settle events.
  void answered(std::uint64_t token, const v1::PublishAnswer& answer, MonoTime now);

  // No answer: kTimeout, kUnavailable and all others but these: its events go again, after a backoff. kInvalid,
  // kTooLarge: the request as such is wrong; its events go again one by one, so that only the culprit is rejected.
  void failed(std::uint64_t token, const Error& error, MonoTime now);

  // The broker is there (again): its limits hold, and a backoff ends.
  void connected(const v1::HelloAnswer& hello);

  // Gives every held event kDropped, with this text.
  void drop_all(const std::string& why) { end_all(PublishResult::Status::kDropped, why); }

  // For events of a service's worker (control.proto, Fence): from the first call on requests carry the fence, and
  // nothing is sent while there is none.
  void set_fence(std::optional<v1::Fence> fence);
  // Gives every held event kFenced, with this text.
  void fence_all(const std::string& why) { end_all(PublishResult::Status::kFenced, why); }

  bool idle() const { return items_.empty(); }
  PublishStats stats() const;
  const std::string& emitter_id() const { return emitter_id_; }
  std::uint64_t incarnation() const { return incarnation_; }

 private:
  struct Item {
    std::string envelope;
    OnPublished done;
    std::unique_ptr<PublishKey> key;  // few events have one
    std::uint32_t priority = 5;
    bool settled = false;  // answered, waits for those before it to leave
  };
  struct Span {  // the numbers of one request
    std::uint64_t first_n = 0;
    std::uint64_t end_n = 0;
  };
  using Completion = std::pair<OnPublished, PublishResult>;

  std::uint64_t end_n() const { return base_n_ + items_.size(); }
  std::size_t index(std::uint64_t n) const { return static_cast<std::size_t>(n - base_n_); }
  bool has_room(std::size_t bytes) const;
  bool drop_one_for(std::uint32_t priority);
  std::size_t least_urgent_unsent() const;
  void mark_sent(std::uint64_t end);
  std::uint64_t batch_end() const;
  bool settle_outcomes(const v1::PublishAnswer& answer);
  void settle(Item& item, PublishResult result);
  void leave();
  void rewind();
  void back_off(MonoTime now);
  void renumber();
  void complete();
  void end_all(PublishResult::Status status, const std::string& why);

  std::string emitter_id_;
  std::uint64_t incarnation_;
  PublishLimits limits_;
  WhenFull when_full_;
  Backoff backoff_;
  Random& random_;

  std::deque<Item> items_;                   // items_[i] has, or will have, the number base_n_ + i
  std::uint64_t base_n_ = 1;                 // the first that is not settled, with all before it
  std::uint64_t send_n_ = 1;                 // the next to send (again)
  std::uint64_t sent_end_n_ = 1;             // above every number ever sent
  std::array<std::size_t, 11> unsent_{};     // events never sent, by priority
  std::uint64_t careful_until_ = 0;          // below it events go one by one
  std::map<std::uint64_t, Span> in_flight_;  // by token
  std::uint64_t next_token_ = 1;
  std::uint64_t first_token_ = 1;  // of this numbering: answers to earlier ones speak of other events
  std::optional<MonoTime> hold_until_;
  bool fenced_ = false;  // only under a fence
  std::optional<v1::Fence> fence_;
  std::vector<Completion> completions_;
  bool completing_ = false;
  PublishStats stats_;
};

}  // namespace cell0::link
