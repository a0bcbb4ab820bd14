// Who a client is: tokens shown in a message, issued, revoked; and the inbox that comes with a name.
#include "gateway/auth/admission.h"
#include "gateway/commands/execute.h"
#include "gateway/commands/inbox.h"
#include "gateway/commands/permissions.h"

namespace cell0::gateway {
namespace {

// A token is its entity's; only who may do everything may speak as another.
Result<AccessPtr> access_for(AccessPtr access, const AuthenticateCommand& command) {
  const std::string entity = command.entity_id.value_or(access->entity_id);
  const std::string type = command.entity_type.value_or(entity == access->entity_id ? access->entity_type : "agent");
  if (entity == access->entity_id && type == access->entity_type) return access;
  if (entity != access->entity_id && !access->may("admin", "")) {
    return Error{ErrorCode::kForbidden, "entity_id: the token is " + access->entity_id + "'s"};
  }
  auto other = std::make_shared<Access>(*access);
  other->entity_id = entity;
  other->entity_type = type;
  return AccessPtr(std::move(other));
}

void refuse(const Call& call, const Error& why) {
  call.fail(why.code == ErrorCode::kFull || why.code == ErrorCode::kUnavailable ? fault_of(why.code)
                                                                                : Fault::kUnauthenticated,
            why.text);
  if (why.code == ErrorCode::kUnavailable) return;  // not the token's fault
  Session& session = *call.session();
  if (session.dialect().manners().closes_on_token) {
    session.connection().close(kCloseAccessEnded, "not authenticated");
  }
}

}  // namespace

void execute(const Call& call, const AuthenticateCommand& command) {
  Session& session = *call.session();
  Core& core = call.core();
  auto verified =
      admit(core.auth, core.throttle, command.token, session.connection().peer_address(), core.clock.mono());
  if (!verified) return refuse(call, verified.error());
  auto access = access_for(std::move(verified).value(), command);
  if (!access) return call.fail(access.error());
  if (!session.access().anonymous && session.entity_id() != (*access)->entity_id) {
    return call.fail(Fault::kInvalidState, "this connection is " + session.entity_id() +
                                               " already; use another one for " + (*access)->entity_id);
  }
  // Else what it is subscribed to by the earlier one would outlive that one.
  if (!session.access().anonymous && !(*access)->scopes.check_covers(session.access().scopes)) {
    return call.fail(Fault::kInvalidState,
                     "this token may do less than the one that was shown before; use another connection");
  }
  EntityInfo info;
  info.capabilities = command.capabilities;
  info.metadata = command.metadata;
  info.client_version = command.client_version;
  info.platform = command.platform;
  if (auto there = session.authenticated(*access, std::move(info)); !there) return call.fail(there.error());
  // Answered when it is online for everybody.
  call.core().presence.announced([call, durable = command.durable] {
    Session* client = call.session();
    if (client == nullptr) return;
    const Access& now = client->access();
    const AuthenticatedReply reply{now.entity_id, now.entity_type, now.scopes.texts(), client->session_id()};
    if (!client->dialect().manners().has_inbox) return call.reply(reply);
    open_inbox(call, durable, reply);
  });
}

void execute(const Call& call, const IssueTokenCommand& command) {
  Grant grant;
  grant.entity_id = command.entity_id;
  grant.entity_type = command.entity_type;
  grant.scopes = command.scopes;
  if (command.hours) grant.lifetime = std::chrono::hours(*command.hours);
  const auto issued = call.core().auth.issue(call.session()->access(), grant);
  if (!issued) return call.fail(issued.error());
  const auto left = std::chrono::ceil<std::chrono::hours>(issued->expires - call.core().clock.wall());
  call.reply(TokenReply{issued->token, static_cast<std::uint64_t>(left.count())});
}

void execute(const Call& call, const RevokeTokenCommand& command) {
  if (!call.session()->begin_open(call)) return;
  call.core().auth.revoke(call.session()->access(), command.token, [call](const Result<bool>& revoked) {
    if (Session* session = call.session()) session->end_open();
    if (!revoked) return call.fail(revoked.error());
    call.reply(SuccessReply{});
  });
}

void execute(const Call& call, const SessionInfoCommand&) {
  const Session& session = *call.session();
  SessionReply reply;
  reply.session_id = session.session_id();
  reply.entity_id = session.entity_id();
  reply.entity_type = session.access().entity_type;
  reply.connected_at = session.connected_at();
  reply.last_activity = session.last_message();
  reply.authenticated = !session.access().anonymous;
  reply.scopes = session.access().scopes.texts();
  if (session.subscriptions().events().set() != nullptr) reply.subscriptions.emplace_back("events");
  for (std::string& name : session.subscriptions().names()) reply.subscriptions.push_back(std::move(name));
  call.reply(reply);
}

}  // namespace cell0::gateway
