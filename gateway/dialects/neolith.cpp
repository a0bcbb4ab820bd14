#include "gateway/dialects/neolith.h"

#include <algorithm>
#include <array>

#include "common/json.h"
#include "gateway/dialects/event_fields.h"
#include "gateway/dialects/json_text.h"
#include "gateway/dialects/session_words.h"
#include "gateway/dialects/stream.h"
#include "gateway/transport/frame.h"

namespace cell0::gateway {
namespace {

using Value = rapidjson::Value;

constexpr std::string_view kUnknownMessage = "Unknown message type";
constexpr std::string_view kInvalidFormat = "Invalid message format";

// What an acknowledged follower gets of a session.
constexpr std::array kSessionTypes = {"session_*", "task_*", "stream_*", "tool_call_start", "tool_call_result"};

// ---- decoding

InvalidCommand invalid(const Error& error) { return {error.text, fault_of(error.code)}; }

Command decode_ping(const Words&, ReplyContext&) { return PingCommand{}; }
Command decode_health_check(const Words&, ReplyContext&) { return HealthCommand{}; }
Command decode_daemon_status(const Words&, ReplyContext&) { return DaemonStatusCommand{}; }
Command decode_list_sessions(const Words&, ReplyContext&) { return ListSessionsCommand{}; }

Command decode_spawn(const Words& words, ReplyContext&) {
  auto command = read_spawn(words);
  return command ? Command(std::move(*command)) : invalid(command.error());
}

// With the session's id, which errors are to name, too.
template <typename Make>
Command about_session(const Words& words, ReplyContext& context, Make&& make) {
  auto session_id = read_session_id(words);
  if (!session_id) return invalid(session_id.error());
  context.about = *session_id;
  return make(std::move(*session_id));
}

Command decode_execute(const Words& words, ReplyContext& context) {
  return about_session(words, context, [&](std::string session_id) -> Command {
    auto command = read_execute(words, std::move(session_id));
    return command ? Command(std::move(*command)) : invalid(command.error());
  });
}

Command decode_status(const Words& words, ReplyContext& context) {
  return about_session(words, context,
                       [](std::string session_id) { return SessionStatusCommand{std::move(session_id)}; });
}

Command decode_stop(const Words& words, ReplyContext& context) {
  return about_session(words, context,
                       [](std::string session_id) { return StopSessionCommand{std::move(session_id)}; });
}

Command decode_unfollow(const Words& words, ReplyContext& context) {
  return about_session(words, context,
                       [](std::string session_id) { return UnfollowSessionCommand{std::move(session_id)}; });
}

Command decode_consumer(const Words& words, std::string session_id, std::optional<std::uint64_t> since) {
  constexpr std::size_t kBytesMax = 128;
  const Value* consumer = words.find("consumer");
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (consumer == nullptr || !consumer->IsString() || json_text(*consumer).empty() ||
      json_text(*consumer).size() > kBytesMax || std::ranges::any_of(json_text(*consumer), control)) {
    return InvalidCommand{"consumer: not a name of 1-128 bytes without control characters"};
  }
  const bool all = session_id == kEverySession;
  const Result<std::string> topic = all ? std::string(kEverySessionTopic) : session_topic(session_id);
  if (!topic) return invalid(topic.error());
  SubscribeCommand command;
  command.names.assign(kSessionTypes.begin(), kSessionTypes.end());
  command.replace = true;
  command.consumer = std::string(json_text(*consumer));
  command.since = since;
  command.topics.push_back(*topic);
  return command;
}

Command decode_follow(const Words& words, ReplyContext& context) {
  return about_session(words, context, [&](std::string session_id) -> Command {
    std::optional<std::uint64_t> since;
    if (const Value* value = words.find("since"); value != nullptr) {
      if (!value->IsUint64()) return InvalidCommand{"since: not a seq (an integer of 0 or more)"};
      since = value->GetUint64();
    }
    const Value* acknowledged = words.find("ack");
    if (acknowledged != nullptr && !acknowledged->IsBool()) return InvalidCommand{"ack: not true or false"};
    if (acknowledged != nullptr && acknowledged->GetBool()) return decode_consumer(words, std::move(session_id), since);
    return FollowSessionCommand{std::move(session_id), since};
  });
}

Command decode_ack(const Words& words, ReplyContext&) {
  const Value* seq = words.find("seq");
  if (seq == nullptr || !seq->IsUint64()) return InvalidCommand{"seq: not a seq (an integer of 0 or more)"};
  return AcknowledgeCommand{seq->GetUint64()};
}

Command decode_auth(const Words& words, ReplyContext& context) {
  context.login = true;
  const Value* token = words.find("token");
  if (token == nullptr) token = words.find("accessToken");
  if (token == nullptr || !token->IsString()) return InvalidCommand{"token: not a text"};
  return AuthenticateCommand{std::string(json_text(*token))};
}

struct Message {
  std::string_view type;
  Command (*decode)(const Words& words, ReplyContext& context);
};

// Every message of this dialect that a client may send.
constexpr std::array kMessages = {
    Message{"ping", &decode_ping},
    Message{"health_check", &decode_health_check},
    Message{"daemon_status", &decode_daemon_status},
    Message{"spawn_session", &decode_spawn},
    Message{"execute_task", &decode_execute},
    Message{"session_status", &decode_status},
    Message{"stop_session", &decode_stop},
    Message{"list_sessions", &decode_list_sessions},
    Message{"follow_session", &decode_follow},
    Message{"unfollow_session", &decode_unfollow},
    Message{"ack", &decode_ack},
    Message{"auth", &decode_auth},
};

Request decode_message(std::string_view text) {
  const auto message = parse_json(text);
  if (!message || !message->IsObject()) {
    return {InvalidCommand{std::string(kInvalidFormat), Fault::kParse}};
  }
  const auto type = json_string(*message, "type");
  const auto known = std::ranges::find(kMessages, type.value_or(""), &Message::type);
  if (known == kMessages.end()) return {InvalidCommand{std::string(kUnknownMessage), Fault::kUnknownMethod}};
  const auto words = Words::of(*message);
  if (!words) return {invalid(words.error())};
  Request request;
  const auto request_id = read_request_id(*words);
  if (!request_id) return {invalid(request_id.error())};
  if (const Value* id = words->find("requestId"); id != nullptr) JsonWriter(request.context.id).value(*id);
  request.command = known->decode(*words, request.context);
  return request;
}

// ---- encoding

// What a message says: the members of its own, and the payload as JSON text.
struct Content {
  std::string members;  // of an object, without the braces
  std::string payload;
};

// `write` writes the members, which are the payload, too.
template <typename Write>
Content plain(Write&& write) {
  Content content;
  JsonWriter out(content.payload);
  out.begin_object();
  write(out);
  out.end_object();
  content.members = content.payload.substr(1, content.payload.size() - 2);
  return content;
}

// One member that is the payload.
Content wrapped(std::string_view name, std::string_view json) {
  Content content{{}, std::string(json)};
  append_json_string(content.members, name);
  content.members.append(":").append(json);
  return content;
}

std::string message_text(std::string_view type, const Content& content, const std::string& more = {}) {
  std::string text = "{\"type\":";
  append_json_string(text, type);
  for (const std::string* part : {&content.members, &more}) {
    if (!part->empty()) text.append(",").append(*part);
  }
  return text.append(",\"payload\":").append(content.payload).append("}");
}

void write_names(JsonWriter& out, std::string_view key, const std::vector<std::string>& names) {
  out.key(key);
  out.begin_array();
  for (const std::string& name : names) out.string(name);
  out.end_array();
}

// One overload a reply: its whole text; "" for none.
struct ReplyText {
  const ReplyContext& context;

