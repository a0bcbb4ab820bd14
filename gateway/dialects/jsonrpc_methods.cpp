#include "gateway/dialects/jsonrpc_methods.h"

#include <algorithm>
#include <array>
#include <span>

#include "gateway/dialects/json_text.h"

namespace cell0::gateway {
namespace {

using Value = rapidjson::Value;

constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kTokenBytesMax = 8192;
constexpr std::size_t kNamesMax = 256;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

// The parameters of one request, read one by one; the first that is wrong is remembered. null is absent.
class Params {
 public:
  Params(const Value* params, std::string_view raw) : params_(params) {
    if (params == nullptr) return;
    members_ = json_members(raw);
    if (const std::string twice = repeated_name(members_); !twice.empty()) wrong(twice, "is there twice");
  }

  const std::optional<std::string>& error() const { return error_; }

  // 1 to kNameBytesMax bytes without control characters; a name of something.
  std::string name(std::string_view key) {
    const Value* value = need(key);
    return value == nullptr ? std::string() : name_of(key, *value);
  }
  std::optional<std::string> optional_name(std::string_view key) {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    return name_of(key, *value);
  }
  // Any text of at most bytes_max.
  std::string text(std::string_view key, std::size_t bytes_max) {
    const Value* value = need(key);
    return value == nullptr ? std::string() : text_of(key, *value, bytes_max);
  }
  std::optional<std::string> optional_text(std::string_view key, std::size_t bytes_max) {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    return text_of(key, *value, bytes_max);
  }
  std::vector<std::string> names(std::string_view key) {
    std::vector<std::string> names;
    const Value* value = find(key);
    if (value == nullptr) return names;
    if (!value->IsArray() || value->Size() > kNamesMax) {
      wrong(key, "is not a list of at most " + std::to_string(kNamesMax) + " names");
      return names;
    }
    for (const Value& item : value->GetArray()) names.push_back(name_of(key, item));
    return names;
  }
  std::optional<std::uint64_t> optional_number(std::string_view key, std::uint64_t min, std::uint64_t max) {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->IsUint64() && value->GetUint64() >= min && value->GetUint64() <= max) return value->GetUint64();
    wrong(key, "is not a whole number (" + std::to_string(min) + "-" + std::to_string(max) + ")");
    return std::nullopt;
  }
  std::uint64_t number(std::string_view key, std::uint64_t min, std::uint64_t max) {
    return need(key) == nullptr ? 0 : optional_number(key, min, max).value_or(0);
  }
  bool has(std::string_view key) { return find(key) != nullptr; }
  bool flag(std::string_view key) {
    const Value* value = find(key);
    if (value == nullptr) return false;
    if (!value->IsBool()) return wrong(key, "is not true or false"), false;
    return value->GetBool();
  }
  // As it stands in the text.
  std::string object(std::string_view key) {
    const Value* value = need(key);
    return value == nullptr ? std::string() : object_of(key, *value);
  }
  std::optional<std::string> optional_object(std::string_view key) {
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    return object_of(key, *value);
  }
  std::string any(std::string_view key) {  // null counts
    const JsonMember* member = find_member(members_, key);
    if (member == nullptr) return wrong(key, "is missing"), std::string();
    return std::string(member->value);
  }
  void must_be_one_of(std::string_view key, const std::optional<std::string>& value,
                      std::span<const std::string_view> right) {
    if (!value || std::find(right.begin(), right.end(), *value) != right.end()) return;
    std::string names;
    for (const std::string_view one : right) names.append(names.empty() ? "" : ", ").append(one);
    wrong(key, "is none of " + names);
  }

