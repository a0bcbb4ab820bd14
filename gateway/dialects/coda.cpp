#include "gateway/dialects/coda.h"

#include <array>

#include "common/json.h"
#include "gateway/dialects/coda_events.h"
#include "gateway/dialects/event_fields.h"
#include "gateway/transport/frame.h"

namespace cell0::gateway {
namespace {

using Value = rapidjson::Value;

InvalidCommand wrong(std::string_view field, const char* right) { return {std::string(field) + ": not " + right}; }

bool is_given(const Value* value) { return value != nullptr && !value->IsNull(); }

// ---- decoding

Command decode_chat(const Value& message) {
  const Value* data = json_member(message, "data");
  if (data == nullptr || !data->IsObject()) return wrong("data", "an object {\"message\", \"session_id\"?}");
  const auto text = json_string(*data, "message");
  if (!text) return wrong("data.message", "a string");
  ChatCommand command;
  command.message = std::string(*text);
  if (const Value* session = json_member(*data, "session_id"); is_given(session)) {
    if (!session->IsString()) return wrong("data.session_id", "a string, or null for a new session");
    command.session_id = std::string(json_text(*session));
  }
  return command;
}

Command decode_audio_start(const Value& message) {
  const auto session = json_string(message, "session_id");
  if (!session) return wrong("session_id", "a string");
  AudioStartCommand command;
  command.session_id = std::string(*session);
  if (const Value* config = json_member(message, "config"); is_given(config)) {
    if (!config->IsObject()) return wrong("config", "an object");
    JsonWriter(command.config).value(*config);
  }
  return command;
}

Command decode_audio_end(const Value& message) {
  AudioEndCommand command;
  const Value* session = json_member(message, "session_id");
  if (!is_given(session)) return command;
  if (!session->IsString()) return wrong("session_id", "a string");
  command.session_id = std::string(json_text(*session));
  return command;
}

Command decode_auth(const Value& message) {
  const auto token = json_string(message, "token");
  if (!token) return wrong("token", "a string");
  return AuthenticateCommand{std::string(*token)};
}

struct Message {
  std::string_view type;
  Command (*decode)(const Value& message);
};

// Every message of this dialect that a client may send.
constexpr std::array kMessages = {
    Message{"chat_message", &decode_chat},
    Message{"audio_session_start", &decode_audio_start},
    Message{"audio_session_end", &decode_audio_end},
    Message{"auth", &decode_auth},
};

Command decode_message(std::string_view text) {
  const auto message = parse_json(text);
  if (!message) return InvalidCommand{"Invalid JSON format", Fault::kParse};
  if (!message->IsObject()) return InvalidCommand{"Message must be a JSON object"};
  const auto type = json_string(*message, "type");
  if (!type) return InvalidCommand{"Unknown message type: none (a message has a \"type\", which is a string)"};
  for (const Message& known : kMessages) {
    if (known.type == *type) return known.decode(*message);
  }
  return InvalidCommand{"Unknown message type: " + std::string(type->substr(0, 100))};
}

// ---- encoding

void write_scopes(JsonWriter& out, const std::vector<std::string>& scopes) {
  out.key("scopes");
  out.begin_array();
  for (const std::string& scope : scopes) out.string(scope);
  out.end_array();
}

// One overload a reply: its members, between the braces. False: there is nothing to say.
struct ReplyMembers {
  JsonWriter& out;

  bool operator()(const WelcomeReply&) const { return false; }
  bool operator()(const SuccessReply&) const { return false; }
  bool operator()(const HistoryReply& reply) const {
    out.member("type", "replay");
    out.key("events");
    out.begin_array();
    for (const EventPtr& event : reply.events) write_coda_event(out, *event);
    out.end_array();
    return true;
  }
  bool operator()(const AuthenticatedReply& reply) const {
    out.member("type", "auth_ok");
    out.member("entity_id", reply.entity_id);
    write_scopes(out, reply.scopes);
    return true;
  }
  bool operator()(const AudioStartedReply& reply) const {
    out.member("type", "audio_session_started");
    out.member("session_id", reply.session_id);
    out.member("client_id", reply.client_id);
    out.member("timestamp", coda_seconds(reply.time));
    return true;
  }
  bool operator()(const AudioEndedReply& reply) const {
    out.member("type", "audio_session_ended");
    out.member("session_id", reply.session_id);
    out.member("client_id", reply.client_id);
    out.member("chunks_processed", reply.chunks);
    out.member("timestamp", coda_seconds(reply.time));
    return true;
  }
  bool operator()(const AudioFailedReply& reply) const {
    out.member("type", "audio_error");
    out.member("error", reply.text);
    out.member("timestamp", coda_seconds(reply.time));
    return true;
  }
  bool operator()(const ErrorReply& reply) const {
    out.member("type", "error");
    out.member("message", reply.text);
    out.member("timestamp", coda_seconds(reply.time));
    return true;
  }
  // What this dialect cannot ask for.
  bool operator()(const auto&) const {
    CELL0_CHECK(false);
    return false;
  }
};

// Appends one text frame of a JSON object whose members `write` writes; nothing if it returns false.
template <typename Write>
void frame_object(std::string& out, Write&& write) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  if (!write(writer)) return;
  writer.end_object();
  append_ws_frame(out, WsOpcode::kText, text);
}

}  // namespace

KeepAlive CodaDialect::keep_alive() const { return {std::chrono::seconds(20), std::chrono::seconds(30)}; }

Manners CodaDialect::manners() const {
  Manners manners;
  manners.subscribes = false;
  return manners;
}

v1::Filter CodaDialect::meant(v1::Filter filter) const { return from_coda(std::move(filter)); }

Decoded CodaDialect::decode(std::string_view text) const { return {{{decode_message(text)}}}; }

Decoded CodaDialect::decode_binary(std::string_view bytes) const { return {{{AudioFrameCommand{std::string(bytes)}}}}; }

void CodaDialect::reply(std::string& out, const ReplyContext&, const Reply& reply) const {
  frame_object(out, [&](JsonWriter& writer) { return std::visit(ReplyMembers{writer}, reply); });
}

void CodaDialect::event(std::string& out, const Event& event) const {
  std::string text;
  JsonWriter writer(text);
  write_coda_event(writer, event);
  append_ws_frame(out, WsOpcode::kText, text);
}

void CodaDialect::skipped(std::string& out, const Skipped& skipped) const {
  frame_object(out, [&](JsonWriter& writer) {
    writer.member("type", "events_skipped");
    write_skipped(writer, skipped);
    return true;
  });
}

void CodaDialect::resumed(std::string& out, const Resumed& resumed) const {
  frame_object(out, [&](JsonWriter& writer) {
    writer.member("type", "events_resumed");
    write_resumed(writer, resumed);
    return true;
  });
}

}  // namespace cell0::gateway
