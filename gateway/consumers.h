// The acknowledged consumers whose clients are here: opened at the broker, which keeps their positions; what they
// acknowledge is gathered and told to it; and they learn when another connection takes one over.
//
// At most one request is under way; what comes meanwhile goes with the next, at most every kTellEvery. When the link to
// the broker was gone, each is opened again with its epoch. Bounded by the clients. Pure: no socket, no timer; one
// thread. Nothing calls back from within open(), acknowledge() or close().
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/result.h"
#include "common/seq.h"

namespace cell0::gateway {

// The broker, and a timer.
class ConsumerSource {
 public:
  using OnAnswer = std::function<void(Result<v1::ConsumersAnswer>)>;

  virtual ~ConsumerSource() = default;
  // `done` is called exactly once, later.
  virtual void ask_consumers(const v1::ConsumersRequest& request, OnAnswer done) = 0;
  // Consumers::tell() is to be called after this time.
  virtual void tell_consumers_after(Duration delay) = 0;
};

class Consumers {
 public:
  static constexpr Duration kTellEvery = std::chrono::milliseconds(50);
  static constexpr int kPerRequestMax = 500;

  using Id = std::uint64_t;  // never 0, never used again

  struct Opened {
    Seq position;  // acknowledged up to here
    bool known = false;
  };
  struct Handlers {
    // Once, unless it is closed before. kFull, kInvalid: the broker refuses; kUnavailable, kTimeout: it is away.
    std::function<void(Result<Opened>)> opened;
    // Its acknowledgements count no more: kConflict: another connection has it; else the broker does not take it back
    // after a restart. Then it is closed already. At most once.
    std::function<void(const Error&)> lost;
  };

  // Both outlive it.
  Consumers(ConsumerSource& source, const Clock& clock) : source_(source), clock_(clock) {}
  ~Consumers() { *alive_ = false; }
  Consumers(const Consumers&) = delete;
  Consumers& operator=(const Consumers&) = delete;

  // Takes it over from whoever has it. One that is new begins after `begin`.
  Id open(std::string entity, std::string consumer, Seq begin, Handlers handlers);

  // Everything up to seq is done.
  void acknowledge(Id id, Seq seq);

  // The client is gone: no handler is called any more. What it acknowledged is still told.
  void close(Id id);

  // The link to the broker has come back.
  void on_connected();
  // The broker says that someone has a consumer.
  void on_taken(const v1::ConsumerTaken& taken);

  // Tells the broker what there is to tell, unless a request is under way.
  void tell();

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string entity;
    std::string consumer;
    Handlers handlers;
    std::uint64_t epoch = 0;  // 0: never opened yet
    Seq begin;
    Seq acknowledged;  // by the client
    Seq told;          // to the broker, and answered
    bool opening = true;
    bool closed = false;
    bool listed = false;  // in dirty_
  };

  static std::string key_of(const std::string& entity, const std::string& consumer);
  void mark(Id id, Entry& entry);
  void tell_soon(Duration delay);
  void on_answer(const std::vector<Id>& opened, const std::vector<Id>& acknowledged,
                 const Result<v1::ConsumersAnswer>& answer);
  void on_open_state(Id id, const v1::ConsumerState& state);
  void on_ack_state(Id id, const v1::ConsumerState& state);
  void on_failure(const std::vector<Id>& opened, const std::vector<Id>& acknowledged, const Error& error);
  void taken(Id id);
  void lose(Id id, const Error& error);
  void forget(Id id);

  ConsumerSource& source_;
  const Clock& clock_;
  std::unordered_map<Id, Entry> entries_;
  std::unordered_map<std::string, Id> holders_;  // of each name, who opened it last here
  std::deque<Id> dirty_;                         // to be opened, or with something to tell
  Id next_id_ = 1;
  MonoTime next_tell_{};
  bool asking_ = false;
  bool waking_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::gateway
