// Emitter: events out of any program, from any thread, without an event loop of its own.
//
//   auto emitter = cell0::emit::Emitter::create({.name = "my-app", .source = "my.app"});
//   if (!emitter) return complain(emitter.error().text);
//   emit_chat_message(**emitter, {.message = "Hello!", .sender = "user"});
//   (*emitter)->flush(std::chrono::seconds(2));
//
// It has one thread, which talks to the broker. Acknowledged by default: events are held, in order, until the broker
// has answered for them, over its restarts. Its queue is bounded; what happens at the bound says `when_full`.
#pragma once

#include <memory>
#include <string>

#include "common/link/publisher.h"
#include "emitters/sdk/sink.h"

namespace cell0::emit {

enum class Delivery {
  kAcknowledged,   // exactly once in the log for durable events, in order (design, section 3)
  kFireAndForget,  // a PUB socket: at most once; what is lost on the way shows as a gap in origin.n
};

struct EmitterOptions {
  std::string name = {};        // of the program: for the broker's logs, and the emitter's id is made from it
  std::string source = {};      // of events that name none; empty: the name
  std::string emitter_id = {};  // empty: default_emitter_id(name)
  std::string control = "tcp://127.0.0.1:5552";  // the broker's, for kAcknowledged
  std::string ingest = "tcp://127.0.0.1:5550";   // the broker's, for kFireAndForget
  Delivery delivery = Delivery::kAcknowledged;
  link::PublishLimits limits = {};
  link::WhenFull when_full = link::WhenFull::kRejectNew;
  Duration block_max{0};  // how long emit() may wait for room when the queue is full (kRejectNew); 0: it never waits
};

struct EmitterStats {
  link::PublishStats publish;   // of the acknowledged path
  std::uint64_t sent = 0;       // of fire and forget: handed to the network
  std::uint64_t refused = 0;    // by emit(), with kFull
  std::uint64_t dropped = 0;    // to make room for newer ones
  std::size_t held_events = 0;  // now, on either path
  bool connected = false;       // to a broker that answers (acknowledged) or listens (fire and forget)
};

// Any thread.
class Emitter final : public Sink {
 public:
  // Starts the thread; does not wait for a broker. kInvalid: an endpoint or the emitter_id is none.
  static Result<std::unique_ptr<Emitter>> create(EmitterOptions options);

  // Ends the thread. What is unanswered gets kDropped: flush() first.
  ~Emitter() override;

  // As Sink; waits at most block_max. `done` runs on the emitter's thread and must not block; it may emit. In
  // kFireAndForget nobody answers: `done` gets kAccepted with seq 0 once the event is handed to the network.
  Result<void> emit(v1::Envelope envelope, OnPublished done) override;
  using Sink::emit;

  // Waits until everything emitted so far is answered (or handed to the network); false: not within `deadline`, or
  // called from a `done`.
  bool flush(Duration deadline);

  EmitterStats stats() const;

 private:
  class Impl;
  explicit Emitter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// "my-app.host": a fit emitter_id out of a name.
std::string default_emitter_id(std::string_view name);

}  // namespace cell0::emit
