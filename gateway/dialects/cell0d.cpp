#include "gateway/dialects/cell0d.h"

#include <algorithm>
#include <array>

#include "common/json.h"
#include "common/time_text.h"
#include "gateway/dialects/event_fields.h"
#include "gateway/transport/frame.h"

namespace cell0::gateway {
namespace {

constexpr std::string_view kServerVersion = "cell0d-1.0.0";  // what cell0d's clients look for

using Value = rapidjson::Value;

// ---- decoding

InvalidCommand wrong(std::string_view field, const char* right) { return {std::string(field) + ": not " + right}; }

// Reads an array of names, or one name (some clients send a bare string). False: it is something else.
bool read_names(const Value& message, std::string_view key, std::vector<std::string>& names) {
  const Value* value = json_member(message, key);
  if (value == nullptr) return true;
  if (value->IsString()) return names.emplace_back(json_text(*value)), true;
  if (!value->IsArray()) return false;
  for (const Value& item : value->GetArray()) {
    if (!item.IsString()) return false;
    names.emplace_back(json_text(item));
  }
  return true;
}

// The members of a subscription with `ack`.
Command decode_consumer(const Value& message, SubscribeCommand command) {
  constexpr std::size_t kBytesMax = 128;
  const auto consumer = json_string(message, "consumer");
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (!consumer || consumer->empty() || consumer->size() > kBytesMax ||
      std::any_of(consumer->begin(), consumer->end(), control)) {
    return wrong("consumer", "a name of 1-128 bytes without control characters");
  }
  command.consumer = std::string(*consumer);
  if (const Value* since = json_member(message, "since"); since != nullptr && !since->IsNull()) {
    command.since = json_uint(message, "since");
    if (!command.since) return wrong("since", "a seq (an integer of 0 or more)");
  }
  return command;
}

Command decode_subscribe(const Value& message) {
  SubscribeCommand command;
  if (!read_names(message, "event_types", command.names)) return wrong("event_types", "a list of names");
  if (json_member(message, "event_types") == nullptr) command.names.emplace_back("all");
  if (const Value* replace = json_member(message, "replace"); replace != nullptr) {
    if (!replace->IsBool()) return wrong("replace", "true or false");
    command.replace = replace->GetBool();
  }
  if (json_member(message, "min_priority") != nullptr) {
    const auto priority = json_uint(message, "min_priority");
    if (!priority || *priority < 1 || *priority > 10) return wrong("min_priority", "1-10");
    command.min_priority = static_cast<std::uint32_t>(*priority);
  }
  if (json_member(message, "sources") != nullptr) {
    command.sources.emplace();
    if (!read_names(message, "sources", *command.sources)) return wrong("sources", "a list of names");
  }
  const Value* acknowledged = json_member(message, "ack");
  if (acknowledged != nullptr && !acknowledged->IsBool()) return wrong("ack", "true or false");
  if (acknowledged != nullptr && acknowledged->GetBool()) return decode_consumer(message, std::move(command));
  return command;
}

Command decode_ack(const Value& message) {
  const auto seq = json_uint(message, "seq");
  if (!seq) return wrong("seq", "a seq (an integer of 0 or more)");
  return AcknowledgeCommand{*seq};
}

Command decode_unsubscribe(const Value& message) {
  UnsubscribeCommand command;
  if (!read_names(message, "event_types", command.names)) return wrong("event_types", "a list of names");
  if (json_member(message, "event_types") == nullptr) command.names.emplace_back("all");
  return command;
}

Command decode_ping(const Value& message) {
  PingCommand command;
  const Value* sequence = json_member(message, "sequence");
  if (sequence == nullptr || sequence->IsNull()) return command;
  command.sequence.emplace();
  JsonWriter(*command.sequence).value(*sequence);
  return command;
}

Command decode_get_history(const Value& message) {
  HistoryCommand command;
  if (const Value* type = json_member(message, "event_type"); type != nullptr && !type->IsNull()) {
    if (!type->IsString()) return wrong("event_type", "a name");
    if (json_text(*type) != "all") command.type = std::string(json_text(*type));
  }
  if (const Value* limit = json_member(message, "limit"); limit != nullptr && !limit->IsNull()) {
    const auto value = json_int(message, "limit");
    if (!value || *value < 0) return wrong("limit", "an integer of 0 or more");
    command.limit = *value;
  }
  if (const Value* since = json_member(message, "since"); since != nullptr && !since->IsNull()) {
    if (since->IsString()) {
      const auto time = parse_time(json_text(*since));
      if (!time) return InvalidCommand{"since: " + time.error().text};
      command.since_time = *time;
    } else {
      command.since = json_uint(message, "since");
      if (!command.since) return wrong("since", "a seq (an integer of 0 or more) and no time in a string");
    }
  }
  return command;
}

Command decode_get_stats(const Value&) { return StatsCommand{}; }

Command decode_echo(const Value& message) {
  EchoCommand command;
  JsonWriter(command.message).value(message);
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
    Message{"subscribe", &decode_subscribe}, Message{"unsubscribe", &decode_unsubscribe},
    Message{"ping", &decode_ping},           Message{"get_history", &decode_get_history},
    Message{"get_stats", &decode_get_stats}, Message{"echo", &decode_echo},
    Message{"auth", &decode_auth},           Message{"ack", &decode_ack},
};

// ---- encoding

void write_event_object(JsonWriter& out, const Event& event) {
  out.begin_object();
  out.member("id", event.id());
  out.member("type", event.type());
  out.member("timestamp", to_iso8601(event.time()));
  out.member("source", event.source());
  out.raw_member("data", event.data());
  out.member("priority", event.priority());
  out.member("seq", event.seq().value);
  if (!event.session_id().empty()) out.member("session_id", event.session_id());
  out.end_object();
}

void write_names(JsonWriter& out, std::string_view key, const std::vector<std::string>& names) {
  out.key(key);
  out.begin_array();
  for (const std::string& name : names) out.string(name);
  out.end_array();
}

// One overload a reply: its members, between the braces.
struct ReplyMembers {
  JsonWriter& out;

