// Services: the requests, from whoever asks to a worker and back. The workers stand in services.cpp.
#include <algorithm>
#include <utility>

#include "broker/services.h"

namespace cell0::broker {
namespace {

constexpr std::size_t kMethodBytesMax = 64;
constexpr std::size_t kIdBytesMax = 128;
constexpr std::uint32_t kTimeoutMsDefault = 30'000;
constexpr std::uint32_t kTimeoutMsMax = 300'000;
// An owner that is full of sessions must still hear that one is to stop; so keys do not count there, and a few more.
constexpr std::size_t kOwnersRoom = 64;

Error invalid(std::string text) { return {ErrorCode::kInvalid, std::move(text)}; }

Result<void> check(const v1::ServiceRequest& request) {
  if (request.service().empty() || request.service().size() > 64) {
    return invalid("service.service: not a name (1-64 of a-z 0-9 _ . -)");
  }
  if (request.method().empty() || request.method().size() > kMethodBytesMax) {
    return invalid("service.method: " + std::to_string(request.method().size()) + " bytes; right are 1-64");
  }
  if (request.request_id().size() > kIdBytesMax) return invalid("service.request_id: longer than 128 bytes");
  if (request.key().size() > kIdBytesMax) return invalid("service.key: longer than 128 bytes");
  if (request.gather() && !request.key().empty()) return invalid("service.key: a request to all workers has none");
  if (request.timeout_ms() > kTimeoutMsMax) {
    return invalid("service.timeout_ms: " + std::to_string(request.timeout_ms()) + " is above " +
                   std::to_string(kTimeoutMsMax));
  }
  return {};
}

std::string name_of(const v1::ServiceRequest& request) { return request.service() + "." + request.method(); }

}  // namespace

Result<void> Services::take_request(v1::ServiceRequest request, Asker asker, MonoTime now) {
  if (auto checked = check(request); !checked) return checked;
  note_time(now);
  ++figures_.requests;
  if (const auto found = services_.find(request.service()); found != services_.end()) ++found->second.requests;
  const std::uint64_t id = next_call_++;
  const std::uint32_t timeout_ms = request.timeout_ms() == 0 ? kTimeoutMsDefault : request.timeout_ms();
  Call& call = calls_[id];
  call.asker = std::move(asker);
  call.bytes = request.ByteSizeLong();
  call.request = std::make_shared<const v1::ServiceRequest>(std::move(request));
  call.deadline = now + std::chrono::milliseconds(timeout_ms);
  deadlines_.emplace(call.deadline, id);
  calls_bytes_ += call.bytes;
  if (calls_.size() > bounds_.calls_max || calls_bytes_ > bounds_.calls_bytes_max) {
    refuse(id, Routed::kBusy);
  } else {
    settle(id);
  }
  return {};
}

// Finds its worker, or lets it wait, or ends it.
void Services::settle(std::uint64_t id) {
  const Routed routed = route(id, calls_.at(id));
  if (routed == Routed::kSent) {
    waiting_.erase(id);
  } else if (routed == Routed::kWaits) {
    waiting_.insert(id);
  } else {
    refuse(id, routed);
  }
}

void Services::settle_waiting() {
  const std::vector<std::uint64_t> waiting(waiting_.begin(), waiting_.end());
  for (const std::uint64_t id : waiting) settle(id);
}

Services::Routed Services::route(std::uint64_t id, Call& call) {
  const v1::ServiceRequest& request = *call.request;
  const auto found = services_.find(request.service());
  const Service* service = found == services_.end() ? nullptr : &found->second;
  if (!request.key().empty()) {
    Worker* owner = service == nullptr ? nullptr : owner_of(*service, request.key());
    if (owner == nullptr) return warming_ ? Routed::kWaits : Routed::kNoKey;
    if (owner->open.size() >= owner->capacity + kOwnersRoom) return Routed::kBusy;
    pass(id, call, *owner);
    return Routed::kSent;
  }
  if (service == nullptr) return warming_ ? Routed::kWaits : Routed::kNoWorker;
  if (request.gather()) return route_all(id, call, *service);
  if (!request.request_id().empty()) {
    Worker* before = workers_.find(ids_.find(request.service(), request.request_id(), now_));
    if (before != nullptr && before->active) {
      pass(id, call, *before);
      return Routed::kSent;
    }
    // Whoever has taken it may not be back yet.
    if (warming_ && !service->exclusive) return Routed::kWaits;
  }
  bool any = false;
  Worker* worker = roomiest(*service, any);
  if (!any) return warming_ ? Routed::kWaits : Routed::kNoWorker;
  if (worker == nullptr) return Routed::kBusy;
  pass(id, call, *worker);
  return Routed::kSent;
}

Services::Worker* Services::owner_of(const Service& service, const std::string& key) {
  const auto found = service.owners.find(key);
  return found == service.owners.end() ? nullptr : found->second;
}

// Its place is taken by one call to each active worker.
Services::Routed Services::route_all(std::uint64_t id, Call& call, const Service& service) {
  std::vector<Worker*> active;
  std::copy_if(service.workers.begin(), service.workers.end(), std::back_inserter(active),
               [](const Worker* worker) { return worker->active; });
  if (active.empty()) return warming_ ? Routed::kWaits : Routed::kNoWorker;
  if (calls_.size() + active.size() > bounds_.calls_max + 1) return Routed::kBusy;
  Gather& gather = gathers_[id];
  gather.asker = call.asker;
  gather.open = active.size();
  for (Worker* worker : active) {
    const std::uint64_t part_id = next_call_++;
    Call& part = calls_[part_id];
    part.request = call.request;
    part.deadline = call.deadline;
    part.gather = id;
    deadlines_.emplace(part.deadline, part_id);
    pass(part_id, part, *worker);
  }
  finish(id);
  return Routed::kSent;
}

// The active one with the most room; of equals the one that has had the fewest calls. `any`: there is an active one.
Services::Worker* Services::roomiest(const Service& service, bool& any) const {
  Worker* best = nullptr;
  const auto room = [](const Worker& worker) {
    return worker.capacity - std::min<std::size_t>(worker.capacity, worker.load());
  };
  for (Worker* worker : service.workers) {
    if (!worker->active) continue;
    any = true;
    if (room(*worker) == 0) continue;
    const bool better =
        best == nullptr || room(*worker) > room(*best) || (room(*worker) == room(*best) && worker->calls < best->calls);
    if (better) best = worker;
  }
  return best;
}

void Services::pass(std::uint64_t id, Call& call, Worker& worker) {
  call.worker = &worker;
  worker.open.insert(id);
  ++worker.calls;
  const v1::ServiceRequest& request = *call.request;
  if (!request.request_id().empty() && request.key().empty()) {
    ids_.put(request.service(), request.request_id(), worker.id, now_);
  }
  send(id, call);
}

void Services::send(std::uint64_t id, Call& call) {
  const v1::ServiceRequest& request = *call.request;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(call.deadline - now_);
  v1::Response notice;
  v1::ServiceCall& told = *notice.mutable_service_call();
  told.set_service(request.service());
  told.set_call(id);
  told.set_epoch(call.worker->epoch());
  told.set_method(request.method());
  told.set_request_id(request.request_id());
  told.set_key(request.key());
  told.set_body(request.body());
  told.set_timeout_ms(static_cast<std::uint32_t>(std::max<std::int64_t>(1, left.count())));
  *told.mutable_caller() = request.caller();
  call.sent = output_.send(call.worker->peer, notice);
}

// `all`: what it had read before it was gone from its socket is not known; it knows its calls by their numbers.
void Services::send_again(Worker& worker, bool all) {
  for (const std::uint64_t id : worker.open) {
    Call& call = calls_.at(id);
    if (all || !call.sent) send(id, call);
  }
}

// ---- replies

v1::ServiceReplyAnswer Services::take_reply(v1::ServiceReplyRequest request, MonoTime now) {
  note_time(now);
  v1::ServiceReplyAnswer answer;
  const auto service = services_.find(request.service());
  Worker* worker = service == services_.end() ? nullptr : by_epoch(service->second, request.epoch());
  if (worker == nullptr) {
    ++figures_.fenced;
    answer.set_fenced(true);
    return answer;
  }
  for (const v1::ServiceKey& key : request.keys()) claim(*worker, key, false);
  for (const std::string& key : request.keys_gone()) release(*worker, key);
  const auto call = calls_.find(request.call());
  if (call == calls_.end() || call->second.worker != worker) {
    ++figures_.late;
    answer.set_late(true);
    return answer;
  }
  v1::ServiceReply reply;
  reply.set_worker(worker->name);
  reply.set_body(std::move(*request.mutable_body()));
  if (request.has_error()) *reply.mutable_error() = std::move(*request.mutable_error());
  if (call->second.gather != 0) {
    add_reply(call->second.gather, std::move(reply));
  } else {
    v1::ServiceAnswer whole;
    *whole.add_replies() = std::move(reply);
    output_.answer(call->second.asker, std::move(whole));
  }
  finish(request.call());
  return answer;
}

void Services::add_reply(std::uint64_t id, v1::ServiceReply reply) {
  Gather& gather = gathers_.at(id);
  gather.bytes += reply.ByteSizeLong();
  if (gather.bytes > bounds_.gathered_bytes_max)
    gather.answer.set_missing(gather.answer.missing() + 1);
  else
    *gather.answer.add_replies() = std::move(reply);
}

// One part less to wait for.
void Services::part_done(std::uint64_t id) {
  const auto found = gathers_.find(id);
  if (--found->second.open > 0) return;
  output_.answer(found->second.asker, std::move(found->second.answer));
  gathers_.erase(found);
}

// ---- ends

void Services::refuse(std::uint64_t id, Routed why) {
  const v1::ServiceRequest& request = *calls_.at(id).request;
  switch (why) {
    case Routed::kNoKey:
      return fail(id, v1::Failure::NO_KEY, name_of(request) + ": nobody owns the key \"" + request.key() + "\"");
    case Routed::kBusy:
      return fail(id, v1::Failure::BUSY, name_of(request) + ": every worker has as much as it can take");
    default:
      return fail(id, v1::Failure::NO_WORKER,
                  name_of(request) + ": no worker serves \"" + request.service() + "\" now");
  }
}

void Services::fail(std::uint64_t id, v1::Failure::Code code, const std::string& text) {
  const Call& call = calls_.at(id);
  count_failed(code);
  if (call.gather != 0) {
    v1::ServiceAnswer& answer = gathers_.at(call.gather).answer;
    answer.set_missing(answer.missing() + 1);
  } else {
    if (const auto found = services_.find(call.request->service()); found != services_.end()) ++found->second.failed;
    output_.fail(call.asker, code, text);
  }
  finish(id);
}

void Services::count_failed(v1::Failure::Code code) {
  switch (code) {
    case v1::Failure::NO_WORKER:
      ++figures_.no_worker;
      break;
    case v1::Failure::NO_KEY:
      ++figures_.no_key;
      break;
    case v1::Failure::WORKER_DIED:
      ++figures_.died;
      break;
    case v1::Failure::BUSY:
      ++figures_.busy;
      break;
    default:
      ++figures_.timeouts;
  }
}

void Services::finish(std::uint64_t id) {
  const auto found = calls_.find(id);
  const Call& call = found->second;
  if (call.worker != nullptr) call.worker->open.erase(id);
  deadlines_.erase({call.deadline, id});
  waiting_.erase(id);
  calls_bytes_ -= call.bytes;
  const std::uint64_t gather = call.gather;
  calls_.erase(found);
  if (gather != 0) part_done(gather);
}

void Services::fail_calls(Worker& worker) {
  const std::vector<std::uint64_t> open(worker.open.begin(), worker.open.end());
  for (const std::uint64_t id : open) {
    const v1::ServiceRequest& request = *calls_.at(id).request;
    fail(id, v1::Failure::WORKER_DIED,
         name_of(request) + ": the worker " + worker.name + " died with it; whether it was done is not known");
  }
}

void Services::on_timer(MonoTime now) {
  now_ = now;
  if (warming_ && now >= warm_until_) end_warming();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const std::uint64_t id = deadlines_.begin()->second;
    const Call& call = calls_.at(id);
    const v1::ServiceRequest& request = *call.request;
    if (call.worker == nullptr) {  // it has not been given to anybody
      refuse(id, request.key().empty() ? Routed::kNoWorker : Routed::kNoKey);
      continue;
    }
    fail(id, v1::Failure::TIMEOUT,
         name_of(request) + ": no reply of " + call.worker->name + " in time; whether it was done is not known");
  }
}

MonoTime Services::next_deadline() const {
  MonoTime next = deadlines_.empty() ? MonoTime::max() : deadlines_.begin()->first;
  return warming_ ? std::min(next, warm_until_) : next;
}

}  // namespace cell0::broker
