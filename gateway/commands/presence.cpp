// Who is there, on all gateways.
#include "common/topic.h"
#include "gateway/commands/execute.h"

namespace cell0::gateway {
namespace {

constexpr std::size_t kEntriesMax = 10'000;  // of one answer
constexpr std::string_view kSubscription = "presence";

PresenceReply entries(const Call& call, const std::string& entity_id, const std::string& entity_type,
                      bool connected_only) {
  const Presence& presence = call.core().presence;
  PresenceReply reply;
  if (entity_id.empty()) {
    reply.entries = presence.page({entity_type, connected_only, "", kEntriesMax}).entries;
    return reply;
  }
  auto entry = presence.find(entity_id);
  if (entry && (entity_type.empty() || entry->entity_type() == entity_type)) reply.entries.push_back(std::move(*entry));
  return reply;
}

// presence.<type>.<id>, with * for what is not named.
Result<EventFilter> changes_of(const PresenceSubscribeCommand& command) {
  const auto part = command.entity_id.empty() ? Result<std::string>("*") : topic_part(command.entity_id);
  if (!part) return Error{part.error().code, "entity_id: " + part.error().text};
  v1::Filter filter;
  filter.add_types("presence_changed");
  filter.add_topics("presence." + (command.entity_type.empty() ? "*" : command.entity_type) + "." + *part);
  return EventFilter::create(filter);
}

}  // namespace

void execute(const Call& call, const PresenceUpdateCommand& command) {
  Presence& presence = call.core().presence;
  const PresenceUpdate update{command.status, command.status_message, command.activity, command.metadata};
  if (auto updated = presence.update(call.session()->entity_id(), update); !updated) return call.fail(updated.error());
  presence.announced([call] { call.reply(SuccessReply{}); });
}

void execute(const Call& call, const PresenceGetCommand& command) {
  PresenceReply reply = entries(call, command.entity_id, command.entity_type, false);
  reply.one = !command.entity_id.empty();
  if (reply.one && reply.entries.empty()) return call.fail(Fault::kNotFound, "nobody knows " + command.entity_id);
  call.reply(reply);
}

// The replica stands where the stream does: the snapshot and what follows have no seam.
void execute(const Call& call, const PresenceSubscribeCommand& command) {
  Session& session = *call.session();
  const auto filter = changes_of(command);
  if (!filter) return call.fail(filter.error());
  Subscriptions& subscriptions = session.subscriptions();
  subscriptions.drop(kSubscription);
  const Renderer& renderer = session.dialect().renderer(Feed::kPresence);
  auto subscribed = call.core().hub.subscribe(subscriptions.add(std::string(kSubscription)), renderer, *filter);
  if (!subscribed) {
    subscriptions.drop(kSubscription);
    return call.fail(subscribed.error());
  }
  call.reply(entries(call, command.entity_id, command.entity_type, false));
}

void execute(const Call& call, const PresenceUnsubscribeCommand&) {
  call.session()->subscriptions().drop(kSubscription);
  call.reply(SuccessReply{});
}

void execute(const Call& call, const HeartbeatCommand&) {
  call.core().presence.seen(call.session()->connection().id());
  call.reply(SuccessReply{});
}

void execute(const Call& call, const AgentListCommand&) { call.reply(entries(call, "", "agent", true)); }

}  // namespace cell0::gateway
