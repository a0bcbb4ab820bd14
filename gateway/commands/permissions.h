// What each command needs, decided here for all dialects: the one table. A command without an entry does not build.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>

#include "common/event_filter.h"
#include "common/result.h"
#include "gateway/auth/access.h"
#include "gateway/dialects/command.h"

namespace cell0::gateway {

struct Permission {
  bool needs_token = false;       // an anonymous client may not, whatever its scopes
  std::string_view verb = {};     // of the scope that is needed (common/auth/scopes.h); "": none
  std::string_view subject = {};  // of that scope; "": a topic, that of the command if it names one, else any
};

template <typename C>
struct PermissionEntry {
  Permission permission;
};

// In the order of Command's alternatives.
inline constexpr std::tuple kPermissionTable{
    PermissionEntry<InvalidCommand>{{}},
    PermissionEntry<SubscribeCommand>{{false, "subscribe"}},  // as a consumer also history
    PermissionEntry<AcknowledgeCommand>{{}},                  // of what it has subscribed to
    PermissionEntry<UnsubscribeCommand>{{}},
    PermissionEntry<FollowCommand>{{true, "subscribe"}},  // with `since` also history
    PermissionEntry<UnfollowCommand>{{true}},
    PermissionEntry<PingCommand>{{}},
    PermissionEntry<EchoCommand>{{}},
    PermissionEntry<MethodsCommand>{{}},
    PermissionEntry<MethodCommand>{{}},
    PermissionEntry<ServerCommand>{{}},
    PermissionEntry<ChatCommand>{{false, "publish"}},
    PermissionEntry<AudioStartCommand>{{}},  // whoever serves `voice` knows whom it hears
    PermissionEntry<AudioFrameCommand>{{}},
    PermissionEntry<AudioEndCommand>{{}},
    PermissionEntry<HistoryCommand>{{false, "history"}},
    PermissionEntry<StatsCommand>{{}},
    PermissionEntry<RequestStatsCommand>{{true}},
    PermissionEntry<GatewayStatsCommand>{{true}},
    PermissionEntry<AuthenticateCommand>{{}},
    PermissionEntry<IssueTokenCommand>{{true}},   // nobody can grant what he does not hold
    PermissionEntry<RevokeTokenCommand>{{true}},  // whoever shows it may
    PermissionEntry<SessionInfoCommand>{{true}},
    PermissionEntry<PresenceUpdateCommand>{{true, "presence", "write"}},
    PermissionEntry<PresenceGetCommand>{{false, "presence", "read"}},
    PermissionEntry<PresenceSubscribeCommand>{{true, "presence", "read"}},
    PermissionEntry<PresenceUnsubscribeCommand>{{true}},
    PermissionEntry<HeartbeatCommand>{{}},
    PermissionEntry<ChannelSubscribeCommand>{{true, "subscribe"}},  // with `since` also history
    PermissionEntry<ChannelUnsubscribeCommand>{{true}},
    PermissionEntry<ChannelPublishCommand>{{true, "publish"}},
    PermissionEntry<ChannelHistoryCommand>{{true, "history"}},
    PermissionEntry<AgentSendCommand>{{true, "agent", "send"}},
    PermissionEntry<AgentListCommand>{{false, "presence", "read"}},
    PermissionEntry<AgentAcknowledgeCommand>{{true}},  // of its own inbox
    // Which runner a session's type means its orchestrator knows, and checks that.
    PermissionEntry<SpawnSessionCommand>{{false, "sessions"}},
    PermissionEntry<ExecuteTaskCommand>{{false, "sessions"}},  // to get its events also subscribe
    PermissionEntry<SessionStatusCommand>{{false, "subscribe"}},
    PermissionEntry<StopSessionCommand>{{false, "sessions"}},
    PermissionEntry<ListSessionsCommand>{{false, "subscribe"}},   // of those that are listed
    PermissionEntry<FollowSessionCommand>{{false, "subscribe"}},  // for what was also history
    PermissionEntry<UnfollowSessionCommand>{{}},
    PermissionEntry<DaemonStatusCommand>{{false, "subscribe"}},
    PermissionEntry<HealthCommand>{{}},
};

namespace permissions_detail {

template <typename... C>
constexpr bool is_table_of_all(const std::tuple<PermissionEntry<C>...>&) {
  return std::is_same_v<std::variant<C...>, Command>;
}
static_assert(is_table_of_all(kPermissionTable), "kPermissionTable: an entry for each Command, in its order");

}  // namespace permissions_detail

// The same, by a Command's index.
inline constexpr auto kPermissions =
    std::apply([](const auto&... entry) { return std::array{entry.permission...}; }, kPermissionTable);

// kUnauthenticated, kForbidden: it may not. kInvalid, kTooLarge: the command names a topic that is none.
Result<void> permit(const Access& access, const Command& command);

// The filter with what the client may see of it: live, and of history too if `past`. kUnauthenticated, kForbidden:
// nothing of it; kInvalid, kTooLarge: it is no filter.
Result<EventFilter> visible(const Access& access, v1::Filter filter, bool past);

// "publish:<topic>", "presence:read"; empty if none is needed.
std::string scope_text(const Permission& permission);

// Where a channel's messages and an entity's inbox are: channels.<name>, agents.<id>, escaped. kInvalid, kTooLarge.
Result<std::string> channel_topic(std::string_view channel);
Result<std::string> agent_topic(std::string_view agent_id);
bool is_channel_topic(std::string_view topic);

}  // namespace cell0::gateway
