// What a worker of a service keeps and says, without the socket (docs/services.md; Services in control.proto): its
// registration and lease, the calls that it was given, the keys that it owns, and the replies that a retry gets again.
//
// Pure state: messages and times in, messages and calls of the observer out; one thread. The owner sends what
// next_request() gives, also when next_deadline() has come, and hands the answers back. Bounded by
// WorkerOptions; the policy for each bound stands there.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "cell0/v1/event.pb.h"
#include "common/clock.h"
#include "common/link/backoff.h"
#include "common/random.h"
#include "common/result.h"
#include "common/uuid.h"

namespace cell0::link {

struct WorkerOptions {
  std::string service;          // 1-64 of [a-z0-9_.-]
  std::string name;             // of this worker, for people and in replies: 1-64 of [A-Za-z0-9_.-], one of a kind
  std::uint32_t capacity = 64;  // calls and keys at once, 1-100,000: beyond it calls without a key go elsewhere
  bool exclusive = false;       // of this service one worker is active, the others stand by
  Duration renew_interval = std::chrono::seconds(2);
  Duration reply_kept = std::chrono::minutes(10);  // for a retry with the same request id
  std::size_t replies_max = 4096;                  // kept; over it, and over the next, the oldest is forgotten
  std::size_t replies_bytes_max = 16u << 20;
  std::size_t keys_bytes_max = 2u << 20;  // keys and their wills; over it own() says kFull
};

// A call that the worker was given. It is to be answered once, with reply() or fail(), before or after `deadline`:
// after it nobody may be waiting any more.
struct IncomingCall {
  std::uint64_t id = 0;
  std::string method;
  std::string request_id;  // may be empty
  std::string key;         // may be empty
  std::string body;
  v1::ServiceCaller caller;  // authenticated by the gateway
  MonoTime deadline{};
};

// Called on the loop's thread, never inside a call of the worker's own functions. It may call the worker; it must not
// destroy it.
class WorkerObserver {
 public:
  virtual ~WorkerObserver() = default;

  virtual void on_call(IncomingCall call) = 0;

  // It serves from now on; with the service's state blob, if there is one. Also called when it serves again after the
  // broker was gone or started anew: then its keys are still its own, but for those that on_fenced() named before.
  virtual void on_active(std::optional<std::string> state) = 0;

  // Another worker serves (exclusive services). If it was active: whatever it did is the other's now.
  virtual void on_standby() {}

  // These keys are not its any more; their wills are published. It was silent for too long, or another has them: stop
  // what runs for them. Calls that were open then are answered already; a reply to them does no harm.
  virtual void on_fenced(std::vector<std::string> lost_keys) = 0;
};

class WorkerSession {
 public:
  // What it is published under, or nothing; `lost`: what is not published yet was of a fence that is over.
  using OnFence = std::function<void(const std::optional<v1::Fence>& fence, bool lost)>;

  struct Outgoing {
    std::uint64_t token = 0;  // for on_answer()
    v1::Request request;
    Duration timeout{};
  };

  // `incarnation`: 16 bytes, of this session alone. All references outlive it.
  WorkerSession(WorkerOptions options, std::string incarnation, const Clock& clock, Random& random,
                WorkerObserver& observer);

  void on_fence(OnFence handler) { fence_handlers_.push_back(std::move(handler)); }

  // Whether the broker is there. Down and up again: another broker, or one that may have forgotten it.
  void on_link(bool up);
  void on_notice(const v1::Response& notice);

  // What is to be sent now, if the link is up; to be called until it gives nothing, after each other call.
  std::optional<Outgoing> next_request();
  void on_answer(std::uint64_t token, const Result<v1::Response>& answer);

  // next_request() may give something then although it gives nothing now.
  MonoTime next_deadline() const;

  // As Worker's.
  void reply(std::uint64_t call_id, std::string body);
  void fail(std::uint64_t call_id, std::string code, std::string text);
  Result<void> own(std::string key, const std::optional<v1::Envelope>& will);
  void disown(const std::string& key);
  const std::string& service() const { return options_.service; }
  std::size_t keys() const { return keys_.size(); }
  // An error: refused, and `done` is not taken.
  Result<void> put_state(std::string state, std::function<void(Result<void>)>& done);
  std::optional<v1::Fence> fence() const;
  bool active() const { return phase_ == Phase::kActive; }
  std::size_t open_calls() const { return calls_.size(); }
  void leave(std::function<void()> done);

