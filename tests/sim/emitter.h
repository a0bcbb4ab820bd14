// An emitter's process: the production window and conversation, with the loop's part of common/link/publisher.cpp.
#pragma once

#include <memory>
#include <string>

#include "common/link/publish_window.h"
#include "tests/sim/invariants.h"
#include "tests/sim/links.h"
#include "tests/sim/plan.h"

namespace cell0::sim {

class Emitter {
 public:
  // All outlive it. Not running at first. `number`: in the names of its events, from 1.
  Emitter(World& world, const Plan& plan, Network& network, Invariants& invariants, std::uint32_t number);
  ~Emitter();

  std::string name() const { return "emitter" + std::to_string(number_); }
  bool is_up() const { return run_ != nullptr; }
  void start();  // a new incarnation. REQUIRES: !is_up()
  void kill();

  // Publishes a few events now and then, until stop_pushing().
  void push_some();
  void stop_pushing() { pushing_ = false; }
  void push_last();  // one more. REQUIRES: is_up()

  bool idle() const;
  std::pair<std::uint32_t, std::uint32_t> life() const { return {number_, life_}; }

 private:
  struct Run;

  World& world_;
  const Plan& plan_;
  Network& network_;
  Invariants& invariants_;
  std::uint32_t number_;
  std::uint32_t life_ = 0;
  bool pushing_ = true;
  std::unique_ptr<Run> run_;
};

}  // namespace cell0::sim
