// Channels: messages on topics channels.<name>, kept like any durable event; their subscribers counted on all gateways.
#include <memory>
#include <optional>

#include "gateway/commands/execute.h"
#include "gateway/commands/permissions.h"
#include "gateway/commands/publish.h"

namespace cell0::gateway {
namespace {

Result<EventFilter> channel_filter(const std::string& topic) {
  v1::Filter filter;
  filter.add_types("channel_message");
  filter.add_topics(topic);
  return EventFilter::create(filter);
}

// It counts on every gateway before the client knows.
void reply_when_counted(const Call& call, const Reply& reply) {
  call.core().presence.announced([call, reply] { call.reply(reply); });
}

Result<void> resume(const Call& call, const ChannelSubscribeCommand& command, Subscription& subscription,
                    const EventFilter& filter) {
  subscription.abandoned = [call] { call.fail(Fault::kInvalidState, "unsubscribed meanwhile"); };
  const Renderer& renderer = call.session()->dialect().renderer(Feed::kChannel);
  auto resumed = call.core().hub.resume(subscription, renderer, filter, Seq{*command.since},
                                        [call, &subscription, channel = command.channel](const Resumed& found) {
                                          subscription.abandoned = nullptr;
                                          reply_when_counted(call, FollowingReply{found, channel});
                                        });
  if (!resumed) subscription.abandoned = nullptr;
  return resumed;
}

// What is known of a publish so far: it is answered when both have come.
struct Published {
  std::optional<std::uint64_t> recipients;
  std::optional<Seq> seq;

  void reply_if_complete(const Call& call) const {
    if (recipients && seq) call.reply(PublishedReply{*recipients, *seq});
  }
};

}  // namespace

void execute(const Call& call, const ChannelSubscribeCommand& command) {
  Core& core = call.core();
  Session& session = *call.session();
  const std::string topic = channel_topic(command.channel).value();
  if (command.since) {
    if (auto checked = session.access().check("history", topic); !checked) return call.fail(checked.error());
  }
  if (session.subscriptions().find(topic) != nullptr) return call.reply(ChannelReply{command.channel});
  if (session.subscriptions().size() >= Session::kSubscriptionsMax) {
    return call.fail(Fault::kRate, "too many subscriptions (at most " + std::to_string(Session::kSubscriptionsMax) +
                                       " of one connection)");
  }
  const auto filter = channel_filter(topic);
  if (!filter) return call.fail(filter.error());
  Subscription& subscription = session.subscriptions().add(topic);
  core.presence.subscribed(topic);
  const auto subscribed = command.since
                              ? resume(call, command, subscription, *filter)
                              : core.hub.subscribe(subscription, session.dialect().renderer(Feed::kChannel), *filter);
  if (!subscribed) {
    core.presence.unsubscribed(topic);
    session.subscriptions().drop(topic);
    return call.fail(subscribed.error());
  }
  if (!command.since) reply_when_counted(call, ChannelReply{command.channel});
}

void execute(const Call& call, const ChannelUnsubscribeCommand& command) {
  Session& session = *call.session();
  const auto topic = channel_topic(command.channel);
  if (!topic) return call.fail(topic.error());
  if (session.subscriptions().find(*topic) != nullptr) {
    session.subscriptions().drop(*topic);
    call.core().presence.unsubscribed(*topic);
  }
  reply_when_counted(call, ChannelReply{command.channel});
}

void execute(const Call& call, const ChannelPublishCommand& command) {
  const std::string topic = channel_topic(command.channel).value();
  v1::Envelope envelope = message_envelope(call, topic);
  v1::ChannelMessage& message = *envelope.mutable_channel_message();
  message.set_channel(command.channel);
  message.mutable_message()->set_text(command.message);
  const auto published = std::make_shared<Published>();
  publish_for(call, envelope, [call, published](Seq seq) {
    published->seq = seq;
    published->reply_if_complete(call);
  });
  call.core().presence.recipients(topic, [call, published](std::uint64_t count) {
    published->recipients = count;
    published->reply_if_complete(call);
  });
}

}  // namespace cell0::gateway
