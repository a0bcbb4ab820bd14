// What a command does: one function for each, in the file of its family. permit() has been asked. Each answers its Call
// exactly once, now or later (but for AcknowledgeCommand, whose dialects have no answer to it).
#pragma once

#include "gateway/commands/call.h"
#include "gateway/session.h"

namespace cell0::gateway {

// subscribe.cpp: the dialect's default stream, acknowledged or not
void execute(const Call& call, const SubscribeCommand& command);
void execute(const Call& call, const UnsubscribeCommand& command);
void execute(const Call& call, const AcknowledgeCommand& command);

// events.cpp: any events, by a filter
void execute(const Call& call, const FollowCommand& command);
void execute(const Call& call, const UnfollowCommand& command);

// history.cpp
void execute(const Call& call, const HistoryCommand& command);
void execute(const Call& call, const ChannelHistoryCommand& command);

// server.cpp: what needs nobody else
void execute(const Call& call, const InvalidCommand& command);
void execute(const Call& call, const PingCommand& command);
void execute(const Call& call, const EchoCommand& command);
void execute(const Call& call, const MethodsCommand& command);
void execute(const Call& call, const MethodCommand& command);
void execute(const Call& call, const ServerCommand& command);
void execute(const Call& call, const StatsCommand& command);
void execute(const Call& call, const RequestStatsCommand& command);
void execute(const Call& call, const GatewayStatsCommand& command);

// auth.cpp
void execute(const Call& call, const AuthenticateCommand& command);
void execute(const Call& call, const IssueTokenCommand& command);
void execute(const Call& call, const RevokeTokenCommand& command);
void execute(const Call& call, const SessionInfoCommand& command);

// presence.cpp
void execute(const Call& call, const PresenceUpdateCommand& command);
void execute(const Call& call, const PresenceGetCommand& command);
void execute(const Call& call, const PresenceSubscribeCommand& command);
void execute(const Call& call, const PresenceUnsubscribeCommand& command);
void execute(const Call& call, const HeartbeatCommand& command);
void execute(const Call& call, const AgentListCommand& command);

// coda.cpp
void execute(const Call& call, const ChatCommand& command);
void execute(const Call& call, const AudioStartCommand& command);
void execute(const Call& call, const AudioFrameCommand& command);
void execute(const Call& call, const AudioEndCommand& command);

// channels.cpp
void execute(const Call& call, const ChannelSubscribeCommand& command);
void execute(const Call& call, const ChannelUnsubscribeCommand& command);
void execute(const Call& call, const ChannelPublishCommand& command);

// agents.cpp
void execute(const Call& call, const AgentSendCommand& command);
void execute(const Call& call, const AgentAcknowledgeCommand& command);

// sessions.cpp
void execute(const Call& call, const SpawnSessionCommand& command);
void execute(const Call& call, const ExecuteTaskCommand& command);
void execute(const Call& call, const SessionStatusCommand& command);
void execute(const Call& call, const StopSessionCommand& command);
void execute(const Call& call, const ListSessionsCommand& command);
void execute(const Call& call, const FollowSessionCommand& command);
void execute(const Call& call, const UnfollowSessionCommand& command);
void execute(const Call& call, const DaemonStatusCommand& command);
void execute(const Call& call, const HealthCommand& command);

}  // namespace cell0::gateway
