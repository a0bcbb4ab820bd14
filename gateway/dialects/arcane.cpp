#include "gateway/dialects/arcane.h"

#include <algorithm>
#include <array>

#include "common/spell_sync.h"
#include "common/time_text.h"
#include "gateway/dialects/event_fields.h"
#include "gateway/dialects/json_text.h"
#include "gateway/transport/frame.h"

namespace cell0::gateway {
namespace {

using Members = std::vector<JsonMember>;

constexpr std::string_view kSpell = "spell";

template <typename Write>
void frame_object(std::string& out, Write&& write) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  write(writer);
  writer.end_object();
  append_ws_frame(out, WsOpcode::kText, text);
}

// ---- decoding

Command decode_message(std::string_view text) {
  const auto message = parse_json(text);
  if (!message) return InvalidCommand{"Invalid JSON: " + message.error().text, Fault::kParse};
  if (!message->IsObject()) return InvalidCommand{"A message is a JSON object", Fault::kInvalidRequest};
  const auto type = json_string(*message, "type");
  if (!type) return InvalidCommand{"A message has a \"type\", which is a string", Fault::kInvalidRequest};
  if (*type != "auth") {
    return InvalidCommand{"Unknown message type: " + std::string(type->substr(0, 100)), Fault::kUnknownMethod};
  }
  const auto token = json_string(*message, "token");
  if (!token) return InvalidCommand{"token: not a string"};
  return AuthenticateCommand{std::string(*token)};
}

// ---- spells

std::string_view value_of(const Members& members, std::string_view name, std::string_view otherwise) {
  const JsonMember* member = find_member(members, name);
  return member == nullptr ? otherwise : member->value;
}

std::string text_of(std::string_view json) {
  const auto parsed = parse_json(json);
  return parsed && parsed->IsString() ? std::string(json_text(*parsed)) : std::string();
}

// The caster says in which mode it is by `metadata.veil`; without a word the veil is drawn.
void write_sync(JsonWriter& out, const Members& metadata, bool success) {
  const std::string phrase = text_of(value_of(metadata, "failure_phrase", "null"));
  write_spell_sync(out, {success, value_of(metadata, "veil", "true") != "false", phrase});
}

void write_metadata(JsonWriter& out, std::string_view text, bool success) {
  const bool is_object = text.starts_with('{');
  const Members members = is_object ? json_members(text) : Members();
  out.begin_object();
  for (const JsonMember& member : members) {
    if (member.name != "sync") out.raw_member(member.name, member.value);
  }
  // What a caster of another kind put there instead of an object stays readable.
  if (!is_object && text != "null") out.raw_member("value", text);
  out.key("sync");
  if (const auto sync = value_of(members, "sync", "null"); sync.starts_with('{'))
    out.raw(sync);
  else
    write_sync(out, members, success);
  out.end_object();
}

void write_spell(JsonWriter& out, const Event& event) {
  constexpr std::array<std::string_view, 7> kOwn{"spell_name",  "daemon_name", "timestamp", "success",
                                                 "description", "metadata",    "seq"};
  const Members members = json_members(event.data());
  out.begin_object();
  out.raw_member("spell_name", value_of(members, "spell_name", "null"));
  out.raw_member("daemon_name", value_of(members, "daemon_name", "null"));
  out.member("timestamp", to_iso8601(event.time()));
  const std::string_view success = value_of(members, "success", "true");
  out.raw_member("success", success);
  out.raw_member("description", value_of(members, "description", "\"\""));
  out.key("metadata");
  write_metadata(out, value_of(members, "metadata", "{}"), success == "true");
  for (const JsonMember& member : members) {
    if (std::find(kOwn.begin(), kOwn.end(), member.name) == kOwn.end()) out.raw_member(member.name, member.value);
  }
  out.member("seq", event.seq().value);
  out.end_object();
}

// ---- replies

void write_error(JsonWriter& out, const ErrorReply& reply) {
  out.member("type", "error");
  out.member("message", reply.text);
}

void write_authenticated(JsonWriter& out, const AuthenticatedReply& reply) {
  out.member("type", "auth_ok");
  out.member("entity_id", reply.entity_id);
  out.key("scopes");
  out.begin_array();
  for (const std::string& scope : reply.scopes) out.string(scope);
  out.end_array();
}

struct ReplyMembers {
  JsonWriter& out;

