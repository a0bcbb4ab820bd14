// What needs nobody else: pings, echoes, what the server says of itself.
#include "common/version.h"
#include "gateway/commands/execute.h"
#include "gateway/commands/permissions.h"

namespace cell0::gateway {

void execute(const Call& call, const InvalidCommand& command) { call.fail(command.fault, command.text, command.data); }

void execute(const Call& call, const PingCommand& command) {
  Session& session = *call.session();
  const std::string counted = command.sequence ? std::string() : std::to_string(session.count_pong());
  call.reply(PongReply{command.sequence.value_or(counted), call.core().clock.wall(), to_string(session.client_id())});
}

void execute(const Call& call, const EchoCommand& command) { call.reply(EchoReply{command.message}); }

void execute(const Call& call, const MethodsCommand&) { call.reply(MethodsReply{}); }

void execute(const Call& call, const MethodCommand& command) {
  const Permission& needed = kPermissions[command.command];
  MethodReply reply{command.name, needed.needs_token, {}};
  if (!needed.verb.empty()) reply.scopes.push_back(scope_text(needed));
  call.reply(reply);
}

void execute(const Call& call, const ServerCommand&) {
  call.reply(ServerReply{std::string(version()), call.core().clock.wall()});
}

namespace {

constexpr std::size_t kClientIdsShown = 100;

StatsReply stats_of(const Core& core) {
  StatsReply stats;
  stats.total_connections = core.counts.connections_total;
  stats.connected_clients = core.clients.open_clients();
  stats.messages_sent = core.counts.messages_sent + core.hub.stats().deliveries;
  stats.messages_received = core.counts.messages_received;
  stats.start_time = core.started;
  stats.client_ids = core.clients.client_ids(kClientIdsShown);
  stats.gateway = core.config.name;
  stats.errors = core.counts.errors;
  const Presence::Figures presence = core.presence.figures();
  stats.entities_known = presence.entities;
  stats.entities_online = presence.online;
  return stats;
}

}  // namespace

void execute(const Call& call, const StatsCommand&) { call.reply(stats_of(call.core())); }

void execute(const Call& call, const GatewayStatsCommand&) { call.reply(stats_of(call.core())); }

void execute(const Call& call, const RequestStatsCommand&) {
  const ClientCounts& counts = call.core().counts;
  call.reply(RequestStatsReply{counts.requests, counts.notifications, counts.errors, counts.batches});
}

}  // namespace cell0::gateway
