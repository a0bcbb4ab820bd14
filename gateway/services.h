// Requests of clients to services (docs/services.md), by way of the broker, which knows who serves what.
//
// While the broker is away requests wait for it, within their time. One that was under way when it went is asked again
// if it has a request id (a worker does not run that twice), else it ends with kTimeout. Bounded: kCallsMax open calls;
// more are refused with kFull. Pure: no socket, no timer; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/result.h"

namespace cell0::gateway {

// The broker.
class ServiceSource {
 public:
  using OnAnswer = std::function<void(Result<v1::ServiceAnswer>)>;

  virtual ~ServiceSource() = default;
  virtual bool services_reachable() const = 0;
  // `done` is called exactly once, later. REQUIRES: services_reachable().
  virtual void ask_service(const v1::ServiceRequest& request, Duration timeout, OnAnswer done) = 0;
  // `call` is to be called later in this turn, or in the next.
  virtual void call_later(std::function<void()> call) = 0;
  // Services::next_deadline() may have come nearer.
  virtual void deadline_moved() = 0;
};

class Services {
 public:
  static constexpr std::size_t kCallsMax = 512;
  static constexpr Duration kTimeoutDefault = std::chrono::seconds(30);
  static constexpr Duration kTimeoutMax = std::chrono::minutes(5);

  using Done = std::function<void(Result<v1::ServiceAnswer>)>;

  // Both outlive it.
  Services(ServiceSource& source, const Clock& clock) : source_(source), clock_(clock) {}
  ~Services() { *alive_ = false; }
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  // Asks; `done` is called once, later: within the request's timeout_ms (0: kTimeoutDefault) and
  // a second. A worker's own error is not an Error but in the reply (replies(0).error()). Without
  // `gather` there is exactly one reply.
  //   kUnavailable  no worker serves this now; or who had the request died, and whether it was done is not known
  //   kNotFound     nobody owns the key
  //   kFull         every worker has as much as it can take; or too many calls are open
  //   kTimeout      no answer in time: whether it was done is not known
  //   kInvalid, kTooLarge  the request as such is wrong
  // Whoever asked may be gone when `done` comes: it holds what it needs weakly.
  void call(v1::ServiceRequest request, Done done);

  // The link to the broker is there (again): what waits is asked.
  void on_connected();
  // Ends what has waited for the broker for too long. Early is harmless.
  void on_timer();
  MonoTime next_deadline() const;  // of what waits; the farthest future: nothing does

  std::size_t open_calls() const { return calls_.size(); }

 private:
  struct Call {
    v1::ServiceRequest request;
    Done done;
    MonoTime deadline{};
    bool asked = false;  // under way
  };

  void ask(std::uint64_t id, Call& call);
  void on_answer(std::uint64_t id, Result<v1::ServiceAnswer> answer);
  void finish(std::uint64_t id, Result<v1::ServiceAnswer> answer);
  void refuse(Done done, Error error);

  ServiceSource& source_;
  const Clock& clock_;
  std::map<std::uint64_t, Call> calls_;  // in the order they came
  std::uint64_t next_id_ = 1;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::gateway
