// A worker of a service, on the owner's loop: a WorkerSession over a ControlClient (docs/services.md).
//
//   link::Worker worker(io, control, clock, random, {"sessions", "orchestrator-1", 100}, observer);
//   worker.guard(publisher);          // its events count only while it serves
//   observer.on_call(call)  ->  worker.own(session_id, will); ... worker.reply(call.id, body);
//
// It registers by itself, also after the broker was gone or started anew, with the keys that it owns and the requests
// that it took; renews every two seconds; keeps its replies, so that a retry with the same request id is answered with
// the first one's reply and not run twice. Without the broker all calls of it are local and quick; what has to be told
// is told when the broker is back. One thread, the loop's. One worker of a service per ControlClient.
// REQUIRES: destroyed before the client and the publisher that it guards, and not inside a handler.
#pragma once

#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/link/control_client.h"
#include "common/link/publisher.h"
#include "common/link/worker_session.h"

namespace cell0::link {

class Worker {
 public:
  // Begins at once, as far as there is a broker. Uses, does not own: all references outlive it.
  // REQUIRES: names and capacity as WorkerOptions says.
  Worker(asio::io_context& io, ControlClient& control, const Clock& clock, Random& random, WorkerOptions options,
         WorkerObserver& observer);
  ~Worker();  // says nothing to the broker: without stop() it has died
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Answers a call, once; keys that were owned or disowned before it hold before whoever asked has the answer. A call
  // that is not open (any more) is passed over.
  void reply(std::uint64_t call_id, std::string body);
  // The same, with an error instead: `code` for programs, in words of the service; `text` for people.
  void fail(std::uint64_t call_id, std::string code, std::string text);

  // Calls with this key come here from now on. `will`: published by the broker if this worker dies, with the time of
  // that moment; its id is made anew. Again: another will. kInvalid: no key of 1-128 bytes; kFull: WorkerOptions.
  Result<void> own(std::string key, const std::optional<v1::Envelope>& will = {});
  // Not any more; its will is void.
  void disown(const std::string& key);
  std::size_t keys() const { return session_.keys(); }

  // Keeps the service's state in the broker, instead of what was there; at most 256 KiB, empty: none. `done` is called
  // once, later. kUnavailable: not active, or the broker is away; kConflict: another one is active; kTooLarge.
  void put_state(std::string state, std::function<void(Result<void>)> done);

  // What its events are published under; nothing while it does not serve.
  std::optional<v1::Fence> fence() const { return session_.fence(); }
  // Keeps the publisher's fence up to date from now on: its events wait while the worker does not serve, and those that
  // wait or are under way when it loses keys, or another takes over, become kFenced. The
  // publisher outlives the worker.
  void guard(Publisher& publisher);

  bool active() const { return session_.active(); }
  std::size_t open_calls() const { return session_.open_calls(); }

  // Leaves: the broker gives it nothing more, and what it still owns is treated as if it had died. `done` is called
  // when the broker knows, or after a second.
  void stop(std::function<void()> done);

 private:
  void pump_soon();
  void pump();
  void arm();

  asio::io_context& io_;
  ControlClient& control_;
  const Clock& clock_;
  WorkerSession session_;
  asio::steady_timer timer_;
  bool pump_posted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false for what was posted before the destructor
};

}  // namespace cell0::link
