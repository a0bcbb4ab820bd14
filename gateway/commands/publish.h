// What a client's command publishes, on the acknowledged path.
#pragma once

#include <functional>

#include "cell0/v1/event.pb.h"
#include "common/result.h"
#include "common/seq.h"
#include "gateway/commands/call.h"

namespace cell0::gateway {

// An envelope with id, time and source ("jsonrpc.<entity>", by the session's dialect), on `topic`.
v1::Envelope message_envelope(const Call& call, const std::string& topic);

// kInvalid, kTooLarge: the broker would not take it; the text names the field.
Result<void> check_message(const v1::Envelope& envelope);

// Publishes it. `done` is called when it is committed, as ClientPublisher says; perhaps much later if the broker goes
// away meanwhile (whether it has it is not known before); else the call has failed: kInvalidParams: the event is wrong,
// the text names the field; kRouting: the broker is away; kRate: too much at once.
void publish_for(const Call& call, const v1::Envelope& envelope, std::function<void(Seq seq)> done);

}  // namespace cell0::gateway
