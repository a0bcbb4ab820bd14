// Any events, by a filter of the client's own: one such subscription a connection, which may be resumed anywhere.
#include <algorithm>

#include "gateway/commands/execute.h"
#include "gateway/commands/permissions.h"

namespace cell0::gateway {
namespace {

v1::Filter filter_of(const FollowCommand& command) {
  v1::Filter filter;
  for (const std::string& type : command.types) filter.add_types(type);
  for (const std::string& topic : command.topics) filter.add_topics(topic);
  for (const std::string& source : command.sources) filter.add_sources(source);
  filter.set_min_priority(command.min_priority);
  filter.set_session_id(command.session_id);
  if (command.types.empty() && command.topics.empty()) filter.set_audience(v1::AUDIENCE_STREAM);
  return filter;
}

void drop(google::protobuf::RepeatedPtrField<std::string>& names, const std::vector<std::string>& dropped) {
  for (const std::string& name : dropped) names.erase(std::remove(names.begin(), names.end(), name), names.end());
}

}  // namespace

void execute(const Call& call, const FollowCommand& command) {
  Session& session = *call.session();
  Hub& hub = call.core().hub;
  Subscription& events = session.subscriptions().events();
  const auto filter = visible(session.access(), filter_of(command), command.since.has_value());
  if (!filter) return call.fail(filter.error());
  const Renderer& renderer = session.dialect().renderer(Feed::kEvents);
  if (!command.since) {
    if (auto subscribed = hub.subscribe(events, renderer, *filter); !subscribed) return call.fail(subscribed.error());
    return call.reply(FollowingReply{});
  }
  // From where it says, whatever it was subscribed to before.
  hub.remove(events);
  session.set_resuming(call);
  const auto resumed = hub.resume(events, renderer, *filter, Seq{*command.since},
                                  [&session](const Resumed& found) { session.resumed(found); });
  if (!resumed) session.resume_failed(resumed.error());
}

void execute(const Call& call, const UnfollowCommand& command) {
  Session& session = *call.session();
  Hub& hub = call.core().hub;
  Subscription& events = session.subscriptions().events();
  if (events.set() == nullptr) return call.reply(SuccessReply{});
  v1::Filter filter = events.set()->filter.proto();
  drop(*filter.mutable_types(), command.types);
  drop(*filter.mutable_topics(), command.topics);
  const bool all = command.types.empty() && command.topics.empty();
  const bool nothing_left = filter.types().empty() && filter.topics().empty() && filter.audience() == v1::AUDIENCE_ANY;
  const bool list_gone = events.set()->filter.proto().topics().empty() != filter.topics().empty() ||
                         events.set()->filter.proto().types().empty() != filter.types().empty();
  // A list that has become empty admits nothing more, not everything.
  if (all || nothing_left || list_gone) {
    hub.remove(events);
    session.set_resuming({});
    return call.reply(SuccessReply{});
  }
  const auto narrowed = visible(session.access(), std::move(filter), false);
  if (!narrowed) return call.fail(narrowed.error());
  const auto subscribed = hub.subscribe(events, session.dialect().renderer(Feed::kEvents), *narrowed);
  if (!subscribed) return call.fail(subscribed.error());
  call.reply(SuccessReply{});
}

}  // namespace cell0::gateway
