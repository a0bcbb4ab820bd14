// Sessions of orchestrators (dialects.md section 5): spawned, given tasks, followed, stopped. A followed session is a
// subscription to its topic, one for each.
#include "gateway/broker_link.h"
#include "gateway/commands/execute.h"
#include "gateway/commands/permissions.h"
#include "gateway/dialects/session_words.h"
#include "gateway/orchestrators.h"

namespace cell0::gateway {
namespace {

v1::ServiceCaller caller_of(const Call& call) {
  return service_caller(call.session()->access(), to_string(call.session()->client_id()));
}

// `done` is called when the answer is there, if the client still is.
template <typename T, typename Done>
auto while_there(const Call& call, Done done) {
  return [call, done = std::move(done)](const Result<T>& answer) {
    Session* session = call.session();
    if (session == nullptr) return;
    session->end_open();
    done(*session, answer);
  };
}

// ---- following

Result<EventFilter> filter_of(const Access& access, const std::string& topic, bool spawned_by_it, bool past) {
  v1::Filter filter;
  filter.add_topics(topic);
  // Who has spawned it has been answered with what session_spawned says.
  if (spawned_by_it) {
    for (const char* type : {"session_status_update", "task_*", "stream_*", "tool_call_*"}) filter.add_types(type);
  }
  return visible(access, std::move(filter), past);
}

// Which topic, from where, and for whom.
struct Following {
  std::string topic;
  std::optional<Seq> since = {};  // none: from now on
  bool spawned_by_it = false;
  bool is_new = false;   // it is no older than the request: nothing of it is history to this client
  bool answers = false;  // the request waits for it
};

Result<void> subscribe(const Call& call, const Following& what, const EventFilter& filter, Subscription& subscription,
                       const Hub::OnResumed& done) {
  Hub& hub = call.core().hub;
  const Renderer& renderer = call.session()->dialect().renderer(Feed::kEvents);
  if (!what.since) {
    if (auto subscribed = hub.subscribe(subscription, renderer, filter); !subscribed) return subscribed.error();
    done({});
    return {};
  }
  if (what.answers) {
    subscription.abandoned = [call] { call.fail(Fault::kInvalidState, "unfollowed meanwhile"); };
  }
  auto resumed = hub.resume(subscription, renderer, filter, *what.since, [&subscription, done](const Resumed& found) {
    subscription.abandoned = nullptr;
    done(found);
  });
  if (!resumed) subscription.abandoned = nullptr;
  return resumed;
}

// REQUIRES: the client does not follow it yet. `done`: as Hub::resume(); at once if it begins now.
Result<void> follow(const Call& call, const Following& what, const Hub::OnResumed& done) {
  Session& session = *call.session();
  Subscriptions& subscriptions = session.subscriptions();
  if (subscriptions.size() >= Session::kSubscriptionsMax) {
    return Error{ErrorCode::kFull, "too many subscriptions (at most " + std::to_string(Session::kSubscriptionsMax) +
                                       " of one connection)"};
  }
  const auto filter = filter_of(session.access(), what.topic, what.spawned_by_it, what.since && !what.is_new);
  if (!filter) return filter.error();
  auto subscribed = subscribe(call, what, *filter, subscriptions.add(what.topic), done);
  if (!subscribed) subscriptions.drop(what.topic);
  return subscribed;
}

std::optional<Seq> past_from(const Session& session, const std::string& topic, Seq since) {
  return session.access().may("history", topic) ? std::optional(since) : std::nullopt;
}

// What it gets of the past is nothing that the client has asked for: it is not told where it begins. Whether it follows
// only since now.
bool follow_silently(const Call& call, const Following& what) {
  Session& session = *call.session();
  if (!session.access().may("subscribe", what.topic) || session.subscriptions().find(what.topic) != nullptr) {
    return false;
  }
  auto followed = follow(call, what, [](const Resumed&) {});
  if (!followed) session.send_unasked(error_reply(followed.error()));
  return followed.ok();
}

void follow_for(const Call& call, const std::string& session_id, const std::string& topic, std::optional<Seq> since) {
  if (call.session()->subscriptions().find(topic) != nullptr) return call.reply(SessionFollowedReply{session_id, {}});
  const auto followed =
      follow(call, {.topic = topic, .since = since, .answers = true}, [call, session_id](const Resumed& found) {
        call.reply(SessionFollowedReply{session_id, found});
      });
  if (!followed) call.fail(followed.error());
}

}  // namespace

void execute(const Call& call, const FollowSessionCommand& command) {
  Session& session = *call.session();
  const bool all = command.session_id == kEverySession;
  const std::string topic = all ? std::string(kEverySessionTopic) : session_topic(command.session_id).value();
  if (command.since) {
    const Access& access = session.access();
    const auto checked = all ? access.check_some("history") : access.check("history", topic);
    if (!checked) return call.fail(checked.error());
    session.subscriptions().drop(topic);  // anew, from where it says
  }
  const std::optional<Seq> since = command.since ? std::optional(Seq{*command.since}) : std::nullopt;
  const bool follows = session.subscriptions().find(topic) != nullptr;
  if (follows || all) return follow_for(call, command.session_id, topic, since);
  if (!session.begin_open(call)) return;
  call.core().orchestrators->beginning_of(
      caller_of(call), command.session_id,
      while_there<Seq>(call, [call, topic, id = command.session_id, since](Session& client, const Result<Seq>& first) {
        if (!first) return call.fail(first.error());
        follow_for(call, id, topic, since ? since : past_from(client, topic, *first));
      }));
}

void execute(const Call& call, const UnfollowSessionCommand& command) {
  const bool all = command.session_id == kEverySession;
  const Result<std::string> topic = all ? std::string(kEverySessionTopic) : session_topic(command.session_id);
  if (!topic) return call.fail(topic.error());
  call.session()->subscriptions().drop(*topic);
  call.reply(SessionUnfollowedReply{command.session_id});
}

// ---- spawning and stopping

namespace {

// `since`: none: an earlier request may have spawned it.
void on_spawned(const Call& call, const SessionText& spawned, std::optional<Seq> since) {
  call.reply(SessionSpawnedReply{spawned.json});
  const auto topic = session_topic(spawned.id);
  if (!topic) return;
  Following what{.topic = *topic, .since = since, .spawned_by_it = true, .is_new = since.has_value()};
  if (!since) what.since = past_from(*call.session(), *topic, Seq{});
  follow_silently(call, what);
}

}  // namespace

void execute(const Call& call, const SpawnSessionCommand& command) {
  Core& core = call.core();
  Session& session = *call.session();
  if (command.cancel_at_end && session.attached() >= Session::kSubscriptionsMax) {
    return call.fail(Fault::kRate, "onDisconnect: too many sessions that end with one connection (at most " +
                                       std::to_string(Session::kSubscriptionsMax) + ")");
  }
  if (!session.begin_open(call)) return;
  std::string request_id = service_request_id(session.entity_id(), "spawn", "", command.body, command.request_id);
  const auto since = request_id.empty() ? std::optional(core.hub.ring().newest()) : std::nullopt;
  const auto caller = caller_of(call);
  core.orchestrators->spawn(caller, command.body, std::move(request_id),
                            [call, caller, since, cancel = command.cancel_at_end](const Result<SessionText>& spawned) {
                              Session* client = call.session();
                              if (client != nullptr) client->end_open();
                              if (!spawned) return call.fail(spawned.error());
                              if (client == nullptr) {
                                const auto ignored = [](const Result<SessionText>&) {};
                                if (cancel) call.core().orchestrators->stop(caller, spawned->id, ignored);
                                return;
                              }
                              if (!cancel) return on_spawned(call, *spawned, since);
                              client->attach(spawned->id);
                              // Not before the broker knows: from the reply on, our own death ends it, too.
                              call.core().presence.announced([call, spawned = *spawned, since] {
                                if (call.session() != nullptr) on_spawned(call, spawned, since);
                              });
                            });
}

void execute(const Call& call, const StopSessionCommand& command) {
  if (!call.session()->begin_open(call)) return;
  call.core().orchestrators->stop(caller_of(call), command.session_id,
                                  while_there<SessionText>(call, [call](Session&, const Result<SessionText>& stopped) {
                                    if (!stopped) return call.fail(stopped.error());
                                    call.reply(SessionStateReply{stopped->json});
                                  }));
}

// ---- tasks

namespace {

// `following`: the client follows the session only since it asked for this.
void run_task(const Call& call, const ExecuteTaskCommand& command, const std::string& topic, bool following) {
  Session& session = *call.session();
  call.core().orchestrators->execute(
      caller_of(call), command.session_id, command.body,
      service_request_id(session.entity_id(), "execute", command.session_id, command.body, command.request_id),
      while_there<Orchestrators::Task>(
          call, [call, topic, following](Session& client, const Result<Orchestrators::Task>& task) {
            if (task) {
              const bool followed = client.subscriptions().find(topic) != nullptr;
              return call.reply(TaskReply{task->session_id, task->task_id, followed});
            }
            if (following) client.subscriptions().drop(topic);
            call.fail(task.error());
          }));
}

}  // namespace

// Subscribed first, so that nothing of the task is missed; by a client that did not follow the session, from the
// beginning of the task that it is at, if there is one.
void execute(const Call& call, const ExecuteTaskCommand& command) {
  Session& session = *call.session();
  const auto topic = session_topic(command.session_id);
  if (!topic) return call.fail(topic.error());
  if (!session.begin_open(call)) return;
  const bool follows = session.subscriptions().find(*topic) != nullptr;
  if (follows || !session.access().may("subscribe", *topic)) return run_task(call, command, *topic, false);
  if (!session.access().may("history", *topic)) {
    return run_task(call, command, *topic, follow_silently(call, {.topic = *topic}));
  }
  call.core().orchestrators->current_task_of(
      command.session_id, [call, command, topic = *topic](const Result<Seq>& at) {
        if (call.session() == nullptr) return;
        // Without history from now on: whether there is anybody to execute it, the service says.
        run_task(call, command, topic,
                 follow_silently(call, {.topic = topic, .since = at ? std::optional(*at) : std::nullopt}));
      });
}

// ---- looking

void execute(const Call& call, const SessionStatusCommand& command) {
  if (!call.session()->begin_open(call)) return;
  call.core().orchestrators->status(caller_of(call), command.session_id,
                                    while_there<SessionText>(call, [call](Session&, const Result<SessionText>& found) {
                                      if (!found) return call.fail(found.error());
                                      call.reply(SessionStateReply{found->json});
                                    }));
}

void execute(const Call& call, const ListSessionsCommand&) {
  using Sessions = std::vector<SessionText>;
  if (!call.session()->begin_open(call)) return;
  call.core().orchestrators->list(caller_of(call),
                                  while_there<Sessions>(call, [call](Session& client, const Result<Sessions>& listed) {
                                    if (!listed) return call.fail(listed.error());
                                    call.reply(SessionsReply{sessions_json(client.access(), *listed)});
                                  }));
}

void execute(const Call& call, const DaemonStatusCommand&) {
  if (!call.session()->begin_open(call)) return;
  call.core().orchestrators->daemon_status(caller_of(call), [call](const std::string& status) {
    if (Session* client = call.session()) client->end_open();
    call.reply(DaemonStatusReply{status});
  });
}

void execute(const Call& call, const HealthCommand&) { call.reply(HealthReply{call.core().link->up()}); }

}  // namespace cell0::gateway
