// What one seed runs: how many of each, their limits, how often what fails. Drawn from the seed first of all, so that
// every run is another corner: some without any failure of the broker, some with nothing but.
#pragma once

#include <cstddef>
#include <vector>

#include "broker/limits.h"
#include "broker/rules.h"
#include "common/link/publish_window.h"
#include "gateway/limits.h"
#include "tests/sim/links.h"
#include "tests/sim/store.h"

namespace cell0::sim {

// How often, beside each other; 0: never.
struct FaultWeights {
  unsigned broker_kill = 0;
  unsigned power_cut = 0;
  unsigned gateway_kill = 0;
  unsigned emitter_kill = 0;
  unsigned control_reset = 0;
  unsigned control_stall = 0;
  unsigned fanout_reset = 0;
  unsigned fanout_loss = 0;
  unsigned fanout_stall = 0;
  unsigned client_leave = 0;
  unsigned client_stall = 0;
  unsigned disk_full = 0;
  unsigned disk_slow = 0;
  unsigned clock_step = 0;
};

struct Plan {
  static Plan draw(Dice& dice);

  std::size_t emitters = 2;
  std::size_t gateways = 2;
  std::size_t clients = 4;
  Duration push_every = milliseconds(60);    // of each emitter, about
  Duration fault_every = milliseconds(800);  // about; while there are any weights
  FaultWeights faults;

  LinkLimits links;
  DiskTimes disk;
  broker::Limits broker;
  std::vector<broker::Rule> rules;
  gateway::CoreLimits gateway;
  link::PublishLimits publish;
  std::size_t socket_bytes = 4096;  // what the kernel takes for a client that does not read
};

// The event types of the simulation, one for each durability, and one whose rule keeps few.
inline constexpr const char* kTypes[] = {"durable", "brief", "relaxed", "ephemeral"};

}  // namespace cell0::sim