 private:
  const Value* find(std::string_view key) {
    const Value* value = params_ == nullptr ? nullptr : json_member(*params_, key);
    return value == nullptr || value->IsNull() ? nullptr : value;
  }
  const Value* need(std::string_view key) {
    const Value* value = find(key);
    if (value == nullptr) wrong(key, "is missing");
    return value;
  }
  std::string name_of(std::string_view key, const Value& value) {
    if (value.IsString()) {
      const std::string_view text = json_text(value);
      if (!text.empty() && text.size() <= kNameBytesMax && !has_control(text)) return std::string(text);
    }
    wrong(key, "is not a name of 1-" + std::to_string(kNameBytesMax) + " bytes without control characters");
    return {};
  }
  std::string text_of(std::string_view key, const Value& value, std::size_t bytes_max) {
    if (value.IsString() && json_text(value).size() <= bytes_max) return std::string(json_text(value));
    wrong(key, "is not a text of at most " + std::to_string(bytes_max) + " bytes");
    return {};
  }
  std::string object_of(std::string_view key, const Value& value) {
    if (!value.IsObject()) return wrong(key, "is not an object"), std::string();
    return std::string(find_member(members_, key)->value);
  }
  void wrong(std::string_view key, std::string what) {
    if (!error_) error_ = "params." + std::string(key.substr(0, 100)) + " " + std::move(what);
  }

  const Value* params_;
  std::vector<JsonMember> members_;
  std::optional<std::string> error_;
};

constexpr std::uint64_t kSeqTop = (std::uint64_t{1} << 53) - 1;
constexpr std::array<std::string_view, 5> kEntityTypes = {"agent", "user", "session", "channel", "system"};
constexpr std::array<std::string_view, 5> kStatuses = {"online", "away", "busy", "offline", "do_not_disturb"};

std::optional<std::string> entity_type(Params& params) {
  auto type = params.optional_text("entity_type", 64);
  params.must_be_one_of("entity_type", type, kEntityTypes);
  return type;
}

// ---- each method's parameters, in the order of the table

Command ping(Params&) { return PingCommand{}; }
Command echo(Params& params) { return EchoCommand{params.any("message")}; }
Command list_methods(Params&) { return MethodsCommand{}; }
Command method_info(Params& params);
Command server_info(Params&) { return ServerCommand{}; }
Command rpc_stats(Params&) { return RequestStatsCommand{}; }

Command authenticate(Params& params) {
  AuthenticateCommand command;
  command.token = params.text("token", kTokenBytesMax);
  command.entity_id = params.optional_name("entity_id");
  command.entity_type = entity_type(params);
  command.capabilities = params.names("capabilities");
  command.metadata = params.optional_object("metadata");
  command.client_version = params.optional_text("client_version", 128).value_or("");
  command.platform = params.optional_text("platform", 128).value_or("");
  command.durable = params.flag("durable");
  return command;
}
Command generate_token(Params& params) {
  IssueTokenCommand command;
  command.entity_id = params.name("entity_id");
  command.entity_type = entity_type(params).value_or("agent");
  if (params.has("permissions")) command.scopes = params.names("permissions");
  command.hours = params.optional_number("expires_in_hours", 1, 24 * 366);
  return command;
}
Command revoke_token(Params& params) { return RevokeTokenCommand{params.text("token", kTokenBytesMax)}; }
Command session_info(Params&) { return SessionInfoCommand{}; }

Command events_subscribe(Params& params) {
  FollowCommand command;
  command.types = params.names("types");
  command.topics = params.names("topics");
  command.sources = params.names("sources");
  command.min_priority = static_cast<std::uint32_t>(params.optional_number("min_priority", 1, 10).value_or(0));
  command.session_id = params.optional_name("session_id").value_or("");
  command.since = params.optional_number("since", 0, kSeqTop);
  return command;
}
Command events_unsubscribe(Params& params) { return UnfollowCommand{params.names("types"), params.names("topics")}; }

Command channel_history(Params& params) {
  ChannelHistoryCommand command;
  command.channel = params.name("channel");
  command.limit = params.optional_number("limit", 0, 1'000'000).value_or(100);
  command.since = params.optional_number("since", 0, kSeqTop);
  return command;
}

Command presence_update(Params& params) {
  PresenceUpdateCommand command;
  command.status = params.optional_text("status", 64);
  params.must_be_one_of("status", command.status, kStatuses);
  command.status_message = params.optional_text("status_message", 1024);
  command.activity = params.optional_text("activity", 1024);
  command.metadata = params.optional_object("metadata");
  return command;
}
Command presence_get(Params& params) {
  return PresenceGetCommand{params.optional_name("entity_id").value_or(""), entity_type(params).value_or("")};
}
Command presence_subscribe(Params& params) {
  return PresenceSubscribeCommand{params.optional_name("entity_id").value_or(""), entity_type(params).value_or("")};
}
Command presence_unsubscribe(Params&) { return PresenceUnsubscribeCommand{}; }
Command heartbeat(Params&) { return HeartbeatCommand{}; }

Command channel_subscribe(Params& params) {
  return ChannelSubscribeCommand{params.name("channel"), params.optional_number("since", 0, kSeqTop)};
}
Command channel_unsubscribe(Params& params) { return ChannelUnsubscribeCommand{params.name("channel")}; }
Command channel_publish(Params& params) {
  return ChannelPublishCommand{params.name("channel"), params.object("message")};
}

Command agent_send(Params& params) { return AgentSendCommand{params.name("agent_id"), params.object("message")}; }
Command agent_list(Params&) { return AgentListCommand{}; }
Command agent_ack(Params& params) { return AgentAcknowledgeCommand{params.number("seq", 0, kSeqTop)}; }

Command gateway_stats(Params&) { return GatewayStatsCommand{}; }

struct Method {
  std::string_view name;
  Command (*decode)(Params& params);
  bool listed = true;
};

// Every method: its name and its parameters. What it needs is the commands' business (gateway/commands/permissions.h).
constexpr std::array kMethods = {
    Method{"rpc.ping", &ping},
    Method{"rpc.echo", &echo},
    Method{"rpc.listMethods", &list_methods},
    Method{"rpc.getMethodInfo", &method_info},
    Method{"rpc.getServerInfo", &server_info},
    Method{"rpc.getStats", &rpc_stats},
    Method{"auth.authenticate", &authenticate},
    Method{"auth.generateToken", &generate_token},
    Method{"auth.revokeToken", &revoke_token},
    Method{"session.getInfo", &session_info},
    Method{"presence.update", &presence_update},
    Method{"presence.get", &presence_get},
    Method{"presence.subscribe", &presence_subscribe},
    Method{"presence.unsubscribe", &presence_unsubscribe},
    Method{"channel.subscribe", &channel_subscribe},
    Method{"channel.unsubscribe", &channel_unsubscribe},
    Method{"channel.publish", &channel_publish},
    Method{"channel.history", &channel_history},
    Method{"agent.send", &agent_send},
    Method{"agent.list", &agent_list},
    Method{"agent.ack", &agent_ack},
    Method{"events.subscribe", &events_subscribe},
    Method{"events.unsubscribe", &events_unsubscribe},
    Method{"gateway.getStats", &gateway_stats},
    Method{"heartbeat", &heartbeat, false},
};

const Method* find_method(std::string_view name) {
  const auto found =
      std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& method) { return method.name == name; });
  return found == kMethods.end() ? nullptr : &*found;
}

