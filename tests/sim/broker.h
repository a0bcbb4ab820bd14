// The broker's process: the production parts from the request to the Batch, put together as broker/broker.cpp does,
// over the model of the log and links that lose.
#pragma once

#include <memory>
#include <string>

#include "common/log.h"
#include "tests/sim/invariants.h"
#include "tests/sim/links.h"
#include "tests/sim/plan.h"

namespace cell0::sim {

class Broker {
 public:
  // All outlive it. Not running at first.
  Broker(World& world, const Plan& plan, const broker::RuleTable& rules, Network& network, Store& store,
         Invariants& invariants, Log& log);
  ~Broker();

  bool is_up() const { return run_ != nullptr; }
  Seq head() const;  // last seq published. REQUIRES: is_up()

  void start();  // may fail, as with a full disk: then it is not up. REQUIRES: !is_up()
  void kill();   // -9
  void cut_power();

 private:
  struct Run;

  World& world_;
  const Plan& plan_;
  const broker::RuleTable& rules_;
  Network& network_;
  Store& store_;
  Invariants& invariants_;
  Log& log_;
  std::unique_ptr<Run> run_;
};

}  // namespace cell0::sim