  std::string text(std::string_view type, const Content& content) const {
    return message_text(type, content, context.id.empty() ? std::string() : "\"requestId\":" + context.id);
  }

  std::string operator()(const WelcomeReply&) const { return (*this)(HealthReply{true}); }
  std::string operator()(const HealthReply& reply) const {
    return text("health_check_response", plain([&](JsonWriter& out) { out.member("healthy", reply.healthy); }));
  }
  std::string operator()(const PongReply&) const { return text("pong", {"", "{}"}); }
  std::string operator()(const DaemonStatusReply& reply) const {
    return text("daemon_status_update", wrapped("status", reply.status));
  }
  std::string operator()(const SessionSpawnedReply& reply) const {
    return text("session_spawned", wrapped("session", reply.session));
  }
  std::string operator()(const SessionStateReply& reply) const {
    return text("session_status_update", wrapped("session", reply.session));
  }
  std::string operator()(const SessionsReply& reply) const {
    return text("sessions_list", wrapped("sessions", reply.sessions));
  }
  // Who gets the session's events sees task_executing among them, in its order.
  std::string operator()(const TaskReply& reply) const {
    if (reply.followed && context.id.empty()) return {};
    return text(reply.followed ? "task_accepted" : "task_executing", plain([&](JsonWriter& out) {
                  out.member("sessionId", reply.session_id);
                  out.member("taskId", reply.task_id);
                }));
  }
  std::string operator()(const SessionFollowedReply& reply) const {
    return text("session_followed", plain([&](JsonWriter& out) {
                  out.member("sessionId", reply.session_id);
                  write_resumed(out, reply.resumed);
                }));
  }
  std::string operator()(const SessionUnfollowedReply& reply) const {
    return text("session_unfollowed", plain([&](JsonWriter& out) { out.member("sessionId", reply.session_id); }));
  }
  // Of an acknowledged follower; what will be sent says events_resumed.
  std::string operator()(const SubscribedReply& reply) const {
    return text("session_followed", plain([&](JsonWriter& out) {
                  out.member("sessionId", context.about);
                  if (!reply.consumer) return;
                  out.member("consumer", *reply.consumer);
                  out.member("position", reply.position.value);
                }));
  }
  std::string operator()(const AuthenticatedReply& reply) const {
    return text("auth_success", plain([&](JsonWriter& out) {
                  out.member("sessionId", reply.session_id);
                  out.member("entityId", reply.entity_id);
                  out.member("entityType", reply.entity_type);
                  write_names(out, "scopes", reply.scopes);
                }));
  }
  std::string operator()(const ErrorReply& reply) const {
    if (context.login) {
      return text("auth_error", plain([&](JsonWriter& out) {
                    out.member("code", neolith_code(reply.fault));
                    out.member("message", reply.text);
                  }));
    }
    return text("error", plain([&](JsonWriter& out) {
                  out.member("error", reply.text);
                  out.member("code", neolith_code(reply.fault));
                  if (!context.about.empty()) out.member("sessionId", context.about);
                }));
  }
  // What this dialect cannot ask for.
  std::string operator()(const auto&) const { return CELL0_CHECK(false), std::string(); }
};

// ---- events

bool is_one_of(std::string_view type, std::initializer_list<std::string_view> types) {
  return std::ranges::find(types, type) != types.end();
}

bool is_of_message(std::string_view name) { return is_one_of(name, {"type", "seq", "timestamp", "payload", "data"}); }

// The members of an event's data, but for those that the message has itself.
std::string flat_members(std::string_view data) {
  std::string flat;
  for (const JsonMember& member : json_members(data)) {
    if (is_of_message(member.name)) continue;
    if (!flat.empty()) flat += ',';
    append_json_string(flat, member.name);
    flat.append(":").append(member.value);
  }
  return flat;
}

Content event_content(const Event& event) {
  const std::string& type = event.type();
  const std::string& data = event.data();
  if (is_one_of(type, {"session_spawned", "session_status_update"})) {
    const auto members = json_members(data);
    if (const JsonMember* session = find_member(members, "session")) return wrapped("session", session->value);
  }
  if (is_one_of(type, {"task_executing", "task_completed", "task_failed"})) return {flat_members(data), data};
  Content content = wrapped("data", data);
  // Some clients look for these two beside `data`, some in it.
  if (is_one_of(type, {"stream_start", "stream_end"})) {
    if (const std::string flat = flat_members(data); !flat.empty()) content.members.append(",").append(flat);
  }
  return content;
}

void append_text_frame(std::string& out, std::string_view text) {
  if (!text.empty()) append_ws_frame(out, WsOpcode::kText, text);
}

}  // namespace

std::string neolith_event(const Event& event) {
  return message_text(
      event.type(), event_content(event),
      "\"seq\":" + std::to_string(event.seq().value) + ",\"timestamp\":\"" + to_iso8601(event.time()) + "\"");
}

std::string_view neolith_code(Fault fault) {
  switch (fault) {
    case Fault::kParse:
      return "invalid_format";
    case Fault::kUnknownMethod:
      return "unknown_type";
    case Fault::kInvalidRequest:
    case Fault::kInvalidParams:
      return "invalid";
    case Fault::kUnauthenticated:
      return "unauthenticated";
    case Fault::kForbidden:
      return "forbidden";
    case Fault::kRate:
      return "busy";
    case Fault::kTimeout:
      return "timeout";
    case Fault::kNotFound:
      return "unknown_session";
    case Fault::kInvalidState:
      return "invalid_state";
    case Fault::kRouting:
    case Fault::kServer:
      return "unavailable";
    case Fault::kInternal:
      break;
  }
  return "internal";
}

KeepAlive NeolithDialect::keep_alive() const { return {std::chrono::seconds(30), std::chrono::seconds(60)}; }

Manners NeolithDialect::manners() const {
  Manners manners;
  manners.streams_unasked = false;
  manners.streams_if_asked = true;
  manners.closes_on_token = false;
  return manners;
}

Decoded NeolithDialect::decode(std::string_view text) const { return {{decode_message(text)}}; }

std::vector<Request> NeolithDialect::requests_of_url(const v1::Filter& asked, std::optional<Seq> since) const {
  // With types or topics the session narrows the stream of these.
  if (asked.session_id().empty() || !asked.types().empty() || !asked.topics().empty()) return {};
  Request request;
  request.context.about = asked.session_id();
  FollowSessionCommand command{asked.session_id(), {}};
  if (since) command.since = since->value;
  request.command = std::move(command);
  return {std::move(request)};
}

void NeolithDialect::reply(std::string& out, const ReplyContext& context, const Reply& reply) const {
  append_text_frame(out, std::visit(ReplyText{context}, reply));
}

void NeolithDialect::event(std::string& out, const Event& event) const { append_text_frame(out, neolith_event(event)); }

void NeolithDialect::skipped(std::string& out, const Skipped& skipped) const {
  append_text_frame(out,
                    message_text("events_skipped", plain([&](JsonWriter& writer) { write_skipped(writer, skipped); })));
}

void NeolithDialect::resumed(std::string& out, const Resumed& resumed) const {
  append_text_frame(out,
                    message_text("events_resumed", plain([&](JsonWriter& writer) { write_resumed(writer, resumed); })));
}

void NeolithStreamRenderer::event(std::string& out, const Event& event) const {
  append_sse_event(out, {}, std::to_string(event.seq().value), neolith_event(event));
}

void NeolithStreamRenderer::skipped(std::string& out, const Skipped& skipped) const {
  StreamRenderer().skipped(out, skipped);
}

void NeolithStreamRenderer::resumed(std::string& out, const Resumed& resumed) const {
  StreamRenderer().resumed(out, resumed);
}

}  // namespace cell0::gateway
