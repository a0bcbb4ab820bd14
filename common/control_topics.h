// The topics on which only the broker publishes: what stands there gateways act on.
#pragma once

#include <string_view>

#include "common/topic.h"

namespace cell0 {

inline constexpr std::string_view kRevokedTopic = "control.revoked";  // token_revoked events

// Whether an event from outside on this topic is refused: control.* and presence.*.
inline bool is_reserved_topic(std::string_view topic) {
  return topic_under(topic, "control") || topic_under(topic, "presence");
}

}  // namespace cell0
