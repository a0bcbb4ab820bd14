#include "gateway/commands/publish.h"

#include "common/event_check.h"
#include "gateway/broker_link.h"
#include "gateway/client_publisher.h"
#include "gateway/session.h"

namespace cell0::gateway {

v1::Envelope message_envelope(const Call& call, const std::string& topic) {
  const Session& session = *call.session();
  v1::Envelope envelope;
  envelope.set_id(std::string(call.core().ids.next().raw()));
  envelope.set_time_us(to_unix_us(call.core().clock.wall()));
  envelope.set_source(std::string(session.dialect().name()) + "." + session.entity_id());
  envelope.set_topic(topic);
  return envelope;
}

Result<void> check_message(const v1::Envelope& envelope) {
  const EventLimits limits;
  if (const std::size_t bytes = envelope.ByteSizeLong(); bytes > limits.event_bytes_max) {
    return Error{ErrorCode::kTooLarge, "message: " + std::to_string(bytes) +
                                           " bytes with the event around it, at most " +
                                           std::to_string(limits.event_bytes_max) + " are taken"};
  }
  return check_event(envelope, limits);
}

void publish_for(const Call& call, const v1::Envelope& envelope, std::function<void(Seq seq)> done) {
  Core& core = call.core();
  if (!core.link->up()) return call.fail(Fault::kRouting, core.link->why_down());
  if (auto checked = check_message(envelope); !checked) return call.fail(checked.error());
  if (!call.session()->begin_open(call)) return;
  const auto taken =
      core.publisher->publish(envelope, [call, done = std::move(done)](const link::PublishResult& result) {
        if (Session* session = call.session()) session->end_open();
        if (result.ok()) return done(result.seq);
        const bool rejected = result.status == link::PublishResult::Status::kRejected;
        call.fail(rejected ? Fault::kInvalidParams : Fault::kRouting, result.error);
      });
  if (taken) return;
  call.session()->end_open();
  call.fail(taken.error());
}

}  // namespace cell0::gateway