  void operator()(const WelcomeReply& reply) const {
    out.member("type", "connection");
    out.member("message", "✨ Welcome to the ArcaneOS event stream! ✨");
    out.member("subscriber_count", reply.clients);
    out.key("recent_events");
    out.begin_array();
    for (const EventPtr& event : reply.opening) write_arcane_event(out, *event);
    out.end_array();
  }
  void operator()(const AuthenticatedReply& reply) const { write_authenticated(out, reply); }
  void operator()(const ErrorReply& reply) const { write_error(out, reply); }
  // What this dialect cannot ask for.
  void operator()(const auto&) const { CELL0_CHECK(false); }
};

struct ChannelReplyMembers {
  JsonWriter& out;

  void operator()(const WelcomeReply& reply) const {
    out.member("type", "connection");
    out.member("message", "✨ You have entered the channel " + reply.channel + " ✨");
    out.member("channel", reply.channel);
    out.member("subscribers", reply.clients);
  }
  void operator()(const AuthenticatedReply& reply) const { write_authenticated(out, reply); }
  void operator()(const ErrorReply& reply) const { write_error(out, reply); }
  void operator()(const auto&) const { CELL0_CHECK(false); }
};

void append_skipped(std::string& out, const Skipped& skipped) {
  frame_object(out, [&](JsonWriter& writer) {
    writer.member("type", "events_skipped");
    write_skipped(writer, skipped);
  });
}

void append_resumed(std::string& out, const Resumed& resumed) {
  frame_object(out, [&](JsonWriter& writer) {
    writer.member("type", "events_resumed");
    write_resumed(writer, resumed);
  });
}

constexpr KeepAlive kKeepAlive{std::chrono::seconds(30), std::chrono::seconds(60)};

Manners arcane_manners() {
  Manners manners;
  manners.subscribes = false;
  manners.counts_clients = true;
  manners.opens_in_welcome = true;
  return manners;
}

}  // namespace

void write_arcane_event(JsonWriter& out, const Event& event) {
  if (event.type() == kSpell) return write_spell(out, event);
  out.begin_object();
  out.member("type", event.type());
  out.member("timestamp", to_iso8601(event.time()));
  out.member("source", event.source());
  out.raw_member("data", event.data());
  out.member("priority", event.priority());
  if (!event.session_id().empty()) out.member("session_id", event.session_id());
  out.member("seq", event.seq().value);
  out.end_object();
}

// ---- /ws/events

KeepAlive ArcaneDialect::keep_alive() const { return kKeepAlive; }

Manners ArcaneDialect::manners() const {
  Manners manners = arcane_manners();
  manners.shows_some = !daemon_.empty();
  return manners;
}

Decoded ArcaneDialect::decode(std::string_view text) const { return {{{decode_message(text)}}}; }

void ArcaneDialect::reply(std::string& out, const ReplyContext&, const Reply& reply) const {
  frame_object(out, [&](JsonWriter& writer) { std::visit(ReplyMembers{writer}, reply); });
}

bool ArcaneDialect::shows(const Event& event) const {
  if (daemon_.empty()) return true;
  if (event.type() != kSpell) return false;
  return text_of(value_of(json_members(event.data()), "daemon_name", "null")) == daemon_;
}

void ArcaneDialect::event(std::string& out, const Event& event) const {
  if (!shows(event)) return;
  std::string text;
  JsonWriter writer(text);
  write_arcane_event(writer, event);
  append_ws_frame(out, WsOpcode::kText, text);
}

void ArcaneDialect::skipped(std::string& out, const Skipped& skipped) const { append_skipped(out, skipped); }
void ArcaneDialect::resumed(std::string& out, const Resumed& resumed) const { append_resumed(out, resumed); }

// ---- /ws/events/{channel}

KeepAlive ArcaneChannelDialect::keep_alive() const { return kKeepAlive; }
Manners ArcaneChannelDialect::manners() const { return arcane_manners(); }

Decoded ArcaneChannelDialect::decode(std::string_view text) const { return {{{decode_message(text)}}}; }

void ArcaneChannelDialect::reply(std::string& out, const ReplyContext&, const Reply& reply) const {
  frame_object(out, [&](JsonWriter& writer) { std::visit(ChannelReplyMembers{writer}, reply); });
}

void ArcaneChannelDialect::event(std::string& out, const Event& event) const {
  const Members members = json_members(event.data());
  const JsonMember* message = event.type() == "channel_message" ? find_member(members, "message") : nullptr;
  append_ws_frame(out, WsOpcode::kText, message != nullptr ? message->value : std::string_view(event.data()));
}

void ArcaneChannelDialect::skipped(std::string& out, const Skipped& skipped) const { append_skipped(out, skipped); }
void ArcaneChannelDialect::resumed(std::string& out, const Resumed& resumed) const { append_resumed(out, resumed); }

}  // namespace cell0::gateway
