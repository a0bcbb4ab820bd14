#include "gateway/services.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace cell0::gateway {
namespace {

// The broker counts from when it has the request; its answer is on its way a little longer.
constexpr Duration kGrace = std::chrono::seconds(1);

Duration timeout_of(const v1::ServiceRequest& request) {
  if (request.timeout_ms() == 0) return Services::kTimeoutDefault;
  return std::min<Duration>(Services::kTimeoutMax, std::chrono::milliseconds(request.timeout_ms()));
}

std::string name_of(const v1::ServiceRequest& request) { return request.service() + "." + request.method(); }

}  // namespace

void Services::call(v1::ServiceRequest request, Done done) {
  if (calls_.size() >= kCallsMax) {
    return refuse(std::move(done), {ErrorCode::kFull, name_of(request) + ": " + std::to_string(calls_.size()) +
                                                          " requests to services are open already"});
  }
  const std::uint64_t id = next_id_++;
  Call& call = calls_[id];
  call.deadline = clock_.mono() + timeout_of(request);
  call.request = std::move(request);
  call.done = std::move(done);
  if (source_.services_reachable())
    ask(id, call);
  else
    source_.deadline_moved();
}

void Services::ask(std::uint64_t id, Call& call) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(call.deadline - clock_.mono());
  call.request.set_timeout_ms(static_cast<std::uint32_t>(std::max<std::int64_t>(1, left.count())));
  call.asked = true;
  source_.ask_service(call.request, left + kGrace, [this, id, alive = alive_](Result<v1::ServiceAnswer> answer) {
    if (*alive) on_answer(id, std::move(answer));
  });
}

void Services::on_answer(std::uint64_t id, Result<v1::ServiceAnswer> answer) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  Call& call = found->second;
  call.asked = false;
  const bool broker_gone = !answer && answer.error().code == ErrorCode::kTimeout && clock_.mono() < call.deadline &&
                           !source_.services_reachable();
  if (broker_gone && !call.request.request_id().empty()) return source_.deadline_moved();  // on_connected() asks again
  if (answer && !call.request.gather() && answer->replies_size() != 1) {
    answer = Error{ErrorCode::kInternal, name_of(call.request) + ": the broker answered without a reply"};
  }
  finish(id, std::move(answer));
}

void Services::on_connected() {
  for (auto& [id, call] : calls_) {
    if (!call.asked) ask(id, call);
  }
}

void Services::on_timer() {
  const MonoTime now = clock_.mono();
  std::vector<std::uint64_t> over;
  for (const auto& [id, call] : calls_) {
    if (!call.asked && call.deadline <= now) over.push_back(id);
  }
  for (const std::uint64_t id : over) {
    const auto call = calls_.find(id);
    if (call == calls_.end()) continue;
    finish(id, Error{ErrorCode::kTimeout,
                     name_of(call->second.request) + ": the broker is away, and was not back in time"});
  }
}

MonoTime Services::next_deadline() const {
  MonoTime next = MonoTime::max();
  for (const auto& [id, call] : calls_) {
    if (!call.asked) next = std::min(next, call.deadline);
  }
  return next;
}

void Services::finish(std::uint64_t id, Result<v1::ServiceAnswer> answer) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  const Done done = std::move(found->second.done);
  calls_.erase(found);
  if (done) done(std::move(answer));
}

void Services::refuse(Done done, Error error) {
  source_.call_later([done = std::move(done), error = std::move(error)] {
    if (done) done(error);
  });
}

}  // namespace cell0::gateway