 private:
  enum class Phase { kAway, kRegistering, kStandby, kActive, kLeaving, kGone };
  enum class Kind { kRegister, kRenew, kReply, kState, kLeave };

  struct Key {
    std::string will;
    bool told = false;
  };
  struct Open {
    std::string request_id;
    std::vector<std::uint64_t> joined;  // calls with the same request id, answered with it
  };
  struct Kept {
    std::string request_id;
    MonoTime at{};
  };
  struct Reply {
    std::string body;
    std::optional<v1::ServiceError> error;

    std::size_t bytes() const { return body.size() + (error ? error->ByteSizeLong() : 0); }
  };
  struct Put {
    std::string state;
    std::function<void(Result<void>)> done;
  };
  struct InFlight {
    Kind kind = Kind::kRenew;
    std::uint64_t call = 0;
    std::vector<std::string> keys = {};  // that it told
    std::vector<std::string> keys_gone = {};
    std::function<void(Result<void>)> done = {};
  };

  Outgoing outgoing(v1::Request request, Duration timeout, InFlight sent);
  void introduce(v1::WorkerRequest& worker) const;
  Outgoing registration();
  Outgoing renewal();
  Outgoing next_reply();
  Outgoing next_put();
  Outgoing leaving();
  template <typename Message>
  void put_keys(Message& message, InFlight& sent);
  void take_back(const InFlight& sent);

  void on_worker_answer(const v1::WorkerAnswer& answer, bool registered);
  void on_active(const v1::WorkerAnswer& answer, bool registered);
  void on_standby(const v1::WorkerAnswer& answer);
  void on_fenced();
  void lose_all();
  void refuse_puts(const Error& error);
  void on_failed(InFlight sent, const Error& error);
  void on_reply_answer(const InFlight& sent, const v1::ServiceReplyAnswer& answer);
  void on_call(const v1::ServiceCall& call);
  void answer(std::uint64_t call_id, Reply reply);
  void send_reply(std::uint64_t call_id, Reply reply);
  void keep(const std::string& request_id, Reply reply);
  void forget_replies();
  bool forget_key(const std::string& key);
  void tell_fence(bool lost);
  bool has_news() const;

  WorkerOptions options_;
  std::string incarnation_;
  const Clock& clock_;
  Random& random_;
  WorkerObserver& observer_;
  std::vector<OnFence> fence_handlers_;
  UuidGenerator ids_;
  Backoff backoff_;

  Phase phase_ = Phase::kAway;
  bool link_up_ = false;
  bool served_ = false;      // it was active under epoch_, as far as it knows
  std::uint64_t epoch_ = 0;  // of the last answer
  MonoTime register_at_{};
  MonoTime renew_at_{};
  bool telling_ = false;  // a registration or renewal is under way
  bool putting_ = false;  // a state

  std::map<std::string, Key> keys_;
  std::size_t keys_bytes_ = 0;
  std::vector<std::string> keys_gone_;  // not told yet
  bool news_ = false;                   // some keys may not be told yet
  std::unordered_map<std::uint64_t, Open> calls_;
  std::unordered_map<std::string, std::uint64_t> open_ids_;  // request id -> the call that runs for it
  std::unordered_map<std::string, Reply> replies_;           // by request id
  std::deque<Kept> kept_;                                    // of replies_, the oldest first
  std::size_t replies_bytes_ = 0;
  std::map<std::uint64_t, Reply> unanswered_;  // replies by call, until the broker has answered for them
  std::deque<std::uint64_t> outbox_;           // of those, to be sent (again)
  std::deque<Put> puts_;
  std::function<void()> left_;
  std::unordered_map<std::uint64_t, InFlight> in_flight_;
  std::uint64_t next_token_ = 1;
};

}  // namespace cell0::link
