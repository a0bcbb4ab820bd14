// Which topics have had events?
#include <algorithm>

#include "broker/control/handlers.h"

namespace cell0::broker {

Result<Reply> handle_topics(ControlParts& parts, const Call& call, v1::Response& answer) {
  v1::TopicsRequest request;
  if (!request.ParseFromArray(call.body.data(), static_cast<int>(call.body.size()))) {
    return Error{ErrorCode::kInvalid, "topics: not an encoded cell0.v1.TopicsRequest"};
  }
  std::size_t count_max = parts.limits.topics_answer_max;
  if (request.limit() != 0) count_max = std::min<std::size_t>(count_max, request.limit());
  *answer.mutable_topics() = parts.topics.answer(count_max);
  return Reply::kNow;
}

}  // namespace cell0::broker
