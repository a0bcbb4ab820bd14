// What clients publish. They are answered when this gateway's own stream is past their event: whoever subscribes or
// asks afterwards is not sent it as something new, and the ring has it ("read your writes", on one gateway).
//
// The broker's answer and the event come over two connections, in either order. Nobody waits for long: when the stream
// does not come to an event within kHeldMax (a gap that is repaired, a broker that has gone), all are answered, and
// from then on at once, until it moves; what is answered is stored all the same. Answers are given in the order of the
// stream. Pure: no socket, no timer; one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "cell0/v1/event.pb.h"
#include "common/clock.h"
#include "common/link/publish_window.h"
#include "common/result.h"
#include "common/seq.h"

namespace cell0::gateway {

class ClientPublisher {
 public:
  static constexpr Duration kHeldMax = std::chrono::seconds(1);
  static constexpr std::size_t kHeldEventsMax = 10'000;  // more are answered at once

  // As link::Publisher::publish(), which it is.
  using Publish = std::function<Result<void>(const v1::Envelope& envelope, link::OnPublished done,
                                             std::optional<link::PublishKey> key)>;

  // The clock outlives it. REQUIRES: `publish` calls no `done` after the end of this.
  ClientPublisher(Publish publish, const Clock& clock) : publish_(std::move(publish)), clock_(clock) {}
  ClientPublisher(const ClientPublisher&) = delete;
  ClientPublisher& operator=(const ClientPublisher&) = delete;

  // As link::Publisher::publish().
  Result<void> publish(const v1::Envelope& envelope, link::OnPublished done = {},
                       std::optional<link::PublishKey> key = {});

  // Live clients have everything up to `newest`. REQUIRES: not called within publish() or a `done`.
  void on_stream(Seq newest);
  // The stream will not move for now.
  void on_stalled();
  // Call about once a second.
  void on_tick();

  std::size_t held() const { return held_.size(); }

 private:
  struct Held {
    link::PublishResult result;
    link::OnPublished done;
    MonoTime since;
  };
  void hold(const link::PublishResult& result, const link::OnPublished& done);
  void tell(Seq through);

  Publish publish_;
  const Clock& clock_;
  Seq newest_;
  bool stalled_ = false;
  std::multimap<Seq, Held> held_;  // by the seq that they wait for; equal ones in the order they came
};

}  // namespace cell0::gateway
