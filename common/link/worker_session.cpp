#include "common/link/worker_session.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/control_topics.h"
#include "common/event_check.h"
#include "common/event_schema.h"

namespace cell0::link {
namespace {

constexpr std::size_t kIncarnationBytes = 16;
constexpr std::size_t kKeyBytesMax = 128;
constexpr std::size_t kPutsMax = 16;
constexpr std::size_t kStateBytesMax = 256u << 10;
constexpr Duration kTellTimeout = std::chrono::seconds(3);  // less than half of a lease
constexpr Duration kReplyTimeout = std::chrono::seconds(10);
constexpr Duration kStateTimeout = std::chrono::seconds(10);
constexpr Duration kLeaveTimeout = std::chrono::seconds(1);
constexpr Duration kBackoffMin = std::chrono::milliseconds(100);

}  // namespace

WorkerSession::WorkerSession(WorkerOptions options, std::string incarnation, const Clock& clock, Random& random,
                             WorkerObserver& observer)
    : options_(std::move(options)),
      incarnation_(std::move(incarnation)),
      clock_(clock),
      random_(random),
      observer_(observer),
      ids_(clock, random),
      backoff_(kBackoffMin, options_.renew_interval) {
  CELL0_CHECK(!options_.service.empty() && !options_.name.empty() && options_.capacity > 0);
  CELL0_CHECK(incarnation_.size() == kIncarnationBytes);
}

// ---- the link

void WorkerSession::on_link(bool up) {
  if (phase_ == Phase::kGone) return;
  link_up_ = up;
  if (phase_ == Phase::kLeaving) {
    if (const auto left = up ? nullptr : std::exchange(left_, nullptr)) left();  // nobody is there to be told
    return;
  }
  if (up) {
    phase_ = Phase::kRegistering;
    register_at_ = clock_.mono();
    backoff_.reset();
    return;
  }
  phase_ = Phase::kAway;
  tell_fence(false);
}

MonoTime WorkerSession::next_deadline() const {
  if (!link_up_ || telling_) return MonoTime::max();
  if (phase_ == Phase::kRegistering) return register_at_;
  return phase_ == Phase::kActive || phase_ == Phase::kStandby ? renew_at_ : MonoTime::max();
}

std::optional<WorkerSession::Outgoing> WorkerSession::next_request() {
  if (!link_up_) return std::nullopt;
  const MonoTime now = clock_.mono();
  if (phase_ == Phase::kRegistering) {
    if (telling_ || now < register_at_) return std::nullopt;
    return registration();
  }
  if (phase_ == Phase::kActive || (phase_ == Phase::kLeaving && served_)) {
    while (!outbox_.empty() && unanswered_.count(outbox_.front()) == 0) outbox_.pop_front();
    if (!outbox_.empty()) return next_reply();
  }
  if (phase_ == Phase::kActive && !puts_.empty() && !putting_) return next_put();
  if (phase_ == Phase::kLeaving) return left_ ? std::optional(leaving()) : std::nullopt;
  if (phase_ == Phase::kAway || phase_ == Phase::kGone || telling_) return std::nullopt;
  if (now < renew_at_ && !has_news()) return std::nullopt;
  return renewal();
}

bool WorkerSession::has_news() const { return phase_ == Phase::kActive && (news_ || !keys_gone_.empty()); }

WorkerSession::Outgoing WorkerSession::outgoing(v1::Request request, Duration timeout, InFlight sent) {
  Outgoing out{next_token_++, std::move(request), timeout};
  in_flight_.emplace(out.token, std::move(sent));
  return out;
}

void WorkerSession::introduce(v1::WorkerRequest& worker) const {
  worker.set_service(options_.service);
  worker.set_worker(options_.name);
  worker.set_incarnation(incarnation_);
  worker.set_capacity(options_.capacity);
  worker.set_exclusive(options_.exclusive);
}

WorkerSession::Outgoing WorkerSession::registration() {
  forget_replies();
  v1::Request request;
  v1::WorkerRequest& worker = *request.mutable_worker();
  introduce(worker);
  InFlight sent{Kind::kRegister};
  for (auto& [name, key] : keys_) key.told = false;
  keys_gone_.clear();
  put_keys(worker, sent);
  for (const Kept& kept : kept_) worker.add_accepted(kept.request_id);
  for (const auto& [id, call] : open_ids_) worker.add_accepted(id);
  telling_ = true;
  return outgoing(std::move(request), kTellTimeout, std::move(sent));
}

WorkerSession::Outgoing WorkerSession::renewal() {
  v1::Request request;
  v1::WorkerRequest& worker = *request.mutable_worker();
  introduce(worker);
  worker.set_epoch(epoch_);
  InFlight sent{Kind::kRenew};
  put_keys(worker, sent);
  telling_ = true;
  renew_at_ = clock_.mono() + options_.renew_interval;
  return outgoing(std::move(request), kTellTimeout, std::move(sent));
}

WorkerSession::Outgoing WorkerSession::next_reply() {
  const std::uint64_t call = outbox_.front();
  outbox_.pop_front();
  const Reply& reply = unanswered_.at(call);
  v1::Request request;
  v1::ServiceReplyRequest& body = *request.mutable_service_reply();
  body.set_service(options_.service);
  body.set_call(call);
  body.set_epoch(epoch_);
  if (reply.error)
    *body.mutable_error() = *reply.error;
  else
    body.set_body(reply.body);
  InFlight sent{Kind::kReply, call};
  put_keys(body, sent);
  return outgoing(std::move(request), kReplyTimeout, std::move(sent));
}

WorkerSession::Outgoing WorkerSession::next_put() {
  Put put = std::move(puts_.front());
  puts_.pop_front();
  v1::Request request;
  v1::ServiceStateRequest& body = *request.mutable_service_state();
  body.set_service(options_.service);
  body.set_epoch(epoch_);
  body.set_state(std::move(put.state));
  InFlight sent{Kind::kState};
  sent.done = std::move(put.done);
  putting_ = true;
  return outgoing(std::move(request), kStateTimeout, std::move(sent));
}

WorkerSession::Outgoing WorkerSession::leaving() {
  v1::Request request;
  v1::WorkerRequest& worker = *request.mutable_worker();
  introduce(worker);
  worker.set_epoch(epoch_);
  worker.set_leaving(true);
  InFlight sent{Kind::kLeave};
  put_keys(worker, sent);
  sent.done = [left = std::exchange(left_, nullptr)](const Result<void>&) { left(); };
  return outgoing(std::move(request), kLeaveTimeout, std::move(sent));
}

// What the broker does not know yet of its keys.
template <typename Message>
void WorkerSession::put_keys(Message& message, InFlight& sent) {
  if (std::exchange(news_, false) || sent.kind == Kind::kRegister) {
    for (auto& [name, key] : keys_) {
      if (std::exchange(key.told, true)) continue;
      v1::ServiceKey& told = *message.add_keys();
      told.set_key(name);
      told.set_will(key.will);
      sent.keys.push_back(name);
    }
  }
  for (const std::string& name : keys_gone_) message.add_keys_gone(name);
  sent.keys_gone = std::exchange(keys_gone_, {});
}

// It may not have arrived.
void WorkerSession::take_back(const InFlight& sent) {
  for (const std::string& name : sent.keys) {
    const auto found = keys_.find(name);
    if (found == keys_.end()) continue;
    found->second.told = false;
    news_ = true;
  }
  for (const std::string& name : sent.keys_gone) {
    if (keys_.count(name) == 0) keys_gone_.push_back(name);
  }
}

// ---- answers

void WorkerSession::on_answer(std::uint64_t token, const Result<v1::Response>& answer) {
  const auto found = in_flight_.find(token);
  if (found == in_flight_.end()) return;
  InFlight sent = std::move(found->second);
  in_flight_.erase(found);
  if (sent.kind == Kind::kRegister || sent.kind == Kind::kRenew) telling_ = false;
  if (sent.kind == Kind::kState) putting_ = false;
  if (!answer) return on_failed(std::move(sent), answer.error());
  switch (sent.kind) {
    case Kind::kRegister:
    case Kind::kRenew:
      if (answer->has_worker()) on_worker_answer(answer->worker(), sent.kind == Kind::kRegister);
      return;
    case Kind::kReply:
      return on_reply_answer(sent, answer->service_reply());
    case Kind::kState:
      if (!answer->service_state().fenced()) return sent.done({});
      return sent.done(Error{ErrorCode::kConflict, options_.service + ": another worker has taken over"});
    case Kind::kLeave:
      phase_ = Phase::kGone;
      return sent.done({});
  }
}

void WorkerSession::on_failed(InFlight sent, const Error& error) {
  take_back(sent);
  switch (sent.kind) {
    case Kind::kRegister:
      register_at_ = clock_.mono() + backoff_.next(random_);
      return;
    case Kind::kRenew:
      // Not even the one before it may have arrived: it begins anew, which loses nothing if its lease holds.
      if (phase_ != Phase::kActive && phase_ != Phase::kStandby) return;
      phase_ = Phase::kRegistering;
      register_at_ = clock_.mono() + backoff_.next(random_);
      return;
    case Kind::kReply: {
      const auto reply = unanswered_.find(sent.call);
      if (reply == unanswered_.end()) return;
      const bool wrong = error.code == ErrorCode::kInvalid || error.code == ErrorCode::kTooLarge;
      if (wrong && !reply->second.error) {
        reply->second = {};
        reply->second.error.emplace();
        reply->second.error->set_code("internal");
        reply->second.error->set_text("the worker's reply was not taken: " + error.text);
      } else if (wrong) {
        unanswered_.erase(reply);
        return;
      }
      outbox_.push_back(sent.call);
      return;
    }
    case Kind::kState:
      return sent.done(error);
    case Kind::kLeave:
      phase_ = Phase::kGone;
      return sent.done(error);
  }
}

void WorkerSession::on_worker_answer(const v1::WorkerAnswer& answer, bool registered) {
  if (phase_ == Phase::kAway || phase_ == Phase::kLeaving || phase_ == Phase::kGone) return;
  switch (answer.status()) {
    case v1::WorkerAnswer::ACTIVE:
      return on_active(answer, registered);
    case v1::WorkerAnswer::STANDBY:
      return on_standby(answer);
    default:
      return on_fenced();
  }
}

void WorkerSession::on_active(const v1::WorkerAnswer& answer, bool registered) {
  if (!registered && answer.epoch() < epoch_) return;  // from before: notices and answers may cross
  const bool news = phase_ != Phase::kActive || registered;
  phase_ = Phase::kActive;
  served_ = true;
  epoch_ = answer.epoch();
  std::vector<std::string> lost(answer.lost().begin(), answer.lost().end());
  for (const std::string& name : lost) forget_key(name);
  if (!news) {  // keys that it could not have
    if (!lost.empty()) observer_.on_fenced(std::move(lost));
    return;
  }
  backoff_.reset();
  renew_at_ = clock_.mono() + options_.renew_interval;
  outbox_.clear();
  for (const auto& [call, reply] : unanswered_) outbox_.push_back(call);
  tell_fence(!lost.empty());
  if (!lost.empty()) observer_.on_fenced(std::move(lost));
  observer_.on_active(answer.has_state() ? std::optional(answer.state()) : std::nullopt);
}

void WorkerSession::on_standby(const v1::WorkerAnswer& answer) {
  const bool news = phase_ != Phase::kStandby;
  phase_ = Phase::kStandby;
  epoch_ = answer.epoch();
  if (!news) return;
  backoff_.reset();
  renew_at_ = clock_.mono() + options_.renew_interval;
  lose_all();
  observer_.on_standby();
}

// Its lease was over, or another took its place. It begins anew, with nothing.
void WorkerSession::on_fenced() {
  phase_ = Phase::kRegistering;
  register_at_ = clock_.mono() + backoff_.next(random_);
  lose_all();
}

void WorkerSession::lose_all() {
  std::vector<std::string> lost;
  for (const auto& [name, key] : keys_) lost.push_back(name);
  keys_.clear();
  keys_bytes_ = 0;
  keys_gone_.clear();
  news_ = false;
  unanswered_.clear();
  outbox_.clear();
  refuse_puts({ErrorCode::kConflict, options_.service + ": another worker may have taken over"});
  tell_fence(std::exchange(served_, false));
  if (!lost.empty()) observer_.on_fenced(std::move(lost));
}

void WorkerSession::refuse_puts(const Error& error) {
  const auto puts = std::exchange(puts_, {});
  for (const Put& put : puts) put.done(error);
}

void WorkerSession::tell_fence(bool lost) {
  for (const OnFence& handler : fence_handlers_) handler(fence(), lost);
}

std::optional<v1::Fence> WorkerSession::fence() const {
  if (phase_ != Phase::kActive) return std::nullopt;
  v1::Fence fence;
  fence.set_service(options_.service);
  fence.set_epoch(epoch_);
  return fence;
}

void WorkerSession::leave(std::function<void()> done) {
  const bool known = link_up_ && (phase_ == Phase::kActive || phase_ == Phase::kStandby);
  phase_ = known ? Phase::kLeaving : Phase::kGone;
  refuse_puts({ErrorCode::kUnavailable, options_.service + ": this worker leaves"});
  tell_fence(false);
  if (known)
    left_ = std::move(done);
  else
    done();
}

// ---- calls

void WorkerSession::on_notice(const v1::Response& notice) {
  if (notice.has_service_call() && notice.service_call().service() == options_.service) {
    on_call(notice.service_call());
  } else if (notice.has_worker() && notice.worker().service() == options_.service && phase_ == Phase::kStandby) {
    on_worker_answer(notice.worker(), false);
  }
}

void WorkerSession::on_call(const v1::ServiceCall& call) {
  if (phase_ != Phase::kActive || call.epoch() > epoch_) return;
  // Sent again, because the broker did not know whether it had arrived.
  if (calls_.count(call.call()) > 0 || unanswered_.count(call.call()) > 0) return;
  if (!call.request_id().empty()) {
    forget_replies();
    if (const auto kept = replies_.find(call.request_id()); kept != replies_.end()) {
      return send_reply(call.call(), kept->second);
    }
    if (const auto open = open_ids_.find(call.request_id()); open != open_ids_.end()) {
      std::vector<std::uint64_t>& joined = calls_.at(open->second).joined;
      if (std::find(joined.begin(), joined.end(), call.call()) == joined.end()) joined.push_back(call.call());
      return;
    }
    open_ids_.emplace(call.request_id(), call.call());
  }
  calls_[call.call()].request_id = call.request_id();
  IncomingCall incoming;
  incoming.id = call.call();
  incoming.method = call.method();
  incoming.request_id = call.request_id();
  incoming.key = call.key();
  incoming.body = call.body();
  incoming.caller = call.caller();
  incoming.deadline = clock_.mono() + std::chrono::milliseconds(call.timeout_ms());
  observer_.on_call(std::move(incoming));
}

void WorkerSession::reply(std::uint64_t call_id, std::string body) { answer(call_id, {std::move(body), std::nullopt}); }

void WorkerSession::fail(std::uint64_t call_id, std::string code, std::string text) {
  Reply reply;
  reply.error.emplace();
  reply.error->set_code(std::move(code));
  reply.error->set_text(std::move(text));
  answer(call_id, std::move(reply));
}

void WorkerSession::answer(std::uint64_t call_id, Reply reply) {
  const auto found = calls_.find(call_id);
  if (found == calls_.end()) return;
  const Open open = std::move(found->second);
  calls_.erase(found);
  if (!open.request_id.empty()) {
    open_ids_.erase(open.request_id);
    keep(open.request_id, reply);
  }
  for (const std::uint64_t joined : open.joined) send_reply(joined, reply);
  send_reply(call_id, std::move(reply));
}

void WorkerSession::send_reply(std::uint64_t call_id, Reply reply) {
  if (!served_) return;  // fenced: nobody waits for it
  unanswered_[call_id] = std::move(reply);
  outbox_.push_back(call_id);
}

void WorkerSession::on_reply_answer(const InFlight& sent, const v1::ServiceReplyAnswer& answer) {
  unanswered_.erase(sent.call);
  // It crossed a registration: the keys count under the new epoch only.
  if (answer.fenced()) take_back(sent);
}

void WorkerSession::keep(const std::string& request_id, Reply reply) {
  replies_bytes_ += reply.bytes();
  kept_.push_back({request_id, clock_.mono()});
  replies_[request_id] = std::move(reply);
  forget_replies();
}

void WorkerSession::forget_replies() {
  const MonoTime now = clock_.mono();
  while (!kept_.empty()) {
    const bool over = kept_.size() > options_.replies_max || replies_bytes_ > options_.replies_bytes_max;
    if (!over && now - kept_.front().at < options_.reply_kept) return;
    const auto reply = replies_.find(kept_.front().request_id);
    replies_bytes_ -= reply->second.bytes();
    replies_.erase(reply);
    kept_.pop_front();
  }
}

// ---- keys and state

Result<void> WorkerSession::own(std::string key, const std::optional<v1::Envelope>& will) {
  if (key.empty() || key.size() > kKeyBytesMax) {
    return Error{ErrorCode::kInvalid,
                 "key: " + std::to_string(key.size()) + " bytes; right are 1-" + std::to_string(kKeyBytesMax)};
  }
  std::string encoded;
  if (will) {
    v1::Envelope event = *will;
    if (event.id().empty()) event.set_id(std::string(ids_.next().raw()));
    if (event.time_us() == 0) event.set_time_us(to_unix_us(clock_.wall()));
    if (auto checked = check_event(event, EventLimits{}); !checked) {
      return Error{checked.error().code, "will: " + checked.error().text};
    }
    const std::string topic = topic_of(event, type_of(event));
    if (is_reserved_topic(topic)) return Error{ErrorCode::kInvalid, "will: only the broker publishes on " + topic};
    encoded = event.SerializeAsString();
  }
  const auto found = keys_.find(key);
  const std::size_t before = found == keys_.end() ? 0 : key.size() + found->second.will.size();
  if (keys_bytes_ - before + key.size() + encoded.size() > options_.keys_bytes_max) {
    return Error{ErrorCode::kFull, "keys: " + std::to_string(keys_.size()) + " with " + std::to_string(keys_bytes_) +
                                       " bytes are owned already, at most " + std::to_string(options_.keys_bytes_max) +
                                       " can be"};
  }
  keys_bytes_ += key.size() + encoded.size() - before;
  std::erase(keys_gone_, key);
  keys_[std::move(key)] = {std::move(encoded), false};
  news_ = true;
  return {};
}

void WorkerSession::disown(const std::string& key) {
  if (forget_key(key)) keys_gone_.push_back(key);
}

bool WorkerSession::forget_key(const std::string& key) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return false;
  keys_bytes_ -= key.size() + found->second.will.size();
  keys_.erase(found);
  return true;
}

Result<void> WorkerSession::put_state(std::string state, std::function<void(Result<void>)>& done) {
  if (state.size() > kStateBytesMax) {
    return Error{ErrorCode::kTooLarge, "state: " + std::to_string(state.size()) + " bytes, at most " +
                                           std::to_string(kStateBytesMax) + " are kept"};
  }
  if (phase_ != Phase::kActive) {
    return Error{ErrorCode::kUnavailable, options_.service + ": this worker is not active"};
  }
  if (puts_.size() >= kPutsMax) {
    return Error{ErrorCode::kFull, "state: " + std::to_string(puts_.size()) + " wait to be put already"};
  }
  puts_.push_back({std::move(state), std::move(done)});
  return {};
}

}  // namespace cell0::link
