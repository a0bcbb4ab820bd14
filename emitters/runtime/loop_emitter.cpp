#include "emitters/runtime/loop_emitter.h"

#include "common/event_schema.h"

namespace cell0::emit {

Result<std::unique_ptr<LoopEmitter>> LoopEmitter::create(asio::io_context& io, link::Context& context,
                                                         const Clock& clock, Random& random, Log& log,
                                                         OutletOptions options) {
  std::unique_ptr<LoopEmitter> emitter(new LoopEmitter(clock, random, log, options.name));
  options.on_state = [raw = emitter.get()](bool connected) { raw->on_state(connected); };
  auto outlet = AcknowledgedOutlet::create(io, context, clock, random, options);
  if (!outlet) return outlet.error();
  emitter->outlet_ = std::move(*outlet);
  return emitter;
}

Result<void> LoopEmitter::emit(v1::Envelope envelope, OnPublished done) {
  if (closed_) return Error{ErrorCode::kUnavailable, "the emitter is ending"};
  if (auto complete = stamp_.complete(envelope); !complete) {
    complain("an event was not fit to send", complete.error().text);
    return complete;
  }
  const auto settled = [this, done = std::move(done)](const PublishResult& result) {
    if (!result.ok()) complain("an event was not taken", result.error);
    if (done) done(result);
  };
  auto taken = outlet_->send(envelope.SerializeAsString(), settled, priority_of(envelope));
  if (!taken) complain("an event was dropped", taken.error().text);
  return taken;
}

void LoopEmitter::on_state(bool connected) {
  const std::string& endpoint = outlet_->control().endpoint();
  if (connected) {
    const link::PublishStats stats = outlet_->stats().publish;
    log_.info("connected to the broker",
              {{"endpoint", endpoint}, {"held", stats.held_events}, {"dropped", stats.dropped + stats.refused}});
  } else {
    log_.warn("the broker is gone; events wait", {{"endpoint", endpoint}});
  }
}

void LoopEmitter::complain(std::string_view what, std::string_view why) {
  if (auto pass = troubles_.admit(clock_.mono())) {
    log_.warn(what, {{"why", why}, {"suppressed", pass->suppressed}});
  }
}

}  // namespace cell0::emit
