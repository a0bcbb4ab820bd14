// A client as the hub sees it: an outlet, a subscription, and where it stands in the stream.
//
// Either live (it shares its set's blob of the turn) or a cursor (events are rendered for it alone until it stands at
// the head). Whose connection it is and what it asks is others' business: see subscriber.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "gateway/renderer.h"
#include "gateway/transport/outlet.h"

namespace cell0::gateway {

struct SubscriptionSet;

// A place in the stream, and what was promised or left out from there.
struct Cursor {
  Seq pos = {};              // everything up to here has been sent, or told as skipped
  Seq promised = {};         // up to here nothing is left out, and history is asked for (a resume)
  std::uint32_t floor = 10;  // up to floor_through events with a higher priority number are left out (and were told)
  Seq floor_through = {};
  Seq trimmed_told = {};             // history is trimmed up to here, and the client knows
  std::uint64_t lag_fine_until = 0;  // of Ring::bytes_total(): up to there it need not be looked at for lag again
};

// A resume that waits for history to say what there is.
struct PendingResume {
  Seq since;
  Seq scanned;  // history is known up to here
  Resumed found;
  bool is_future = false;  // the broker says that `since` was never published
  std::function<void(const Resumed&)> done;
};

class Receiver {
 public:
  explicit Receiver(Outlet& outlet) : outlet_(outlet) {}
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  // Null until it has subscribed, and after the hub has removed it.
  const SubscriptionSet* set() const { return set_; }
  bool live() const { return place_ == Place::kLive; }
  // Nothing is left out for it: see Hub::keep_all().
  bool keeps_all() const { return keeps_all_; }
  // Where it stands; none while live: at the head.
  const Cursor* cursor() const { return cursor_.get(); }

 protected:
  ~Receiver() = default;
  Outlet& outlet() { return outlet_; }
  const Outlet& outlet() const { return outlet_; }

 private:
  friend class Hub;
  enum class Place : std::uint8_t {
    kNone,     // not subscribed; or a cursor whose socket is full
    kLive,     // in its set's `live`
    kWaiting,  // in its set's `waiting`: for history
    kParked,   // at or after the last flush: goes on at the next one
    kQueued,   // more to send: goes on in the next slice
  };

  Outlet& outlet_;
  SubscriptionSet* set_ = nullptr;
  std::unique_ptr<Cursor> cursor_;
  std::shared_ptr<PendingResume> resume_;  // weakly held by the question to history
  std::uint32_t slot_ = 0;                 // in the list of its place
  std::uint32_t notices_ = 0;              // skip notices that it was sent
  std::uint64_t skipped_ = 0;              // events left out for it, where their number is known
  Place place_ = Place::kNone;
  bool keeps_all_ = false;
};

}  // namespace cell0::gateway
