// LoopEmitter: the Sink of a process that has a loop of its own: stamps and checks events, publishes them acknowledged.
//
// One thread, the loop's. Says in the log when the broker comes and goes, and what was refused or rejected, throttled.
#pragma once

#include <memory>

#include "common/log.h"
#include "emitters/sdk/envelope_stamp.h"
#include "emitters/sdk/outlet.h"
#include "emitters/sdk/sink.h"

namespace cell0::emit {

class LoopEmitter final : public Sink {
 public:
  // Uses, does not own: loop, context, clock, random and log outlive it. kInvalid: an endpoint, the emitter_id.
  static Result<std::unique_ptr<LoopEmitter>> create(asio::io_context& io, link::Context& context, const Clock& clock,
                                                     Random& random, Log& log, OutletOptions options);

  Result<void> emit(v1::Envelope envelope, OnPublished done) override;
  using Sink::emit;

  // Calls `done` when everything emitted so far is answered.
  void flush(std::function<void()> done) { outlet_->flush(std::move(done)); }

  // From now on emit() says kUnavailable; what was taken goes on.
  void close() { closed_ = true; }

  // For a worker on the same connection (common/link/worker.h).
  link::ControlClient& control() { return outlet_->control(); }
  link::Publisher& publisher() { return outlet_->publisher(); }
  OutletStats stats() const { return outlet_->stats(); }

 private:
  LoopEmitter(const Clock& clock, Random& random, Log& log, std::string source)
      : clock_(clock), log_(log), stamp_(clock, random, std::move(source)), troubles_(std::chrono::seconds(10)) {}
  void on_state(bool connected);
  void complain(std::string_view what, std::string_view why);

  const Clock& clock_;
  Log& log_;
  EnvelopeStamp stamp_;
  LogThrottle troubles_;
  std::unique_ptr<AcknowledgedOutlet> outlet_;
  bool closed_ = false;
};

}  // namespace cell0::emit
