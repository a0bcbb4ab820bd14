#include "gateway/commands/inbox.h"

#include "gateway/commands/permissions.h"
#include "gateway/session.h"

namespace cell0::gateway {
namespace {

constexpr std::uint16_t kCloseTakenOver = 4009;  // another connection has the inbox, or it is no more

Result<EventFilter> inbox_filter(const std::string& topic) {
  v1::Filter filter;
  filter.add_types("agent_message");
  filter.add_topics(topic);
  return EventFilter::create(filter);
}

Result<void> subscribe(Core& core, Session& session) {
  const auto topic = agent_topic(session.entity_id());
  if (!topic) return topic.error();
  Subscriptions& subscriptions = session.subscriptions();
  if (subscriptions.find(*topic) != nullptr) return {};
  const auto filter = inbox_filter(*topic);
  if (!filter) return filter.error();
  const Renderer& renderer = session.dialect().renderer(Feed::kInbox);
  auto subscribed = core.hub.subscribe(subscriptions.add(*topic), renderer, *filter);
  if (!subscribed) subscriptions.drop(*topic);
  return subscribed;
}

void on_opened(const Call& call, AuthenticatedReply reply, Consumers::Opened opened) {
  Session& session = *call.session();
  Hub& hub = call.core().hub;
  const std::string topic = agent_topic(session.entity_id()).value();
  session.inbox()->open = true;
  session.subscriptions().drop(topic);
  Subscription& inbox = session.subscriptions().add(topic);
  hub.keep_all(inbox);
  reply.inbox = opened.position;
  call.reply(reply);
  const Renderer& renderer = session.dialect().renderer(Feed::kInbox);
  const auto resumed =
      hub.resume(inbox, renderer, inbox_filter(topic).value(), opened.position,
                 [&session, &renderer](const Resumed& found) { session.send_resumed(renderer, found); });
  if (resumed) return;
  session.subscriptions().drop(topic);
  session.send_unasked(error_reply(resumed.error()));
}

void on_lost(Session& session, const Error& why) {
  session.inbox().reset();
  session.subscriptions().drop(agent_topic(session.entity_id()).value());
  session.connection().close(kCloseTakenOver, why.text);
}

}  // namespace

void open_inbox(Core& core, Session& session) {
  if (auto subscribed = subscribe(core, session); !subscribed) {
    session.send_unasked(error_reply(subscribed.error()));
  }
}

void open_inbox(const Call& call, bool durable, AuthenticatedReply reply) {
  Core& core = call.core();
  Session& session = *call.session();
  if (!durable || session.inbox() != nullptr) {
    if (auto subscribed = subscribe(core, session); !subscribed) return call.fail(subscribed.error());
    return call.reply(reply);
  }
  if (const auto topic = agent_topic(session.entity_id()); !topic) return call.fail(topic.error());
  const Seq newest = core.hub.ring().newest();
  if (newest == Seq{}) return call.fail(Fault::kServer, "durable: this gateway is not ready yet; try again");
  session.inbox() = std::make_unique<Session::Consuming>();
  // The session closes it before it goes: it is there when these are called.
  session.inbox()->id = core.consumers.open(session.entity_id(), std::string(kInboxConsumer), newest,
                                            {[call, reply, &session](Result<Consumers::Opened> opened) {
                                               if (opened) return on_opened(call, reply, *opened);
                                               session.inbox().reset();
                                               call.fail({opened.error().code, "durable: " + opened.error().text});
                                             },
                                             [&session](const Error& why) { on_lost(session, why); }});
}

}  // namespace cell0::gateway
