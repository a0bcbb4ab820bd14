// What leaves in the jsonrpc dialect: results, errors, and the notifications of the server.
#include <algorithm>
#include <initializer_list>

#include "common/presence_entry.h"
#include "common/time_text.h"
#include "gateway/dialects/event_fields.h"
#include "gateway/dialects/json_text.h"
#include "gateway/dialects/jsonrpc.h"
#include "gateway/dialects/jsonrpc_methods.h"
#include "gateway/transport/frame.h"

namespace cell0::gateway {
namespace {

constexpr std::string_view kServerVersion = "cell0-1.0.0";
constexpr auto kCapabilities = {"jsonrpc_2.0", "event_streaming",       "presence",
                                "multi_agent", "channel_subscriptions", "resume"};
constexpr auto kServerCapabilities = {"batch_requests", "notifications", "multi_agent_routing"};

// ---- events

// Those members of the event's data, as they were published, then its time and seq.
void write_message(std::string& out, const Event& event, std::initializer_list<std::string_view> names) {
  JsonWriter writer(out);
  writer.begin_object();
  const auto members = json_members(event.data());
  for (const std::string_view name : names) {
    const JsonMember* member = find_member(members, name);
    writer.raw_member(name, member == nullptr ? "null" : member->value);
  }
  writer.member("timestamp", to_iso8601(event.time()));
  writer.member("seq", event.seq().value);
  writer.end_object();
}

void event_params(std::string& out, const Event& event) {
  JsonWriter writer(out);
  write_full_event(writer, event);
}
void channel_params(std::string& out, const Event& event) { write_message(out, event, {"channel", "message"}); }
void inbox_params(std::string& out, const Event& event) { write_message(out, event, {"from", "message"}); }
void presence_params(std::string& out, const Event& event) {
  write_message(out, event, {"entity_id", "entity_type", "status", "status_message", "entry"});
}

std::string notification(std::string_view method, std::string_view params) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  out.member("jsonrpc", "2.0");
  out.member("method", method);
  out.raw_member("params", params);
  out.end_object();
  return text;
}

template <typename Write>
std::string object(Write&& write) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  write(out);
  out.end_object();
  return text;
}

// ---- results

template <typename Texts>
void write_texts(JsonWriter& out, std::string_view key, const Texts& texts) {
  out.key(key);
  out.begin_array();
  for (const auto& text : texts) out.string(text);
  out.end_array();
}

void write_capabilities(JsonWriter& out, bool all) {
  out.key("capabilities");
  out.begin_array();
  for (const char* one : kCapabilities) out.string(one);
  if (all) {
    for (const char* one : kServerCapabilities) out.string(one);
  }
  out.end_array();
}

