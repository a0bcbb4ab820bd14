#include "gateway/orchestrators.h"

#include <algorithm>
#include <iterator>

#include "common/json.h"
#include "gateway/dialects/session_words.h"

namespace cell0::gateway {
namespace {

constexpr char kService[] = "sessions";

// How long whoever asks waits at the most. A spawn may start a program; the others are looked up.
constexpr std::uint32_t kSpawnMs = 30'000;
constexpr std::uint32_t kAskMs = 10'000;
constexpr std::uint32_t kGatherMs = 3'000;

Error unknown_session(const std::string& session_id) {
  return {ErrorCode::kNotFound, "session \"" + session_id + "\": nobody knows it"};
}

v1::ServiceRequest request_of(std::string method, v1::ServiceCaller caller, std::uint32_t timeout_ms) {
  v1::ServiceRequest request;
  request.set_service(kService);
  request.set_method(std::move(method));
  *request.mutable_caller() = std::move(caller);
  request.set_timeout_ms(timeout_ms);
  request.set_body("{}");
  return request;
}

v1::ServiceRequest request_about(const std::string& session_id, std::string method, v1::ServiceCaller caller) {
  v1::ServiceRequest request = request_of(std::move(method), std::move(caller), kAskMs);
  request.set_key(session_id);
  return request;
}

Result<SessionText> session_of(const Result<v1::ServiceReply>& reply) {
  if (!reply) return reply.error();
  return read_session_reply(reply->body());
}

}  // namespace

v1::ServiceCaller service_caller(const Access& access, std::string client_id) {
  v1::ServiceCaller caller;
  caller.set_entity_id(access.entity_id);
  caller.set_entity_type(access.entity_type);
  caller.set_anonymous(access.anonymous);
  for (std::string& scope : access.scopes.texts()) caller.add_scopes(std::move(scope));
  caller.set_client_id(std::move(client_id));
  return caller;
}

std::string sessions_json(const Access& access, const std::vector<SessionText>& sessions) {
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for (const SessionText& session : sessions) {
    const auto topic = session_topic(session.id);
    if (topic && access.may("subscribe", *topic)) out.raw(session.json);
  }
  out.end_array();
  return text;
}

// The one reply, or why there is none; a worker's own error is one, too.
void Orchestrators::ask(v1::ServiceRequest request, OnReply done) {
  ask_(std::move(request), [done = std::move(done)](Result<v1::ServiceAnswer> answer) {
    if (!answer) return done(answer.error());
    if (answer->replies().empty()) return done(Error{ErrorCode::kInternal, "the broker answered without a reply"});
    v1::ServiceReply& reply = *answer->mutable_replies(0);
    if (reply.has_error()) return done(orchestrator_error(reply.error()));
    done(std::move(reply));
  });
}

// ---- requests

void Orchestrators::spawn(v1::ServiceCaller caller, std::string body, std::string request_id, OnSession done) {
  v1::ServiceRequest request = request_of("spawn", std::move(caller), kSpawnMs);
  request.set_body(std::move(body));
  request.set_request_id(std::move(request_id));
  ask(std::move(request), [done = std::move(done)](const Result<v1::ServiceReply>& reply) { done(session_of(reply)); });
}

void Orchestrators::execute(v1::ServiceCaller caller, const std::string& session_id, std::string body,
                            std::string request_id, OnTask done) {
  v1::ServiceRequest request = request_about(session_id, "execute", std::move(caller));
  request.set_body(std::move(body));
  request.set_request_id(std::move(request_id));
  ask(std::move(request), [this, session_id, done = std::move(done)](const Result<v1::ServiceReply>& reply) {
    if (reply) {
      auto task = read_task_reply(reply->body());
      if (!task) return done(task.error());
      return done(Task{session_id, std::move(*task)});
    }
    if (reply.error().code != ErrorCode::kNotFound) return done(reply.error());
    last_known(session_id, [session_id, done](const Result<SessionText>& session) {
      if (!session) return done(session.error());
      done(Error{ErrorCode::kConflict, "session \"" + session_id + "\" is over"});
    });
  });
}

void Orchestrators::status(v1::ServiceCaller caller, const std::string& session_id, OnSession done) {
  ask(request_about(session_id, "status", std::move(caller)),
      [this, session_id, done = std::move(done)](const Result<v1::ServiceReply>& reply) {
        if (reply || reply.error().code != ErrorCode::kNotFound) return done(session_of(reply));
        last_known(session_id, done);
      });
}

void Orchestrators::stop(v1::ServiceCaller caller, const std::string& session_id, OnSession done) {
  ask(request_about(session_id, "stop", std::move(caller)),
      [this, session_id, done = std::move(done)](const Result<v1::ServiceReply>& reply) {
        if (reply || reply.error().code != ErrorCode::kNotFound) return done(session_of(reply));
        last_known(session_id, done);
      });
}

void Orchestrators::list(v1::ServiceCaller caller, OnSessions done) {
  v1::ServiceRequest request = request_of("list", std::move(caller), kGatherMs);
  request.set_gather(true);
  ask_(std::move(request), [done = std::move(done)](const Result<v1::ServiceAnswer>& answer) {
    if (!answer) return done(answer.error());
    std::vector<SessionText> listed;
    for (const v1::ServiceReply& reply : answer->replies()) {
      auto sessions = read_sessions_reply(reply.body());
      if (!sessions) continue;  // one that answers nonsense does not hide the others
      std::ranges::move(*sessions, std::back_inserter(listed));
    }
    done(std::move(listed));
  });
}

void Orchestrators::daemon_status(v1::ServiceCaller caller, OnStatus done) {
  v1::ServiceRequest request = request_of("daemon_status", std::move(caller), kGatherMs);
  request.set_gather(true);
  ask_(std::move(request), [this, done = std::move(done)](const Result<v1::ServiceAnswer>& answer) {
    DaemonFigures figures;
    figures.broker_up = broker_up_();
    if (answer) {
      figures.missing = answer->missing();
      for (const v1::ServiceReply& reply : answer->replies()) {
        if (reply.has_error())
          ++figures.missing;
        else
          figures.replies.push_back(reply.body());
      }
    }
    const WallTime now = clock_.wall();
    done(merge_daemon_status(figures, now, now - started_));
  });
}

// ---- history

void Orchestrators::newest_of(const std::string& session_id, std::vector<std::string> types,
                              HistorySource::OnPage done) {
  const auto topic = session_topic(session_id);
  if (!topic) return done(topic.error());
  v1::HistoryRequest request;
  request.mutable_filter()->add_topics(*topic);
  for (std::string& type : types) request.mutable_filter()->add_types(std::move(type));
  request.set_limit(1);
  request.set_newest(true);
  history_.ask(request, std::move(done));
}

void Orchestrators::last_known(const std::string& session_id, OnSession done) {
  newest_of(session_id, {"session_spawned", "session_status_update"},
            [session_id, done = std::move(done)](const Result<v1::HistoryPage>& page) {
              if (!page) return done(page.error());
              if (page->events().empty()) return done(unknown_session(session_id));
              done(session_without_owner(page->events(page->events_size() - 1)));
            });
}

void Orchestrators::beginning_of(v1::ServiceCaller caller, const std::string& session_id, OnPlace done) {
  const auto topic = session_topic(session_id);
  if (!topic) return done(topic.error());
  v1::HistoryRequest request;
  request.mutable_filter()->add_topics(*topic);
  request.set_limit(1);
  history_.ask(request, [this, caller = std::move(caller), session_id,
                         done = std::move(done)](const Result<v1::HistoryPage>& page) {
    if (!page) return done(page.error());
    if (!page->events().empty()) {
      const v1::Delivered& first = page->events(0);
      return done(Seq{first.type() == "session_spawned" ? first.seq() - 1 : 0});
    }
    // It may have said nothing yet, or have been forgotten by history; its owner knows.
    ask(request_about(session_id, "status", caller),
        [session_id, head = page->head_seq(), done](const Result<v1::ServiceReply>& reply) {
          if (reply) return done(Seq{head});
          if (reply.error().code == ErrorCode::kNotFound) return done(unknown_session(session_id));
          done(reply.error());
        });
  });
}

void Orchestrators::current_task_of(const std::string& session_id, OnPlace done) {
  newest_of(session_id, {"task_executing", "task_completed", "task_failed"},
            [done = std::move(done)](const Result<v1::HistoryPage>& page) {
              if (!page) return done(page.error());
              const bool under_way = !page->events().empty() && page->events(0).type() == "task_executing";
              done(Seq{under_way ? page->events(0).seq() - 1 : page->head_seq()});
            });
}

}  // namespace cell0::gateway
