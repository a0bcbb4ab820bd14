#include "gateway/http/publish.h"

#include <algorithm>

#include "common/event_json.h"
#include "common/event_schema.h"
#include "common/utf8.h"
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

Result<std::optional<std::string>> idempotency_key(const HttpRequest& request) {
  constexpr std::size_t kBytesMax = 255;
  const auto header = std::find_if(request.headers.begin(), request.headers.end(),
                                   [](const HttpHeader& one) { return one.name == "idempotency-key"; });
  if (header == request.headers.end()) return std::optional<std::string>();
  const std::string& key = header->value;
  const bool control = std::any_of(key.begin(), key.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (key.empty() || key.size() > kBytesMax || control || !is_utf8(key)) {
    return Error{ErrorCode::kInvalid, "Idempotency-Key: " + std::to_string(key.size()) +
                                          " bytes; right are 1-255 of UTF-8 without control characters"};
  }
  return std::optional(key);
}

// FNV-1a, 64 bits: a client's slip shows, and it is the same in every gateway.
std::uint64_t digest_of(v1::Envelope envelope) {
  envelope.clear_id();
  envelope.clear_time_us();
  std::uint64_t digest = 0xcbf29ce484222325;
  for (const unsigned char byte : envelope.SerializeAsString()) digest = (digest ^ byte) * 0x100000001b3;
  return digest;
}

namespace {

std::string reused_json(const std::string& text) {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.key("error");
  out.begin_object();
  out.member("code", "idempotency_key_reused");
  out.member("message", text);
  out.end_object();
  out.end_object();
  return body;
}

// A client's key has no control characters, so none is like it.
std::string key_of_element(const std::string& key, std::size_t index) { return key + '\x1F' + std::to_string(index); }

std::string published_json(const link::PublishResult& result) {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.key("seq");
  if (result.seq == Seq{})
    out.null();  // it is there, but which it became is no longer known
  else
    out.number(result.seq.value);
  out.member("duplicate", result.status == link::PublishResult::Status::kDuplicate);
  out.end_object();
  return body;
}

}  // namespace

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
  void set(std::size_t index, const link::PublishResult& result) {
    using Status = link::PublishResult::Status;
    if (result.ok()) return set(index, published_json(result));
    if (result.status == Status::kKeyReused) {
      status = 422;
      return set(index, reused_json(result.error));
    }
    fail(index, {result.status == Status::kRejected ? ErrorCode::kInvalid : ErrorCode::kUnavailable, result.error});
  }
};

void PublishRoute::handle(Connection& connection, const HttpRequest& request, const Access& access) {
  if (!link_.up()) return connection.respond(error_response({ErrorCode::kUnavailable, link_.why_down()}));
  const auto key = idempotency_key(request);
  if (!key) return connection.respond(error_response(key.error()));
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
    publish(answer, i, *event, access, answer->array && *key ? key_of_element(**key, i) : *key);
  }
  answer->release();
}

void PublishRoute::publish(const std::shared_ptr<Answer>& answer, std::size_t index, const rapidjson::Value& event,
                           const Access& access, const std::optional<std::string>& key) {
  auto envelope = envelope_from_json(event, access.entity_id, core_.clock, core_.ids, limits_);
  if (!envelope) return answer->fail(index, envelope.error());
  if (const std::string topic = topic_of(*envelope, type_of(*envelope)); true) {
    if (auto permitted = access.check("publish", topic); !permitted) return answer->fail(index, permitted.error());
  }
  std::optional<link::PublishKey> publish_key;
  if (key) publish_key = link::PublishKey{access.entity_id, *key, digest_of(*envelope)};
  const auto taken = publisher_.publish(
      *envelope, [answer, index](const link::PublishResult& result) { answer->set(index, result); },
      std::move(publish_key));
  if (!taken) answer->fail(index, taken.error());
}

}  // namespace cell0::gateway