// One overload a reply: the result, JSON text.
struct Result {
  std::string operator()(const PongReply&) const { return "\"pong\""; }
  std::string operator()(const EchoReply& reply) const { return reply.message; }
  std::string operator()(const SuccessReply&) const { return "{\"success\":true}"; }
  std::string operator()(const FollowingReply& reply) const {
    return object([&](JsonWriter& out) {
      out.member("success", true);
      if (reply.channel) out.member("channel", *reply.channel);
      write_resumed(out, reply.resumed);
    });
  }
  std::string operator()(const MethodsReply&) const {
    std::string text;
    JsonWriter out(text);
    out.begin_array();
    for (const std::string_view name : jsonrpc_method_names()) out.string(name);
    out.end_array();
    return text;
  }
  std::string operator()(const MethodReply& reply) const {
    return object([&](JsonWriter& out) {
      out.member("name", reply.name);
      out.member("require_auth", reply.needs_token);
      write_texts(out, "required_permissions", reply.scopes);
    });
  }
  std::string operator()(const ServerReply& reply) const {
    return object([&](JsonWriter& out) {
      out.member("name", "cell0");
      out.member("version", reply.version);
      out.member("jsonrpc_version", "2.0");
      write_capabilities(out, true);
      out.member("timestamp", to_iso8601(reply.time));
    });
  }
  std::string operator()(const RequestStatsReply& reply) const {
    return object([&](JsonWriter& out) {
      out.member("requests_processed", reply.requests);
      out.member("notifications_received", reply.notifications);
      out.member("errors", reply.errors);
      out.member("batches_processed", reply.batches);
    });
  }
  std::string operator()(const StatsReply& reply) const {
    return object([&](JsonWriter& out) {
      out.member("connections_total", reply.total_connections);
      out.member("connections_active", reply.connected_clients);
      out.member("messages_sent", reply.messages_sent);
      out.member("messages_received", reply.messages_received);
      out.member("errors", reply.errors);
      out.member("start_time", to_iso8601(reply.start_time));
      out.key("presence");
      out.begin_object();
      out.member("entities", reply.entities_known);
      out.member("online", reply.entities_online);
      out.end_object();
      out.member("active_connections", reply.connected_clients);
      out.member("gateway", reply.gateway);
    });
  }
  std::string operator()(const AuthenticatedReply& reply) const {
    return object([&](JsonWriter& out) {
      out.member("success", true);
      out.member("session_id", reply.session_id);
      out.member("entity_id", reply.entity_id);
      out.member("entity_type", reply.entity_type);
      if (reply.inbox) out.member("position", reply.inbox->value);
    });
  }
  std::string operator()(const TokenReply& reply) const {
    return object([&](JsonWriter& out) {
      out.member("token", reply.token);
      out.member("expires_in_hours", reply.hours);
    });
  }
  std::string operator()(const SessionReply& reply) const {
    return object([&](JsonWriter& out) {
      out.member("session_id", reply.session_id);
      out.member("entity_id", reply.entity_id);
      out.member("entity_type", reply.entity_type);
      out.member("connected_at", to_iso8601(reply.connected_at));
      out.member("last_activity", to_iso8601(reply.last_activity));
      out.member("authenticated", reply.authenticated);
      write_texts(out, "permissions", reply.scopes);
      write_texts(out, "subscriptions", reply.subscriptions);
    });
  }
  std::string operator()(const PresenceReply& reply) const {
    std::string text;
    JsonWriter out(text);
    if (!reply.one) out.begin_array();
    for (const v1::PresenceEntity& entity : reply.entries) write_presence_entry(out, entity);
    if (!reply.one) out.end_array();
    return text;
  }
  std::string operator()(const ChannelReply& reply) const {
    return object([&](JsonWriter& out) {
      out.member("success", true);
      out.member("channel", reply.channel);
    });
  }
  std::string operator()(const PublishedReply& reply) const {
    return object([&](JsonWriter& out) {
      out.member("success", true);
      out.member("recipients", reply.recipients);
      out.member("seq", reply.seq.value);
    });
  }
  std::string operator()(const ChannelHistoryReply& reply) const {
    return object([&](JsonWriter& out) {
      out.key("messages");
      out.begin_array();
      for (const EventPtr& event : reply.events) {
        std::string message;
        channel_params(message, *event);
        out.raw(message);
      }
      out.end_array();
      out.member("recovered", reply.recovered);
    });
  }
  std::string operator()(const SentReply& reply) const {
    return object([&](JsonWriter& out) {
      out.member("success", reply.success);
      out.member("delivered", reply.delivered);
      if (reply.seq) out.member("seq", reply.seq->value);
    });
  }
  // What this dialect cannot ask for, or is no result.
  std::string operator()(const auto&) const {
    CELL0_CHECK(false);
    return {};
  }
};

const char* message_of(Fault fault) {
  switch (fault) {
    case Fault::kParse:
      return "Parse error";
    case Fault::kInvalidRequest:
      return "Invalid Request";
    case Fault::kUnknownMethod:
      return "Method not found";
    case Fault::kInvalidParams:
      return "Invalid params";
    case Fault::kUnauthenticated:
      return "Authentication required";
    case Fault::kForbidden:
      return "Permission denied";
    case Fault::kRate:
      return "Rate limit exceeded";
    case Fault::kTimeout:
      return "Timeout";
    case Fault::kNotFound:
      return "Entity not found";
    case Fault::kInvalidState:
      return "Invalid state";
    case Fault::kRouting:
      return "Routing error";
    case Fault::kServer:
      return "Server error";
    case Fault::kInternal:
      break;
  }
  return "Internal error";
}

