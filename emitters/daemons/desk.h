// Desk: the methods of the service `daemons` (docs/services.md): what comes in is checked, the registry decides, the
// spell is published, the state is kept, and then the call is answered. Knows no broker: the port has the worker.
//
// One thread, the loop's. Errors in the service's words: "unprocessable" (what was sent is wrong), "bad_request" (the
// daemon is not in the state for it), "forbidden", "busy", "failed" (the task), "timeout", "unavailable".
#pragma once

#include <asio/io_context.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "cell0/v1/event.pb.h"
#include "common/config/daemons_config.h"
#include "common/json.h"
#include "common/link/worker_session.h"
#include "emitters/daemons/invocation_run.h"
#include "emitters/daemons/registry.h"
#include "emitters/daemons/spell_event.h"
#include "emitters/daemons/state_keeper.h"

namespace cell0::emit {

class DeskPort {
 public:
  virtual ~DeskPort() = default;
  virtual void reply(std::uint64_t call, std::string body) = 0;
  virtual void fail(std::uint64_t call, std::string code, std::string text) = 0;
  virtual void put_state(std::string state, StateKeeper::Done done) = 0;
  virtual void publish(v1::Envelope spell) = 0;
};

class Desk {
 public:
  // Uses, does not own: all of them outlive it. `runners` has one for each daemon (check_daemons()).
  Desk(asio::io_context& io, const Clock& clock, DeskPort& port, const RunnerSet& runners, const DaemonsConfig& config,
       std::string author);

  void on_call(const link::IncomingCall& call);

  // It serves from now on, with what the broker keeps of the service.
  void on_active(const std::optional<std::string>& state);
  // Somebody else may serve: what runs is dropped, and nobody is answered.
  void on_replaced(const Error& why);
  // The process ends: what runs is dropped, and whoever waits for it is told.
  void close();

  const Registry& registry() const { return registry_; }
  std::size_t invocations() const { return runs_.size(); }

 private:
  using Call = link::IncomingCall;
  using Value = rapidjson::Value;
  struct Method {
    std::string_view name;
    void (Desk::*handle)(const Call& call, const Value& body);
  };
  static const Method kMethods[];

  // What an invocation is asked with.
  struct Order {
    std::uint64_t call = 0;
    std::string daemon;
    std::string task;
    std::string parameters;  // JSON
    MonoTime begun{};
  };
  using Runs = std::list<std::pair<Order, std::unique_ptr<InvocationRun>>>;

  void summon(const Call& call, const Value& body);
  void invoke(const Call& call, const Value& body);
  void banish(const Call& call, const Value& body);
  void parse(const Call& call, const Value& body);
  void daemons(const Call& call, const Value& body);
  void active(const Call& call, const Value& body);
  void statistics(const Call& call, const Value& body);
  void state(const Call& call, const Value& body);
  void veil(const Call& call, const Value& body);
  void set_veil(const Call& call, const Value& body);

  const DaemonProfile* named(const Call& call, const Value& body, SpellKind kind);
  void refuse(const Call& call, SpellKind kind, const std::string& daemon, const Error& why);
  void start_run(const Call& call, const DaemonProfile& daemon, Runner& runner, Order order);
  void on_run_end(Runs::iterator place, InvocationRun::End end, const RunResult& result);
  void succeed(const Order& order, const DaemonProfile& daemon, const Invocation& invocation, std::string result);
  void fail_run(const Order& order, const DaemonProfile& daemon, const Invocation& invocation, std::string_view code);

  void publish(SpellKind kind, const std::string& daemon, std::string description,
               std::function<void(JsonWriter&)> metadata, std::string error = {});
  void speak(const DaemonProfile& daemon, SpellKind kind);
  void reveal(const std::string& query_type, const DaemonProfile* daemon, const std::string& description);
  void keep_and_reply(std::uint64_t call, std::string body);
  void keep_and_fail(std::uint64_t call, std::string code, std::string text);

  asio::io_context& io_;
  const Clock& clock_;
  DeskPort& port_;
  const RunnerSet& runners_;
  const DaemonsConfig config_;
  const std::string author_;  // of states that it has put
  Registry registry_;
  StateKeeper keeper_;
  Runs runs_;
  bool served_ = false;
  std::uint64_t known_revision_ = 0;  // of the state that is surely the broker's: loaded, or put and answered
  std::uint64_t turns_ = 0;           // of voices
};

// kInvalid: a daemon's runner is not one of the configuration's rows, and not the demo; or there are over 256 daemons.
Result<void> check_daemons(const DaemonsConfig& config, const std::vector<RunnerConfig>& runners);

}  // namespace cell0::emit
