// Who are you, broker? A peer's first request, and its probe whether the broker lives.
#include "broker/control/handlers.h"
#include "common/version.h"

namespace cell0::broker {

Result<Reply> handle_hello(ControlParts& parts, const Call& call, v1::Response& answer) {
  v1::HelloRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "hello: not an encoded cell0.v1.HelloRequest"};
  }
  const std::size_t name_max = parts.limits.peer_name_bytes_max;
  if (request.name().size() > name_max || request.role().size() > name_max) {
    return Error{ErrorCode::kTooLarge, "hello.name: longer than " + std::to_string(name_max) + " bytes"};
  }
  if (parts.log.enabled(LogLevel::kDebug)) {
    parts.log.debug("hello", {{"name", request.name()}, {"role", request.role()}});
  }
  v1::HelloAnswer& hello = *answer.mutable_hello();
  hello.set_version(version());
  hello.set_boot_id(parts.chain.boot_id());
  hello.set_start_seq(parts.sequencer.start().value);
  hello.set_head_seq(parts.chain.head().value);
  hello.set_event_bytes_max(static_cast<std::uint32_t>(parts.limits.event.event_bytes_max));
  hello.set_publish_events_max(static_cast<std::uint32_t>(parts.limits.publish_events_max));
  hello.set_publish_bytes_max(static_cast<std::uint32_t>(parts.limits.publish_bytes_max));
  return Reply::kNow;
}

}  // namespace cell0::broker
