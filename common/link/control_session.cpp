#include "common/link/control_session.h"

#include <algorithm>
#include <utility>

namespace cell0::link {
namespace {

Error error_of(const v1::Failure& failure) {
  switch (failure.code()) {
    case v1::Failure::TOO_LARGE:
      return {ErrorCode::kTooLarge, failure.text()};
    case v1::Failure::UNAVAILABLE:
    case v1::Failure::NO_WORKER:
    case v1::Failure::WORKER_DIED:
      return {ErrorCode::kUnavailable, failure.text()};
    case v1::Failure::NO_KEY:
      return {ErrorCode::kNotFound, failure.text()};
    case v1::Failure::TIMEOUT:
      return {ErrorCode::kTimeout, failure.text()};
    case v1::Failure::BUSY:
      return {ErrorCode::kFull, failure.text()};
    default:
      return {ErrorCode::kInvalid, failure.text()};
  }
}

}  // namespace

Error ControlSession::unavailable() const {
  return {ErrorCode::kUnavailable, options_.endpoint + ": no answer from a broker (is cell0-broker running there?)"};
}

Result<void> ControlSession::request(v1::Request&& body, Duration timeout, OnAnswer& done) {
  if (!connected_) return unavailable();
  if (open_.size() >= options_.requests_max) {
    return Error{ErrorCode::kUnavailable, std::to_string(open_.size()) + " requests to the broker are open already"};
  }
  body.set_id(next_id_++);
  if (auto sent = send(body); !sent) return sent;
  open_.emplace(body.id(), Open{clock_.mono() + timeout, std::move(done)});
  return {};
}

Result<void> ControlSession::send(const v1::Request& request) {
  const std::string bytes = request.SerializeAsString();
  if (bytes.size() > options_.message_bytes_max) {
    return Error{ErrorCode::kTooLarge, "a request of " + std::to_string(bytes.size()) + " bytes is over the limit of " +
                                           std::to_string(options_.message_bytes_max)};
  }
  auto sent = wire_.send(bytes);
  if (!sent) return Error{ErrorCode::kUnavailable, options_.endpoint + ": " + sent.error().text};
  return {};
}

void ControlSession::say_hello() {
  v1::Request request;
  request.set_id(next_id_++);
  request.mutable_hello()->set_name(options_.name);
  request.mutable_hello()->set_role(options_.role);
  const MonoTime now = clock_.mono();
  hello_at_ = now + options_.probe_interval;
  hello_waits_ = true;
  silence_until_ = now + options_.silence_max;
  static_cast<void>(send(request));  // what cannot be sent is not answered, and ends as silence does
}

void ControlSession::on_message(std::string_view bytes) {
  v1::Response response;
  if (!response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;  // a deadline will tell
  hello_waits_ = false;  // whatever it says, it is there; should the hello's own answer be lost, the next hello is due
  if (response.id() == 0) return tell(response);
  if (response.has_hello()) return on_hello(response.hello());
  const auto found = open_.find(response.id());
  if (found == open_.end()) return;  // it came after its deadline
  const OnAnswer done = std::move(found->second.done);
  open_.erase(found);
  if (response.has_failure()) return done(error_of(response.failure()));
  done(std::move(response));
}

void ControlSession::on_hello(const v1::HelloAnswer& hello) {
  if (connected_ && hello.boot_id() != hello_.boot_id()) lose_broker();
  hello_ = hello;
  if (std::exchange(connected_, true)) return;
  tell(true);
}

void ControlSession::lose_broker() {
  if (std::exchange(connected_, false)) tell(false);
  fail(false);
}

void ControlSession::start_over() {
  lose_broker();
  wire_.start_over();
  say_hello();
}

void ControlSession::fail(bool expired_only) {
  const MonoTime now = clock_.mono();
  std::vector<OnAnswer> failed;
  for (auto it = open_.begin(); it != open_.end();) {
    if (expired_only && it->second.deadline > now) {
      ++it;
      continue;
    }
    failed.push_back(std::move(it->second.done));
    it = open_.erase(it);
  }
  const char* why = expired_only ? ": no answer in time" : ": the broker went away before it answered";
  for (const OnAnswer& done : failed) done(Error{ErrorCode::kTimeout, options_.endpoint + why});
}

void ControlSession::tell(bool connected) {
  for (const OnState& handler : state_handlers_) handler(connected);
}

void ControlSession::tell(const v1::Response& notice) {
  for (const OnNotice& handler : notice_handlers_) handler(notice);
}

MonoTime ControlSession::next_deadline() const {
  MonoTime next = hello_waits_ ? silence_until_ : hello_at_;
  for (const auto& [id, open] : open_) next = std::min(next, open.deadline);
  return next;
}

void ControlSession::on_timer() {
  fail(true);
  const MonoTime now = clock_.mono();
  if (hello_waits_ && now >= silence_until_)
    start_over();
  else if (!hello_waits_ && now >= hello_at_)
    say_hello();
}

}  // namespace cell0::link