void write_error(JsonWriter& out, const ErrorReply& reply) {
  out.begin_object();
  out.member("code", jsonrpc_code(reply.fault));
  out.member("message", std::string(message_of(reply.fault)) + ": " + reply.text);
  if (!reply.data.empty()) out.raw_member("data", reply.data);
  out.end_object();
}

std::string connection_id(std::string client_id) {
  std::erase(client_id, '-');
  return "conn_" + client_id;
}

std::string welcome(const WelcomeReply& reply) {
  return notification("connection.welcome", object([&](JsonWriter& out) {
                        out.member("connection_id", connection_id(reply.client_id));
                        out.member("server_version", kServerVersion);
                        out.member("timestamp", to_iso8601(reply.time));
                        write_capabilities(out, false);
                      }));
}

}  // namespace

int jsonrpc_code(Fault fault) {
  switch (fault) {
    case Fault::kParse:
      return -32700;
    case Fault::kInvalidRequest:
      return -32600;
    case Fault::kUnknownMethod:
      return -32601;
    case Fault::kInvalidParams:
      return -32602;
    case Fault::kUnauthenticated:
      return -32001;
    case Fault::kForbidden:
      return -32002;
    case Fault::kRate:
      return -32003;
    case Fault::kTimeout:
      return -32004;
    case Fault::kNotFound:
      return -32101;
    case Fault::kInvalidState:
      return -32102;
    case Fault::kRouting:
      return -32103;
    case Fault::kServer:
      return -32000;
    case Fault::kInternal:
      break;
  }
  return -32603;
}

std::string jsonrpc_text(const std::string& id, const Reply& reply) {
  if (const auto* unasked = std::get_if<WelcomeReply>(&reply)) return welcome(*unasked);
  if (const auto* unasked = std::get_if<PingReply>(&reply)) {
    return notification("heartbeat",
                        object([&](JsonWriter& out) { out.member("timestamp", to_iso8601(unasked->time)); }));
  }
  return object([&](JsonWriter& out) {
    out.member("jsonrpc", "2.0");
    if (const auto* error = std::get_if<ErrorReply>(&reply)) {
      out.key("error");
      write_error(out, *error);
    } else {
      out.raw_member("result", std::visit(Result{}, reply));
    }
    out.raw_member("id", id.empty() ? "null" : id);
  });
}

// ---- the dialect's constants

JsonRpcDialect::JsonRpcDialect(KeepAlive keep_alive)
    : events_("event", "events", &event_params),
      channels_("channel.message", "channel", &channel_params),
      inbox_("agent.message", "agent", &inbox_params),
      presence_("presence.changed", "presence", &presence_params),
      keep_alive_(keep_alive) {}

Manners JsonRpcDialect::manners() const {
  Manners manners;
  manners.streams_unasked = false;
  manners.closes_on_token = false;
  manners.has_inbox = true;
  manners.large_messages = true;
  return manners;
}

const Renderer& JsonRpcDialect::renderer(Feed feed) const {
  switch (feed) {
    case Feed::kChannel:
      return channels_;
    case Feed::kInbox:
      return inbox_;
    case Feed::kPresence:
      return presence_;
    case Feed::kEvents:
      break;
  }
  return *this;
}

// ---- the renderers

void JsonRpcRenderer::event(std::string& out, const Event& event) const {
  std::string params;
  params_(params, event);
  append_ws_frame(out, WsOpcode::kText, notification(method_, params));
}

void JsonRpcRenderer::skipped(std::string& out, const Skipped& skipped) const {
  append_ws_frame(out, WsOpcode::kText, notification("events.skipped", object([&](JsonWriter& params) {
                                                       write_skipped(params, skipped);
                                                       params.member("subscription", subscription_);
                                                     })));
}

void JsonRpcRenderer::resumed(std::string& out, const Resumed& resumed) const {
  append_ws_frame(out, WsOpcode::kText, notification("events.resumed", object([&](JsonWriter& params) {
                                                       write_resumed(params, resumed);
                                                       params.member("subscription", subscription_);
                                                     })));
}

}  // namespace cell0::gateway