  void operator()(const WelcomeReply& reply) const {
    out.member("type", "connection_established");
    out.member("client_id", reply.client_id);
    out.member("timestamp", to_iso8601(reply.time));
    out.member("server_version", kServerVersion);
  }
  void operator()(const HistoryReply& reply) const {
    out.member("type", "event_history");
    out.key("events");
    out.begin_array();
    for (const EventPtr& event : reply.events) write_event_object(out, *event);
    out.end_array();
    out.member("count", reply.events.size());
    if (reply.opening) out.member("note", "Recent events before connection");
  }
  void operator()(const SubscribedReply& reply) const {
    out.member("type", "subscription_updated");
    write_names(out, "subscribed_events", reply.names);
    if (!reply.consumer) return;
    out.member("consumer", *reply.consumer);
    out.member("position", reply.position.value);
  }
  void operator()(const PongReply& reply) const {
    out.member("type", "pong");
    out.raw_member("sequence", reply.sequence);
    out.member("timestamp", to_iso8601(reply.time));
    out.member("client_id", reply.client_id);
  }
  void operator()(const PingReply& reply) const {
    out.member("type", "ping");
    out.member("timestamp", to_iso8601(reply.time));
    out.member("sequence", reply.sequence);
  }
  void operator()(const StatsReply& reply) const {
    out.member("type", "server_stats");
    out.key("stats");
    out.begin_object();
    out.member("total_connections", reply.total_connections);
    out.member("connected_clients", reply.connected_clients);
    out.member("messages_sent", reply.messages_sent);
    out.member("messages_received", reply.messages_received);
    out.member("start_time", to_iso8601(reply.start_time));
    write_names(out, "client_ids", reply.client_ids);
    out.member("gateway", reply.gateway);
    out.end_object();
  }
  void operator()(const EchoReply& reply) const {
    out.member("type", "echo");
    out.raw_member("data", reply.message);
  }
  void operator()(const AuthenticatedReply& reply) const {
    out.member("type", "auth_ok");
    out.member("entity_id", reply.entity_id);
    write_names(out, "scopes", reply.scopes);
  }
  void operator()(const ErrorReply& reply) const {
    out.member("type", "error");
    out.member("error", reply.text);
  }
  // What this dialect cannot ask for.
  void operator()(const auto&) const { CELL0_CHECK(false); }
};

// Appends one text frame of a JSON object whose members `write` writes.
template <typename Write>
void frame_object(std::string& out, Write&& write) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  write(writer);
  writer.end_object();
  append_ws_frame(out, WsOpcode::kText, text);
}

}  // namespace

KeepAlive Cell0dDialect::keep_alive() const {
  return {std::chrono::seconds(30), std::chrono::seconds(60), std::chrono::seconds(30)};
}

namespace {

Command decode_message(std::string_view text) {
  const auto message = parse_json(text);
  if (!message) return InvalidCommand{"Invalid JSON"};
  if (!message->IsObject()) return InvalidCommand{"Message must be a JSON object"};
  const auto type = json_string(*message, "type");
  if (!type) return InvalidCommand{"Unknown message type: none (a message has a \"type\", which is a string)"};
  for (const Message& known : kMessages) {
    if (known.type == *type) return known.decode(*message);
  }
  return InvalidCommand{"Unknown message type: " + std::string(type->substr(0, 100))};
}

}  // namespace

Decoded Cell0dDialect::decode(std::string_view text) const { return {{{decode_message(text)}}}; }

void Cell0dDialect::reply(std::string& out, const ReplyContext&, const Reply& reply) const {
  frame_object(out, [&](JsonWriter& writer) { std::visit(ReplyMembers{writer}, reply); });
}

void Cell0dDialect::event(std::string& out, const Event& event) const {
  frame_object(out, [&](JsonWriter& writer) {
    writer.member("type", "event");
    writer.key("event");
    write_event_object(writer, event);
  });
}

void Cell0dDialect::skipped(std::string& out, const Skipped& skipped) const {
  frame_object(out, [&](JsonWriter& writer) {
    writer.member("type", "events_skipped");
    write_skipped(writer, skipped);
  });
}

void Cell0dDialect::resumed(std::string& out, const Resumed& resumed) const {
  frame_object(out, [&](JsonWriter& writer) {
    writer.member("type", "events_resumed");
    write_resumed(writer, resumed);
  });
}

}  // namespace cell0::gateway
