// Services: the workers, their leases, keys and epochs. The requests stand in services_calls.cpp.
#include "broker/services.h"

#include <algorithm>
#include <utility>

namespace cell0::broker {
namespace {

constexpr std::size_t kIncarnationBytes = 16;
constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kKeyBytesMax = 128;
constexpr std::uint32_t kCapacityMax = 100'000;
constexpr std::size_t kEpochsKept = 8;   // of one worker: events under older ones are long answered
constexpr std::size_t kEndedMax = 4096;  // workers whose end is remembered
constexpr int kCallBits = 10;            // 2^30 calls at least until the next run's numbers

bool is_name(std::string_view name, bool upper) {
  const auto right = [upper](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' ||
           (upper && c >= 'A' && c <= 'Z');
  };
  return !name.empty() && name.size() <= kNameBytesMax && std::all_of(name.begin(), name.end(), right);
}

Error invalid(std::string text) { return {ErrorCode::kInvalid, std::move(text)}; }

Result<void> check(const v1::WorkerRequest& request) {
  if (!is_name(request.service(), false)) return invalid("worker.service: not a name (1-64 of a-z 0-9 _ . -)");
  if (!is_name(request.worker(), true)) return invalid("worker.worker: not a name (1-64 of A-Z a-z 0-9 _ . -)");
  if (request.incarnation().size() != kIncarnationBytes) return invalid("worker.incarnation: not 16 bytes");
  if (request.capacity() == 0 || request.capacity() > kCapacityMax) {
    return invalid("worker.capacity: " + std::to_string(request.capacity()) + " is not 1-100000");
  }
  return {};
}

}  // namespace

Services::Services(const ServiceBounds& bounds, Seq start, MonoTime now, bool warm, ServiceOutput& output)
    : bounds_(bounds),
      output_(output),
      first_epoch_(start.value),
      next_epoch_(start.value),
      next_call_(start.value << kCallBits),
      warming_(warm),
      warm_until_(now + bounds.workers.lease - bounds.workers.tick),
      now_(now),
      workers_(bounds.workers, now),
      ids_(bounds.ids_max, bounds.id_age_max) {}

Services::~Services() = default;

void Services::restore(const ServiceNote& note) {
  Service& service = services_[note.service];
  service.name = note.service;
  service.state = note.state;
  service.active = note.active.value_or("");
  if (warming_) service.saved_active = service.active;
}

std::string Services::id_of(const v1::WorkerRequest& request) {
  return request.service() + ' ' + request.incarnation();
}

// ---- registered, renewed, left

Result<v1::WorkerAnswer> Services::take_worker(const v1::WorkerRequest& request, std::string_view peer, MonoTime now) {
  if (auto checked = check(request); !checked) return checked.error();
  note_time(now);
  if (request.leaving()) return leave(request);
  if (request.epoch() == 0) return begin(request, peer, now);
  Worker* worker = workers_.find(id_of(request));
  if (worker == nullptr && request.epoch() < first_epoch_) {
    return Error{ErrorCode::kUnavailable, "worker: the broker has started anew; register again, with all that you own"};
  }
  if (worker == nullptr || std::count(worker->epochs.begin(), worker->epochs.end(), request.epoch()) == 0) {
    return fenced(request);
  }
  workers_.renew(worker->id, now);
  worker->capacity = request.capacity();
  const bool moved = std::exchange(worker->peer, std::string(peer)) != peer;
  for (const v1::ServiceKey& key : request.keys()) claim(*worker, key, false);
  for (const std::string& key : request.keys_gone()) release(*worker, key);
  v1::WorkerAnswer answer = answer_to(*worker, worker->epoch() != request.epoch());
  after_answer_.push_back({worker->id, moved});
  return answer;
}

// It says all that it has, whether we know it or not.
Result<v1::WorkerAnswer> Services::begin(const v1::WorkerRequest& request, std::string_view peer, MonoTime now) {
  const std::string id = id_of(request);
  const auto ended = ended_.find(id);
  const bool there = workers_.find(id) != nullptr;
  if (ended != ended_.end() && !there && !ended->second.told) return fenced(request);
  auto admitted = admit(request, now);
  if (!admitted) return admitted.error();
  Worker& worker = **admitted;
  worker.peer = peer;
  worker.capacity = request.capacity();
  worker.epochs.push_back(next_epoch_++);
  if (worker.epochs.size() > kEpochsKept) worker.epochs.erase(worker.epochs.begin());
  const auto before = std::exchange(worker.keys, {});
  for (const auto& [key, will] : before) forget_key(worker, key, will);
  for (const v1::ServiceKey& key : request.keys()) {
    claim(worker, key, ended != ended_.end() && !there);
  }
  for (const std::string& request_id : request.accepted()) {
    ids_.put(worker.service->name, request_id, worker.id, now);
  }
  after_answer_.push_back({worker.id, true});
  return answer_to(worker, true);
}

// The worker's entry, made if it is new.
Result<Services::Worker*> Services::admit(const v1::WorkerRequest& request, MonoTime now) {
  const std::string id = id_of(request);
  if (Worker* known = workers_.find(id)) {
    workers_.renew(id, now);
    return known;
  }
  auto service = service_for(request);
  if (!service) return service.error();
  // The same worker, started anew: the one before is dead, whatever its lease says.
  const auto& all = (*service)->workers;
  const auto same =
      std::find_if(all.begin(), all.end(), [&request](const Worker* other) { return other->name == request.worker(); });
  if (same != all.end()) {
    Worker& before = **same;
    ++figures_.workers_gone;
    end(before, false, "gone, for it has started anew");
    workers_.erase(std::string(before.id));
    service = service_for(request);  // it may have been the last one
    if (!service) return service.error();
  }
  Worker* worker = workers_.renew(id, now);
  if (worker == nullptr) {
    drop_if_unused(**service);
    return Error{ErrorCode::kFull, "services: " + std::to_string(workers_.size()) + " workers are registered already"};
  }
  worker->id = id;
  worker->name = request.worker();
  worker->service = *service;
  (*service)->workers.push_back(worker);
  output_.note("registered", worker->service->name, worker->name);
  activate_first(**service, *worker);
  return worker;
}

Result<Services::Service*> Services::service_for(const v1::WorkerRequest& request) {
  const auto found = services_.find(request.service());
  if (found == services_.end()) {
    if (services_.size() >= bounds_.services_max) {
      return Error{ErrorCode::kFull, "services: " + std::to_string(services_.size()) + " are known already"};
    }
    Service& made = services_[request.service()];
    made.name = request.service();
    made.exclusive = request.exclusive();
    return &made;
  }
  Service& service = found->second;
  if (service.workers.empty()) service.exclusive = request.exclusive();
  if (service.exclusive == request.exclusive()) return &service;
  return invalid("worker.exclusive: " + service.name + " is " + (service.exclusive ? "" : "not ") +
                 "exclusive, as its first worker said");
}

// A new worker serves at once, but for an exclusive service that has an active one, or is about to have the one of the
// run before again.
void Services::activate_first(Service& service, Worker& worker) {
  if (!service.exclusive) {
    worker.active = true;
    return;
  }
  const auto active =
      std::find_if(service.workers.begin(), service.workers.end(), [](const Worker* other) { return other->active; });
  if (active != service.workers.end()) return;
  const std::string incarnation = worker.id.substr(service.name.size() + 1);
  const bool kept = warming_ && !service.saved_active.empty() && service.saved_active != incarnation;
  if (!kept) set_active(service, worker);
}

void Services::set_active(Service& service, Worker& worker) {
  worker.active = true;
  service.saved_active.clear();
  service.active = worker.id.substr(service.name.size() + 1);
  service.active_changed = true;
  output_.note("active", service.name, worker.name);
}

v1::WorkerAnswer Services::fenced(const v1::WorkerRequest& request) {
  ++figures_.workers_fenced;
  if (const auto ended = ended_.find(id_of(request)); ended != ended_.end()) ended->second.told = true;
  v1::WorkerAnswer answer;
  answer.set_service(request.service());
  answer.set_status(v1::WorkerAnswer::FENCED);
  answer.set_epoch(request.epoch());
  for (const v1::ServiceKey& key : request.keys()) answer.add_lost(key.key());
  return answer;
}

v1::WorkerAnswer Services::answer_to(Worker& worker, bool with_state) {
  v1::WorkerAnswer answer;
  answer.set_service(worker.service->name);
  answer.set_status(worker.active ? v1::WorkerAnswer::ACTIVE : v1::WorkerAnswer::STANDBY);
  answer.set_epoch(worker.epoch());
  const auto lease = std::chrono::duration_cast<std::chrono::milliseconds>(bounds_.workers.lease);
  answer.set_lease_ms(static_cast<std::uint32_t>(lease.count()));
  if (worker.active && with_state && worker.service->state) {
    answer.set_state(*worker.service->state);
    answer.set_has_state(true);
  }
  for (std::string& key : worker.refused) answer.add_lost(std::move(key));
  worker.refused.clear();
  return answer;
}

v1::WorkerAnswer Services::leave(const v1::WorkerRequest& request) {
  Worker* worker = workers_.find(id_of(request));
  const bool there = worker != nullptr && std::count(worker->epochs.begin(), worker->epochs.end(), request.epoch()) > 0;
  if (there) {
    for (const std::string& key : request.keys_gone()) release(*worker, key);
    end(*worker, true, "has left");
    workers_.erase(std::string(worker->id));
  }
  v1::WorkerAnswer answer;
  answer.set_service(request.service());
  answer.set_status(v1::WorkerAnswer::FENCED);
  answer.set_epoch(request.epoch());
  return answer;
}

void Services::answered() {
  const auto answered = std::exchange(after_answer_, {});
  for (const auto& [id, moved] : answered) {
    if (Worker* worker = workers_.find(id)) send_again(*worker, moved);
  }
  settle_waiting();
}

// ---- gone

// Takes everything from it but its entry. `told`: it knows.
void Services::end(Worker& worker, bool told, std::string_view why) {
  Service& service = *worker.service;
  output_.note(why, service.name, worker.name);
  std::erase(service.workers, &worker);
  const bool was_active = std::exchange(worker.active, false);
  remember_end(worker.id, told);
  const auto keys = std::exchange(worker.keys, {});
  for (const auto& [key, will] : keys) forget_key(worker, key, will);
  fail_calls(worker);
  for (const auto& [key, will] : keys) {
    if (will.empty()) continue;
    ++figures_.wills;
    output_.publish_will(will);
  }
  if (service.exclusive && was_active) promote(service);
  drop_if_unused(service);
}

void Services::remember_end(const std::string& id, bool told) {
  ended_[id] = {told, ++ended_number_};
  ended_order_.emplace_back(id, ended_number_);
  while (ended_order_.size() > kEndedMax) {
    const auto found = ended_.find(ended_order_.front().first);
    if (found != ended_.end() && found->second.number == ended_order_.front().second) ended_.erase(found);
    ended_order_.pop_front();
  }
}

// The next one is told; the one before is gone.
void Services::promote(Service& service) {
  service.active.clear();
  service.active_changed = true;
  if (service.workers.empty() || !service.exclusive) return;
  Worker& next = *service.workers.front();
  set_active(service, next);
  next.epochs.push_back(next_epoch_++);
  v1::Response notice;
  *notice.mutable_worker() = answer_to(next, true);
  output_.send(next.peer, notice);  // if it is lost, the answer to its next renewal says the same
}

void Services::drop_if_unused(Service& service) {
  if (!service.workers.empty() || service.state || !service.saved_active.empty() || service.active_changed) return;
  services_.erase(services_.find(service.name));
}

// ---- keys

// `ended`: it owned the key in a registration that has ended, and so no more.
void Services::claim(Worker& worker, const v1::ServiceKey& key, bool ended) {
  Service& service = *worker.service;
  const auto owner = service.owners.find(key.key());
  const auto known = worker.keys.find(key.key());
  const std::size_t before = known == worker.keys.end() ? 0 : key.key().size() + known->second.size();
  const std::size_t bytes = keys_bytes_ - before + key.key().size() + key.will().size();
  const bool others = owner != service.owners.end() && owner->second != &worker;
  const bool full = (before == 0 && keys_ >= bounds_.keys_max) || bytes > bounds_.keys_bytes_max;
  const bool wrong = key.key().empty() || key.key().size() > kKeyBytesMax;
  if (ended || others || full || wrong || !worker.active) {
    ++figures_.keys_refused;
    if (worker.refused.size() < bounds_.keys_max) worker.refused.push_back(key.key());
    return;
  }
  if (before == 0) ++keys_;
  keys_bytes_ = bytes;
  worker.keys[key.key()] = key.will();
  service.owners[key.key()] = &worker;
}

void Services::release(Worker& worker, const std::string& key) {
  const auto known = worker.keys.find(key);
  if (known == worker.keys.end()) return;
  const std::string will = std::move(known->second);
  worker.keys.erase(known);
  forget_key(worker, key, will);
}

void Services::forget_key(Worker& worker, const std::string& key, const std::string& will) {
  --keys_;
  keys_bytes_ -= key.size() + will.size();
  worker.service->owners.erase(key);
}

// ---- epochs and state

bool Services::holds(std::string_view service, std::uint64_t epoch) const {
  const auto found = services_.find(service);
  return found != services_.end() && by_epoch(found->second, epoch) != nullptr;
}

Services::Worker* Services::by_epoch(const Service& service, std::uint64_t epoch) const {
  const auto has = [epoch](const Worker* worker) {
    return worker->active && std::count(worker->epochs.begin(), worker->epochs.end(), epoch) > 0;
  };
  const auto found = std::find_if(service.workers.begin(), service.workers.end(), has);
  return found == service.workers.end() ? nullptr : *found;
}

Result<void> Services::check_state(const v1::ServiceStateRequest& request) const {
  if (request.state().size() <= bounds_.state_bytes_max) return {};
  return Error{ErrorCode::kTooLarge, "service_state.state: " + std::to_string(request.state().size()) +
                                         " bytes, at most " + std::to_string(bounds_.state_bytes_max) + " are kept"};
}

void Services::put_state(const std::string& name, std::string state) {
  const auto found = services_.find(name);
  if (found == services_.end()) return;  // its only worker went meanwhile; a next run will find it
  found->second.state.reset();
  if (!state.empty()) found->second.state = std::move(state);
}

void Services::take_notes(std::vector<ServiceNote>& notes) {
  for (auto entry = services_.begin(); entry != services_.end();) {
    Service& service = (entry++)->second;
    if (!std::exchange(service.active_changed, false)) continue;
    ServiceNote& note = notes.emplace_back();
    note.service = service.name;
    note.active = service.active;
    drop_if_unused(service);
  }
}

void Services::not_committed(const std::vector<ServiceNote>& notes) {
  for (const ServiceNote& note : notes) {
    const auto found = services_.find(note.service);
    if (note.active && found != services_.end()) found->second.active_changed = true;
  }
}

// ---- time

void Services::note_time(MonoTime now) {
  now_ = now;
  warm_until_ += workers_.note_stall(now);
}

void Services::tick(MonoTime now) {
  note_time(now);
  figures_.workers_gone += workers_.expire(
      now, [this](const std::string&, Worker& worker) { end(worker, false, "gone, its lease is over"); });
  settle_waiting();
  on_timer(now);
}

void Services::end_warming() {
  warming_ = false;
  for (auto entry = services_.begin(); entry != services_.end();) {
    Service& service = (entry++)->second;
    if (std::exchange(service.saved_active, {}).empty()) continue;
    promote(service);  // whoever was active is not back
    drop_if_unused(service);
  }
  settle_waiting();
}

v1::ServicesAnswer Services::list() const {
  v1::ServicesAnswer answer;
  for (const auto& [name, service] : services_) {
    v1::ServiceInfo& info = *answer.add_services();
    info.set_name(name);
    info.set_exclusive(service.exclusive);
    info.set_requests(service.requests);
    info.set_failed(service.failed);
    info.set_state_bytes(service.state ? service.state->size() : 0);
    for (const Worker* worker : service.workers) {
      v1::WorkerInfo& about = *info.add_workers();
      about.set_worker(worker->name);
      about.set_active(worker->active);
      about.set_epoch(worker->epoch());
      about.set_capacity(worker->capacity);
      about.set_keys(static_cast<std::uint32_t>(worker->keys.size()));
      about.set_open_calls(static_cast<std::uint32_t>(worker->open.size()));
      about.set_calls(worker->calls);
    }
  }
  return answer;
}

Services::Figures Services::figures() const {
  Figures figures = figures_;
  figures.services = services_.size();
  figures.workers = workers_.size();
  figures.keys = keys_;
  figures.calls = calls_.size();
  figures.waiting = waiting_.size();
  return figures;
}

}  // namespace cell0::broker
