// What clients publish. They are answered when this gateway's own stream has come to their event: who subscribes or
// asks after the answer is not sent it as something new, and the ring has it ("read your writes", on one gateway).
//
// The broker's answer and the event come over two connections, in either order. While the stream repairs a gap or the
// broker has gone again, nobody waits longer than kHeldMax and a tick: the event is stored all the same. Bounded by the
// requests that clients may have open. Pure: no socket, no timer; one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "cell0/v1/event.pb.h"
#include "common/clock.h"
#include "common/link/publish_window.h"
#include "common/result.h"
#include "common/seq.h"

namespace cell0::gateway {

// The broker, and the loop.
class PublishSource {
 public:
  virtual ~PublishSource() = default;
  // As link::Publisher::publish().
  virtual Result<void> send_event(const v1::Envelope& envelope, link::OnPublished done,
                                  std::optional<link::PublishKey> key) = 0;
  // ClientPublisher::tell() is to be called, later and once.
  virtual void tell_published_soon() = 0;
};

class ClientPublisher {
 public:
  static constexpr Duration kHeldMax = std::chrono::seconds(1);

  // Both outlive it.
  ClientPublisher(PublishSource& source, const Clock& clock) : source_(source), clock_(clock) {}
  ClientPublisher(const ClientPublisher&) = delete;
  ClientPublisher& operator=(const ClientPublisher&) = delete;

  // As link::Publisher::publish(). REQUIRES: no answer comes after the end of this.
  Result<void> publish(const v1::Envelope& envelope, link::OnPublished done = {},
                       std::optional<link::PublishKey> key = {});

  // The hub has everything up to `newest`.
  void on_stream(Seq newest);
  // Gives the answers that wait for nothing any more.
  void tell();
  // Call about once a second.
  void on_tick();

  std::size_t held() const { return held_.size(); }

 private:
  struct Held {
    link::PublishResult result;
    link::OnPublished done;
    MonoTime since;
  };
  void hold(const link::PublishResult& result, link::OnPublished done);

  PublishSource& source_;
  const Clock& clock_;
  Seq newest_;
  std::multimap<Seq, Held> held_;  // by the seq that they wait for; equal ones in the order they came
  bool tell_asked_ = false;
};

}  // namespace cell0::gateway
