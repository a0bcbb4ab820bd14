// A gateway's process: the production stream, ring, cursors and hub between a broker link that loses and clients that
// come and go, put together as gateway/gateway.cpp does. Its dialect is the LineRenderer.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/log.h"
#include "tests/sim/client.h"
#include "tests/sim/invariants.h"
#include "tests/sim/links.h"
#include "tests/sim/plan.h"

namespace cell0::sim {

class Gateway {
 public:
  // All outlive it. Not running at first.
  Gateway(World& world, const Plan& plan, Network& network, Invariants& invariants, Log& log, std::uint32_t number);
  ~Gateway();

  std::string name() const { return "gateway" + std::to_string(number_); }
  bool is_up() const { return run_ != nullptr; }
  bool is_ready() const;                     // its link is up
  Seq last() const;                          // of the chain. REQUIRES: is_up()
  bool is_live(const Client& client) const;  // it stands at the head, and has read everything
  std::string why_not_ready() const;

  void start();  // REQUIRES: !is_up()
  void kill();   // its clients are lost

  // REQUIRES, all three: is_up(); the last two: it was accepted.
  void accept(Client& client, std::optional<Seq> since);
  void forget(Client& client);
  std::string read(Client& client, std::size_t count);

 private:
  struct Session;
  struct Run;

  World& world_;
  const Plan& plan_;
  Network& network_;
  Invariants& invariants_;
  Log& log_;
  std::uint32_t number_;
  std::unique_ptr<Run> run_;
};

}  // namespace cell0::sim
