// The dialect's default stream, narrowed by names of types; and the same as an acknowledged consumer.
#include <algorithm>

#include "gateway/commands/execute.h"
#include "gateway/commands/permissions.h"

namespace cell0::gateway {
namespace {

constexpr std::uint16_t kCloseTakenOver = 4009;  // another connection has the consumer, or it is no more

bool is_empty(const v1::Filter& filter) { return filter.audience() == v1::AUDIENCE_ANY && filter.types().empty(); }

void add_name(const Call& call, v1::Filter& filter, const std::string& name, bool known_only) {
  const Dialect& dialect = call.session()->dialect();
  if (name == dialect.default_name()) return filter.set_audience(dialect.audience());
  const bool glob = !name.empty() && name.back() == '*';
  if (known_only && !glob && !call.core().types.knows(name)) return;  // dialects.md section 1: ignored
  filter.add_types(name);
}

v1::Filter filter_for(const Call& call, const SubscribeCommand& command) {
  v1::Filter filter;
  if (const auto* set = call.session()->subscriptions().events().set()) filter = set->filter.proto();
  if (command.replace) {
    filter.clear_audience();
    filter.clear_types();
  }
  if (!command.topics.empty()) filter.clear_topics();
  // A consumer comes back to whatever gateway, which may not have seen its types yet.
  for (const std::string& name : command.names) add_name(call, filter, name, !command.consumer);
  for (const std::string& topic : command.topics) filter.add_topics(topic);
  if (command.min_priority) filter.set_min_priority(*command.min_priority);
  if (command.sources) {
    filter.clear_sources();
    for (const std::string& source : *command.sources) filter.add_sources(source);
  }
  return filter;
}

std::vector<std::string> names_of(const Dialect& dialect, const v1::Filter& filter) {
  std::vector<std::string> names;
  if (filter.audience() != v1::AUDIENCE_ANY) names.emplace_back(dialect.default_name());
  names.insert(names.end(), filter.types().begin(), filter.types().end());
  return names;
}

// An empty set of names is no subscription at all, not one to everything.
void apply(const Call& call, v1::Filter filter) {
  Session& session = *call.session();
  Subscription& events = session.subscriptions().events();
  if (is_empty(filter)) {
    call.core().hub.remove(events);
    return call.reply(SubscribedReply{});
  }
  const auto compiled = visible(session.access(), std::move(filter), false);
  if (!compiled) return call.fail(compiled.error());
  if (auto subscribed = call.core().hub.subscribe(events, session.dialect(), *compiled); !subscribed) {
    return call.fail(subscribed.error());
  }
  call.reply(SubscribedReply{names_of(session.dialect(), events.set()->filter.proto())});
}

// ---- acknowledged consumers

Result<EventFilter> consumer_filter(const Call& call, const SubscribeCommand& command) {
  v1::Filter filter = filter_for(call, command);
  if (is_empty(filter)) return Error{ErrorCode::kInvalid, "event_types: none, and a consumer needs some"};
  return visible(call.session()->access(), std::move(filter), true);
}

// It begins after its position, or where the client says that it is; one that came with ?since= is under way already.
void on_opened(const Call& call, const SubscribeCommand& command, Consumers::Opened opened) {
  Session& session = *call.session();
  Hub& hub = call.core().hub;
  Subscription& events = session.subscriptions().events();
  const auto filter = consumer_filter(call, command);
  if (!filter) {  // it has unsubscribed from everything meanwhile
    call.core().consumers.close(session.consuming()->id);
    session.consuming().reset();
    return call.fail(filter.error());
  }
  session.consuming()->open = true;
  const bool under_way = session.since() && !command.since && events.set() != nullptr;
  if (!under_way) hub.remove(events);
  hub.keep_all(events);
  const Dialect& dialect = session.dialect();
  call.reply(SubscribedReply{names_of(dialect, filter->proto()), session.consuming()->name, opened.position});
  const Seq since = command.since ? Seq{*command.since} : opened.position;
  const auto subscribed =
      under_way ? hub.subscribe(events, dialect, *filter)
                : hub.resume(events, dialect, *filter, since,
                             [&session, &dialect](const Resumed& resumed) { session.send_resumed(dialect, resumed); });
  if (!subscribed) session.send_unasked(error_reply(subscribed.error()));
}

void on_lost(Session& session, Hub& hub, const Error& why) {
  session.send_unasked(
      ErrorReply{"consumer: \"" + session.consuming()->name + "\": " + why.text, Fault::kInvalidState});
  session.consuming().reset();
  hub.remove(session.subscriptions().events());
  session.connection().close(kCloseTakenOver, why.text);
}

void consume(const Call& call, const SubscribeCommand& command) {
  Core& core = call.core();
  Session& session = *call.session();
  auto& consuming = session.consuming();
  if (consuming != nullptr) {
    if (!consuming->open || consuming->name != *command.consumer) {
      return call.fail(Fault::kInvalidState,
                       "consumer: this connection is \"" + consuming->name + "\" already; use another connection");
    }
    return apply(call, filter_for(call, command));  // from where it stands
  }
  if (const auto filter = consumer_filter(call, command); !filter) return call.fail(filter.error());
  const Seq newest = core.hub.ring().newest();
  if (newest == Seq{}) return call.fail(Fault::kServer, "consumer: this gateway is not ready yet; try again");
  consuming = std::make_unique<Session::Consuming>();
  consuming->name = *command.consumer;
  const Seq begin = command.since ? Seq{*command.since} : session.since().value_or(newest);
  // The session closes it before it goes: it is there when these are called.
  consuming->id = core.consumers.open(session.entity_id(), *command.consumer, begin,
                                      {[call, command, &session](Result<Consumers::Opened> opened) {
                                         if (opened) return on_opened(call, command, *opened);
                                         session.consuming().reset();
                                         call.fail({opened.error().code, "consumer: " + opened.error().text});
                                       },
                                       [&session, &hub = core.hub](const Error& why) { on_lost(session, hub, why); }});
}

}  // namespace

void execute(const Call& call, const SubscribeCommand& command) {
  if (command.consumer) return consume(call, command);
  apply(call, filter_for(call, command));
}

void execute(const Call& call, const UnsubscribeCommand& command) {
  Session& session = *call.session();
  const auto* set = session.subscriptions().events().set();
  if (set == nullptr) return call.reply(SubscribedReply{});
  v1::Filter filter = set->filter.proto();
  auto& types = *filter.mutable_types();
  for (const std::string& name : command.names) {
    if (name == session.dialect().default_name()) filter.clear_audience();
    types.erase(std::remove(types.begin(), types.end(), name), types.end());
  }
  apply(call, std::move(filter));
}

void execute(const Call& call, const AcknowledgeCommand& command) {
  const auto& consuming = call.session()->consuming();
  if (consuming == nullptr || !consuming->open) {
    return call.fail(Fault::kInvalidState,
                     "ack: this connection is no consumer; subscribe with \"ack\": true and a \"consumer\" first");
  }
  const std::uint64_t newest = call.core().hub.ring().newest().value;
  if (command.seq > newest) {
    return call.fail(Fault::kInvalidParams, "ack: seq " + std::to_string(command.seq) +
                                                " is ahead of the newest event, " + std::to_string(newest));
  }
  call.core().consumers.acknowledge(consuming->id, Seq{command.seq});
}

}  // namespace cell0::gateway
