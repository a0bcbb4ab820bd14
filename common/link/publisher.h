// Publishes events on the acknowledged path, on the owner's loop: a PublishWindow over a ControlClient.
//
// It batches by itself, without waiting: what was published in one turn of the loop, or while requests were unanswered,
// goes together. While the broker is away it holds events up to its limits; when it is back they go, in order.
// One thread, the loop's. REQUIRES: destroyed before the client, and not inside a handler.
#pragma once

#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cell0/v1/event.pb.h"
#include "common/clock.h"
#include "common/link/control_client.h"
#include "common/link/publish_window.h"

namespace cell0::link {

struct PublisherOptions {
  std::string emitter_id = {};    // 1-64 of [A-Za-z0-9_.-]
  std::uint64_t incarnation = 0;  // 0: new_incarnation()
  PublishLimits limits = {};
  WhenFull when_full = WhenFull::kRejectNew;
  Duration answer_timeout = std::chrono::seconds(5);  // then the events are sent again
};

// Grows with time; differs for two emitters that start in the same microsecond.
std::uint64_t new_incarnation(const Clock& clock, Random& random);

class Publisher {
 public:
  // Uses, does not own: the loop, the client, the clock and the random outlive the publisher. REQUIRES: called before
  // client.start() or while it is connected; is_emitter_id(options.emitter_id).
  Publisher(asio::io_context& io, ControlClient& client, const Clock& clock, Random& random, PublisherOptions options);
  ~Publisher();  // what is unanswered is forgotten, its handlers are not called
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // `priority` is for WhenFull::kDropLeastUrgentUnsent. kFull, kTooLarge: not taken, and `done` (may be empty) is not
  // called. Else it is called once, later. Does not look into the envelope: the broker rejects what is wrong.
  Result<void> publish(const v1::Envelope& envelope, OnPublished done = {}, std::optional<PublishKey> key = {});
  Result<void> publish_encoded(std::string envelope, OnPublished done = {}, std::optional<PublishKey> key = {},
                               std::uint32_t priority = 5);

  // Calls `done` when everything published so far is answered or dropped; at once, but not inside flush(), if nothing
  // is.
  void flush(std::function<void()> done);

  bool idle() const { return window_.idle(); }
  PublishStats stats() const { return window_.stats(); }
  const std::string& emitter_id() const { return window_.emitter_id(); }

  // Gives every held event kDropped, with this text.
  void drop_all(const std::string& why) { window_.drop_all(why); }

  // As PublishWindow's, for a worker of a service: Worker::guard() calls them.
  void set_fence(std::optional<v1::Fence> fence);
  void fence_all(const std::string& why);

 private:
  void pump_soon();
  void pump();
  void send(PublishWindow::Outgoing out);
  void on_answer(std::uint64_t token, const Result<v1::Response>& answer);
  void wait_for_backoff();
  void tell_flushed();

  asio::io_context& io_;
  ControlClient& client_;
  const Clock& clock_;
  Duration answer_timeout_;
  PublishWindow window_;
  asio::steady_timer timer_;
  std::vector<std::function<void()>> flushes_;
  bool pump_posted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false for what was posted before the destructor
};

}  // namespace cell0::link
