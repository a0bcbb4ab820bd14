// What a worker of a service keeps and says, without the socket (docs/services.md; Services in control.proto): its
// registration and lease, the calls that it was given, the keys that it owns, and the replies that a retry gets again.
//
// Pure state: messages and times in, messages and calls of the observer out; one thread. The owner sends what
// next_request() gives and hands the answers back, and calls on_timer() when next_deadline() has come. Bounded by
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

// Called on the loop's thread, never inside a call of the worker's own functions but on_timer() and what hands it
// messages. It may call the worker; it must not destroy it.
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

}  // namespace cell0::link
