// Who serves what, and which request is with whom: the Majordomo pattern (design, section 6; docs/services.md; Services
// in control.proto).
//
// Workers register and renew a lease; each owns keys and has calls open. A request goes to the owner of its key, or to
// the worker that had its request id before, or to the active worker with the most room; `gather` asks all. Every
// request is answered once: by its worker, or with a typed failure when its time is over or its worker gone. Epochs
// name registrations: what comes under one that is over is refused. Of an exclusive service one worker is active; when
// it goes, the one that has stood by for the longest follows.
//
// For a lease after a start ("warming", less a tick), requests that find no worker or no owner wait: those who served
// before register again. So does an exclusive service's first place for whoever had it.
//
// Pure: times are arguments, what is to be done goes to a ServiceOutput; one thread. Bounded by ServiceBounds: over a
// bound workers are refused, keys are not taken (the worker is told that it lost them), requests are BUSY, and the
// oldest request ids are forgotten.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "broker/lease_table.h"
#include "broker/notes.h"
#include "broker/request_ids.h"
#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/result.h"
#include "common/seq.h"

namespace cell0::broker {

struct ServiceBounds {
  std::size_t services_max = 256;
  LeaseBounds workers{1024};
  std::size_t keys_max = 100'000;
  std::size_t keys_bytes_max = 64u << 20;  // with their wills
  std::size_t calls_max = 10'000;          // with a worker, or waiting for one
  std::size_t calls_bytes_max = 64u << 20;
  std::size_t ids_max = 65'536;  // request ids
  Duration id_age_max = std::chrono::minutes(10);
  std::size_t state_bytes_max = 256 * 1024;
  std::size_t gathered_bytes_max = 4u << 20;  // of the replies in one answer; workers over it are missing
};

// Who asked, on the control socket.
struct Asker {
  std::string peer;
  std::uint64_t id = 0;
};

// What Services wants done, in this order.
class ServiceOutput {
 public:
  virtual ~ServiceOutput() = default;
  // Unasked, to a worker. False: its peer cannot be reached (now); a call is sent again when it renews.
  virtual bool send(std::string_view peer, const v1::Response& notice) = 0;
  virtual void answer(const Asker& asker, v1::ServiceAnswer answer) = 0;
  virtual void fail(const Asker& asker, v1::Failure::Code code, const std::string& text) = 0;
  virtual void publish_will(const std::string& envelope) = 0;
  // For people.
  virtual void note(std::string_view what, const std::string& service, const std::string& worker) = 0;
};

class Services {
 public:
  // `start`: the first seq of this run, from which epochs and calls are numbered, so that they grow over restarts.
  // `warm`: there may have been an earlier run that workers remember. The output outlives it.
  Services(const ServiceBounds& bounds, Seq start, MonoTime now, bool warm, ServiceOutput& output);
  ~Services();
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  // Of an earlier run. REQUIRES: before all others.
  void restore(const ServiceNote& note);

  // A worker registers, renews, or leaves. kInvalid: something of it is wrong, or the service is exclusive and the
  // worker not, or the other way round; kFull: too many workers or services; kUnavailable: it was registered with an
  // earlier run and has to do so again.
  Result<v1::WorkerAnswer> take_worker(const v1::WorkerRequest& request, std::string_view peer, MonoTime now);
  // To be called once that answer is on its way: what follows from it comes after it.
  void answered();

  // Passes a request on, or answers it, perhaps before it returns. kInvalid: something of it is wrong.
  Result<void> take_request(v1::ServiceRequest request, Asker asker, MonoTime now);

  v1::ServiceReplyAnswer take_reply(v1::ServiceReplyRequest request, MonoTime now);

  // kTooLarge. It may be put while its epoch holds().
  Result<void> check_state(const v1::ServiceStateRequest& request) const;
  // It has been committed.
  void put_state(const std::string& service, std::string state);

  // Whether the epoch is that of an active worker, or of it before it registered again without a break.
  bool holds(std::string_view service, std::uint64_t epoch) const;

  // An epoch of an earlier run, while those who had one may still register again.
  bool may_return(std::uint64_t epoch) const { return warming_ && epoch < first_epoch_; }

  // About once a second: ends leases and the warming.
  void tick(MonoTime now);
  // Ends what is over of requests. Early is harmless.
  void on_timer(MonoTime now);
  MonoTime next_deadline() const;

  // Which workers of exclusive services became, or are no more, active: to be committed.
  void take_notes(std::vector<ServiceNote>& notes);
  void not_committed(const std::vector<ServiceNote>& notes);

  v1::ServicesAnswer list() const;
  bool warming() const { return warming_; }

  struct Figures {
    std::size_t services = 0;
    std::size_t workers = 0;
    std::size_t keys = 0;
    std::size_t calls = 0;    // with a worker, or waiting for one
    std::size_t waiting = 0;  // of them
    std::uint64_t requests = 0;
    std::uint64_t no_worker = 0;
    std::uint64_t no_key = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t died = 0;
    std::uint64_t busy = 0;
    std::uint64_t late = 0;            // replies for which nobody waited any more
    std::uint64_t fenced = 0;          // replies under an epoch that was over
    std::uint64_t workers_fenced = 0;  // told that their epoch is over
    std::uint64_t workers_gone = 0;    // whose lease was over, or who left with another's coming
    std::uint64_t wills = 0;
    std::uint64_t keys_refused = 0;
  };
  Figures figures() const;

