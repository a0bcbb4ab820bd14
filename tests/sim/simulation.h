// One run: the plan of a seed, its actors, and somebody who breaks things. Then peace, in which everybody has to get
// everything.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "common/log.h"
#include "tests/sim/broker.h"
#include "tests/sim/client.h"
#include "tests/sim/emitter.h"
#include "tests/sim/gateway.h"

namespace cell0::sim {

// Which log is below the broker.
enum class LogKind {
  kBySeed,  // the real one for every eighth seed
  kModel,
  kSqlite,
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, LogKind kind, bool verbose, Log& log);
  ~Simulation();

  // Throws Violation. `steps_max` of trouble, then what peace takes.
  void run(std::uint64_t steps_max);

  World& world() { return world_; }
  std::size_t events() const { return invariants_.facts().size(); }

 private:
  void start_all();
  void come_and_go(Client& client);
  Gateway* any_gateway();

  // Faults (faults.cpp).
  void plan_fault();
  void break_something();
  void kill_broker(bool power);
  void kill_gateway();
  void kill_emitter();
  void break_control(bool reset);
  void break_fanout(std::size_t how);
  void upset_client(bool leave);
  void fill_disk();
  void slow_disk();
  void step_clock();
  void start_broker_later();

  void make_peace();
  void wait_until_settled();
  std::string unsettled() const;
  void check_the_end();

  World world_;
  Plan plan_;
  broker::RuleTable rules_;
  Network network_;
  std::unique_ptr<Store> store_;
  Invariants invariants_;
  Life life_;
  bool trouble_ = true;
  Broker broker_;
  std::vector<std::unique_ptr<Emitter>> emitters_;
  std::vector<std::unique_ptr<Gateway>> gateways_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace cell0::sim
