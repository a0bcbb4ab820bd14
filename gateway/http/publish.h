// POST /api/v1/events: JSON from a client into envelopes, and the broker's answers back into JSON (dialects.md section
// 6).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cell0/v1/event.pb.h"
#include "common/event_check.h"
#include "common/json.h"
#include "gateway/broker_link.h"
#include "gateway/client_publisher.h"
#include "gateway/core.h"
#include "gateway/transport/connection.h"

namespace cell0::gateway {

// One event of a client: {type, source?, data?, priority?, topic?, session_id?}. `source` is by default
// "http.<entity>". id and time are given here. kInvalid, kTooLarge: the text names the field.
Result<v1::Envelope> envelope_from_json(const rapidjson::Value& event, const std::string& entity_id, const Clock& clock,
                                        UuidGenerator& ids, const EventLimits& limits);

// The request's Idempotency-Key; none if it has none. kInvalid: it is not 1-255 bytes, or has control characters.
Result<std::optional<std::string>> idempotency_key(const HttpRequest& request);

// Of all that the client said: equal for two events that differ in id and time only.
std::uint64_t digest_of(v1::Envelope envelope);

class PublishRoute {
 public:
  static constexpr std::size_t kEventsMax = 1000;  // in one array

  PublishRoute(Core& core, const BrokerLink& link, ClientPublisher& publisher)
      : core_(core), link_(link), publisher_(publisher) {}

  // Answers when it is committed, as ClientPublisher says: {"seq","duplicate"} for one event, an array of such, or of
  // {"error"}, for an array. 400 malformed, 401 no token, 403 not permitted, 413 too many, 422 the Idempotency-Key was
  // used for something else, 503 the broker is away or its queue is full. A broker that goes away after it was asked:
  // the answer comes when it is back, for whether it was stored is not known before. With an Idempotency-Key each event
  // of an array has its own: the key and its place.
  void handle(Connection& connection, const HttpRequest& request, const Access& access);

 private:
  struct Answer;
  void publish(const std::shared_ptr<Answer>& answer, std::size_t index, const rapidjson::Value& event,
               const Access& access, const std::optional<std::string>& key);

  Core& core_;
  const BrokerLink& link_;
  ClientPublisher& publisher_;
  EventLimits limits_;
};

}  // namespace cell0::gateway
