#include "broker/control/service_desk.h"

#include <utility>

#include "cell0/v1/event.pb.h"

namespace cell0::broker {
namespace {

ServiceBounds bounds_of(const Limits& limits) {
  ServiceBounds bounds;
  bounds.services_max = limits.services_max;
  bounds.workers = {limits.workers_max, limits.worker_lease, limits.heartbeat_interval};
  bounds.keys_max = limits.service_keys_max;
  bounds.keys_bytes_max = limits.service_keys_bytes_max;
  bounds.calls_max = limits.service_calls_max;
  bounds.calls_bytes_max = limits.service_calls_bytes_max;
  bounds.ids_max = limits.service_ids_max;
  bounds.id_age_max = limits.service_id_age_max;
  bounds.state_bytes_max = limits.service_state_bytes_max;
  bounds.gathered_bytes_max = limits.service_bytes_max;
  return bounds;
}

}  // namespace

ServiceDesk::ServiceDesk(asio::io_context& io, const Limits& limits, Seq start, bool warm, Intake& intake,
                         Answers& answers, const Clock& clock, Random& random, Log& log)
    : intake_(intake),
      answers_(answers),
      clock_(clock),
      log_(log),
      ids_(clock, random),
      services_(bounds_of(limits), start, clock.mono(), warm, *this),
      timer_(io) {
  arm();
}

Result<void> ServiceDesk::take_worker(std::string_view peer, std::uint64_t id, const v1::WorkerRequest& request) {
  if (auto checked = check_wills(request.keys()); !checked) return checked;
  auto taken = services_.take_worker(request, peer, clock_.mono());
  if (!taken) return taken.error();
  v1::Response response;
  response.set_id(id);
  *response.mutable_worker() = std::move(*taken);
  answers_.send(peer, response);
  services_.answered();
  done();
  return {};
}

Result<void> ServiceDesk::take_request(std::string_view peer, std::uint64_t id, v1::ServiceRequest request) {
  auto taken = services_.take_request(std::move(request), {std::string(peer), id}, clock_.mono());
  done();
  return taken;
}

Result<v1::ServiceReplyAnswer> ServiceDesk::take_reply(v1::ServiceReplyRequest request) {
  if (auto checked = check_wills(request.keys()); !checked) return checked.error();
  auto answer = services_.take_reply(std::move(request), clock_.mono());
  done();
  return answer;
}

Result<std::optional<v1::ServiceStateAnswer>> ServiceDesk::take_state(std::string_view peer, std::uint64_t id,
                                                                      v1::ServiceStateRequest request) {
  if (auto checked = services_.check_state(request); !checked) return checked.error();
  if (services_.may_return(request.epoch())) {
    return Error{ErrorCode::kUnavailable, "service_state.epoch: the worker has not registered again yet"};
  }
  if (!services_.holds(request.service(), request.epoch())) {
    v1::ServiceStateAnswer fenced;
    fenced.set_fenced(true);
    return std::optional(fenced);
  }
  if (waiting_.size() >= kStatesMax) {
    return Error{ErrorCode::kUnavailable, "service_state: " + std::to_string(waiting_.size()) + " wait to be stored"};
  }
  ServiceNote& note = intake_.notes().services.emplace_back();
  note.service = std::move(*request.mutable_service());
  note.state = std::move(*request.mutable_state());
  waiting_.push_back({intake_.gathered_turn(), std::string(peer), id});
  return std::optional<v1::ServiceStateAnswer>();
}

template <typename Keys>
Result<void> ServiceDesk::check_wills(const Keys& keys) {
  for (const v1::ServiceKey& key : keys) {
    if (key.will().empty()) continue;
    if (auto checked = intake_.check(key.will()); !checked) {
      return Error{checked.error().code, "keys: the will of \"" + key.key() + "\": " + checked.error().text};
    }
  }
  return {};
}

void ServiceDesk::settled(const Drafts& drafts, const Result<void>& result) {
  if (result) {
    for (const ServiceNote& note : drafts.notes.services) {
      if (note.state) services_.put_state(note.service, *note.state);
    }
  }
  std::vector<Waiting> others;
  for (Waiting& waiting : waiting_) {
    if (waiting.turn != drafts.turn) {
      others.push_back(std::move(waiting));
    } else if (result) {
      v1::Response response;
      response.set_id(waiting.id);
      response.mutable_service_state();
      answers_.send(waiting.peer, response);
    } else {
      answers_.fail(waiting.peer, waiting.id, {ErrorCode::kUnavailable, result.error().text});
    }
  }
  waiting_ = std::move(others);
  publish_wills();  // more of many
}

void ServiceDesk::tick() {
  services_.tick(clock_.mono());
  done();
}

// What follows from whatever has happened.
void ServiceDesk::done() {
  publish_wills();
  services_.take_notes(intake_.notes().services);
  arm();
}

// With this moment's time and a new id: the worker made it when it began.
void ServiceDesk::publish_wills() {
  for (std::size_t published = 0; published < kWillsPerTurnMax && !wills_.empty(); ++published) {
    v1::Envelope event;
    event.ParseFromString(wills_.front());  // it was checked when it came
    event.set_id(std::string(ids_.next().raw()));
    event.set_time_us(to_unix_us(clock_.wall()));
    const auto taken = intake_.take(event.SerializeAsString());
    if (!taken && taken.error().code == ErrorCode::kFull) return;
    if (!taken) log_.warn("service: a will is not published", {{"reason", taken.error().text}});
    wills_.pop_front();
  }
}

bool ServiceDesk::send(std::string_view peer, const v1::Response& notice) { return answers_.send(peer, notice); }

void ServiceDesk::answer(const Asker& asker, v1::ServiceAnswer answer) {
  v1::Response response;
  response.set_id(asker.id);
  *response.mutable_service() = std::move(answer);
  answers_.send(asker.peer, response);
}

void ServiceDesk::fail(const Asker& asker, v1::Failure::Code code, const std::string& text) {
  answers_.fail(asker.peer, asker.id, code, text);
}

void ServiceDesk::note(std::string_view what, const std::string& service, const std::string& worker) {
  log_.info(std::string("worker: ") + std::string(what), {{"service", service}, {"worker", worker}});
}

// Early is harmless: it looks and sleeps again.
void ServiceDesk::arm() {
  const MonoTime next = services_.next_deadline();
  if (next == MonoTime::max() || (armed_for_ && *armed_for_ <= next)) return;
  armed_for_ = next;
  timer_.expires_after(next - clock_.mono());
  timer_.async_wait([this, alive = alive_](const asio::error_code& error) {
    if (error || !*alive) return;
    armed_for_.reset();
    services_.on_timer(clock_.mono());
    done();
    intake_.commit();
  });
}

}  // namespace cell0::broker