 private:
  struct Service;
  struct Worker {
    std::string id;
    std::string name;
    Service* service = nullptr;
    std::string peer;
    std::vector<std::uint64_t> epochs;  // the present one last; before it those that it had without a break
    std::uint32_t capacity = 0;
    bool active = false;
    std::map<std::string, std::string> keys;  // and their wills
    std::unordered_set<std::uint64_t> open;   // calls
    std::uint64_t calls = 0;                  // since it registered
    std::vector<std::string> refused;         // keys, to be told with the next answer

    std::uint64_t epoch() const { return epochs.back(); }
    std::size_t load() const { return keys.size() + open.size(); }
  };
  struct Service {
    std::string name;
    bool exclusive = false;
    std::optional<std::string> state;
    std::string saved_active;      // while warming: the incarnation that was active in the run before
    std::string active;            // if exclusive: the incarnation that is
    bool active_changed = false;   // not committed yet
    std::vector<Worker*> workers;  // the longest there first
    std::unordered_map<std::string, Worker*> owners;  // by key
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;
  };
  struct Call {
    Asker asker;
    std::shared_ptr<const v1::ServiceRequest> request;
    MonoTime deadline{};
    std::size_t bytes = 0;
    Worker* worker = nullptr;  // none: it waits for one
    bool sent = false;
    std::uint64_t gather = 0;  // the one that it is a part of
  };
  struct Gather {
    Asker asker;
    v1::ServiceAnswer answer;
    std::size_t bytes = 0;
    std::size_t open = 0;
  };

  enum class Routed { kSent, kNoWorker, kNoKey, kBusy, kWaits };

  static std::string id_of(const v1::WorkerRequest& request);
  Result<v1::WorkerAnswer> begin(const v1::WorkerRequest& request, std::string_view peer, MonoTime now);
  Result<Worker*> admit(const v1::WorkerRequest& request, MonoTime now);
  Result<Service*> service_for(const v1::WorkerRequest& request);
  void activate_first(Service& service, Worker& worker);
  void set_active(Service& service, Worker& worker);
  v1::WorkerAnswer fenced(const v1::WorkerRequest& request);
  v1::WorkerAnswer answer_to(Worker& worker, bool with_state);
  v1::WorkerAnswer leave(const v1::WorkerRequest& request);
  void end(Worker& worker, bool told, std::string_view why);
  void remember_end(const std::string& id, bool told);
  void promote(Service& service);
  void drop_if_unused(Service& service);
  Worker* by_epoch(const Service& service, std::uint64_t epoch) const;

  void claim(Worker& worker, const v1::ServiceKey& key, bool ended);
  void release(Worker& worker, const std::string& key);
  void forget_key(Worker& worker, const std::string& key, const std::string& will);

  void settle(std::uint64_t id);
  void settle_waiting();
  Routed route(std::uint64_t id, Call& call);
  static Worker* owner_of(const Service& service, const std::string& key);
  Routed route_all(std::uint64_t id, Call& call, const Service& service);
  Worker* roomiest(const Service& service, bool& any) const;
  void pass(std::uint64_t id, Call& call, Worker& worker);
  void send(std::uint64_t id, Call& call);
  void send_again(Worker& worker, bool all);
  void add_reply(std::uint64_t gather, v1::ServiceReply reply);
  void part_done(std::uint64_t gather);
  void refuse(std::uint64_t id, Routed why);
  void fail(std::uint64_t id, v1::Failure::Code code, const std::string& text);
  void count_failed(v1::Failure::Code code);
  void finish(std::uint64_t id);
  void fail_calls(Worker& worker);

  void note_time(MonoTime now);
  void end_warming();

  const ServiceBounds bounds_;
  ServiceOutput& output_;
  const std::uint64_t first_epoch_;  // of this run
  std::uint64_t next_epoch_;
  std::uint64_t next_call_;
  bool warming_;
  MonoTime warm_until_;
  MonoTime now_;  // of the call that runs

  std::map<std::string, Service, std::less<>> services_;
  LeaseTable<Worker> workers_;  // by id_of()
  std::size_t keys_ = 0;
  std::size_t keys_bytes_ = 0;
  std::map<std::uint64_t, Call> calls_;
  std::set<std::pair<MonoTime, std::uint64_t>> deadlines_;  // of calls_
  std::set<std::uint64_t> waiting_;                         // of calls_: without a worker
  std::size_t calls_bytes_ = 0;
  std::map<std::uint64_t, Gather> gathers_;
  RequestIds ids_;
  // Workers whose lease has ended in this run, by id: what they owned is lost. `told`: they know.
  struct Ended {
    bool told = false;
    std::uint64_t number = 0;
  };
  std::map<std::string, Ended, std::less<>> ended_;
  std::deque<std::pair<std::string, std::uint64_t>> ended_order_;
  std::uint64_t ended_number_ = 0;
  std::vector<std::pair<std::string, bool>> after_answer_;  // workers that were answered; are calls to be sent again?
  Figures figures_;
};

}  // namespace cell0::broker
