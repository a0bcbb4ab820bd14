#include "gateway/http/publish.h"

#include "common/event_json.h"
#include "common/event_schema.h"
#include "gateway/http/answers.h"

namespace cell0::gateway {
namespace {

Error wrong(const char* field, const char* right) {
  return {ErrorCode::kInvalid, std::string(field) + ": not " + right};
}

// A member that is a string, if it is there. False: it is something else.
template <typename Set>
bool take_string(const rapidjson::Value& event, std::string_view key, Set&& set) {
  const rapidjson::Value* value = json_member(event, key);
  if (value == nullptr || value->IsNull()) return true;
  if (!value->IsString()) return false;
  set(std::string(json_text(*value)));
  return true;
}

Result<void> take_fields(const rapidjson::Value& event, v1::Envelope& envelope) {
  if (!take_string(event, "source", [&](std::string text) { envelope.set_source(std::move(text)); })) {
    return wrong("source", "a string");
  }
  if (!take_string(event, "topic", [&](std::string text) { envelope.set_topic(std::move(text)); })) {
    return wrong("topic", "a string");
  }
  if (!take_string(event, "session_id", [&](std::string text) { envelope.set_session_id(std::move(text)); })) {
    return wrong("session_id", "a string");
  }
  if (const rapidjson::Value* priority = json_member(event, "priority"); priority != nullptr && !priority->IsNull()) {
    const auto value = json_uint(event, "priority");
    if (!value || *value < 1 || *value > 10) return wrong("priority", "1-10");
    envelope.set_priority(static_cast<std::uint32_t>(*value));
  }
  return {};
}

}  // namespace

Result<v1::Envelope> envelope_from_json(const rapidjson::Value& event, const std::string& entity_id, const Clock& clock,
                                        UuidGenerator& ids, const EventLimits& limits) {
  if (!event.IsObject()) return wrong("event", "a JSON object {\"type\", \"source\", \"data\"}");
  const auto type = json_string(event, "type");
  if (!type) return wrong("type", "a string");
  v1::Envelope envelope;
  envelope.set_id(std::string(ids.next().raw()));
  envelope.set_time_us(to_unix_us(clock.wall()));
  envelope.set_source("http." + entity_id);
  if (auto taken = take_fields(event, envelope); !taken) return taken.error();
  const rapidjson::Value* data = json_member(event, "data");
  const rapidjson::Value nothing(rapidjson::kObjectType);
  if (auto read = read_event_data(*type, data != nullptr ? *data : nothing, envelope); !read) return read.error();
  if (auto checked = check_event(envelope, limits); !checked) return checked.error();
  return envelope;
}

// What the client will be told, once every event has its answer.
struct PublishRoute::Answer {
  ConnectionRef connection;
  bool array = false;
  std::size_t open = 0;
  std::vector<std::string> parts;  // JSON
  int status = 200;                // of a single event

  void set(std::size_t index, std::string json) {
    parts[index] = std::move(json);
    release();
  }
  void release() {
    if (--open > 0) return;
    std::string body = array ? "[" : "";
    for (std::size_t i = 0; i < parts.size(); ++i) body += (i > 0 ? "," : "") + parts[i];
    if (array) body += ']';
    connection->respond({array ? 200 : status, "application/json", std::move(body), {}});
  }
  void fail(std::size_t index, const Error& error) {
    status = http_status(error.code);
    set(index, error_json(error));
  }
};

void PublishRoute::handle(Connection& connection, const HttpRequest& request, const Access& access) {
  if (!access.may_some("publish")) {
    return connection.respond(error_response(
        access.entity_id == "anonymous"
            ? Error{ErrorCode::kUnauthenticated, "publishing needs a token: Authorization: Bearer <token>"}
            : Error{ErrorCode::kForbidden, "this token may not publish"}));
  }
  if (!link_.up()) return connection.respond(error_response({ErrorCode::kUnavailable, link_.why_down()}));
  const auto body = parse_json(request.body, {limits_.json_depth_max + 4});
  if (!body) return connection.respond(error_response({ErrorCode::kInvalid, "body: " + body.error().text}));
  auto answer = std::make_shared<Answer>();
  answer->connection = ConnectionRef(connection);
  answer->array = body->IsArray();
  const std::size_t count = answer->array ? body->Size() : 1;
  if (count > kEventsMax) {
    return connection.respond(
        error_response({ErrorCode::kTooLarge, "body: " + std::to_string(count) + " events, at most " +
                                                  std::to_string(kEventsMax) + " are taken at once"}));
  }
  if (count == 0) return connection.respond({200, "application/json", "[]", {}});
  answer->parts.resize(count);
  answer->open = count + 1;  // one more, so that nothing is sent before all have been handed over
  for (std::size_t i = 0; i < count; ++i) {
    const rapidjson::Value* event = &*body;
    if (answer->array) event = &(*body)[static_cast<rapidjson::SizeType>(i)];
    publish(answer, i, *event, access);
  }
  answer->release();
}

void PublishRoute::publish(const std::shared_ptr<Answer>& answer, std::size_t index, const rapidjson::Value& event,
                           const Access& access) {
  auto envelope = envelope_from_json(event, access.entity_id, core_.clock, core_.ids, limits_);
  if (!envelope) return answer->fail(index, envelope.error());
  if (const std::string topic = topic_of(*envelope, type_of(*envelope)); !access.may("publish", topic)) {
    return answer->fail(index, {ErrorCode::kForbidden, "this token may not publish on " + topic});
  }
  const auto taken = publisher_.publish(*envelope, [answer, index](const link::PublishResult& result) {
    if (!result.ok()) {
      const bool rejected = result.status == link::PublishResult::Status::kRejected;
      return answer->fail(index, {rejected ? ErrorCode::kInvalid : ErrorCode::kUnavailable, result.error});
    }
    const bool duplicate = result.status == link::PublishResult::Status::kDuplicate;
    answer->set(index, "{\"seq\":" + std::to_string(result.seq.value) +
                           ",\"duplicate\":" + (duplicate ? "true" : "false") + "}");
  });
  if (!taken) answer->fail(index, taken.error());
}

}  // namespace cell0::gateway