InvalidCommand unknown_method(std::string_view name) {
  InvalidCommand unknown{"there is no such method", Fault::kUnknownMethod, {}};
  JsonWriter out(unknown.data);
  out.begin_object();
  out.member("method", name.substr(0, 200));
  out.end_object();
  return unknown;
}

// A method becomes the same command whatever its parameters are, if they are right.
std::size_t command_of(const Method& method) {
  Params nothing(nullptr, {});
  return method.decode(nothing).index();
}

Command method_info(Params& params) {
  const std::string name = params.name("method");
  const Method* method = find_method(name);
  if (method == nullptr) return unknown_method(name);
  return MethodCommand{name, method->decode == &method_info ? Command(MethodCommand{}).index() : command_of(*method)};
}

}  // namespace

Command decode_jsonrpc_method(std::string_view name, const Value* params, std::string_view raw) {
  const Method* method = find_method(name);
  if (method == nullptr) return unknown_method(name);
  Params read(params, raw);
  Command command = method->decode(read);
  if (read.error()) return InvalidCommand{*read.error()};
  return command;
}

const std::vector<std::string_view>& jsonrpc_method_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> listed;
    for (const Method& method : kMethods) {
      if (method.listed) listed.push_back(method.name);
    }
    return listed;
  }();
  return names;
}

}  // namespace cell0::gateway
