// How many subscribers do topics have, on all gateways together?
#include <algorithm>

#include "broker/control/handlers.h"

namespace cell0::broker {

Result<Reply> handle_subscriber_counts(ControlParts& parts, const Call& call, v1::Response& answer) {
  v1::SubscriberCountsRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "subscriber_counts: not an encoded cell0.v1.SubscriberCountsRequest"};
  }
  v1::SubscriberCountsAnswer& counts = *answer.mutable_subscriber_counts();
  if (request.topics_size() == 0) {
    std::size_t limit = parts.limits.topics_answer_max;
    if (request.limit() != 0) limit = std::min<std::size_t>(limit, request.limit());
    counts = parts.presence.subscribers_under(request.prefix(), limit);
  }
  for (const std::string& topic : request.topics()) {
    v1::SubscriberCount& count = *counts.add_topics();
    count.set_topic(topic);
    count.set_subscribers(parts.presence.subscribers(topic));
  }
  return Reply::kNow;
}

}  // namespace cell0::broker
